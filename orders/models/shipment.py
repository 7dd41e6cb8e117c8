"""A shipment: one maker's parcel of an order, from the bench to the door."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from makers_market.core.lifecycle import Lifecycle, Move
from orders.models.order import Order


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def sent_by(self, makers: Any) -> Self:
        """Keep the parcels of these workshops; those nobody has paid for stay out of sight."""
        return self.filter(maker__in=makers).exclude(status=Shipment.WAITING)


class Shipment(Lifecycle):
    """What one maker packs and posts for one order."""

    WAITING, NEW, ACCEPTED = "waiting", "new", "accepted"
    SHIPPED, IN_TRANSIT, DELIVERED = "shipped", "in_transit", "delivered"
    COLLECTED, SETTLED = "collected", "settled"
    CANCELLED, LOST, RETURNED = "cancelled", "lost", "returned"
    STATUSES = [
        (WAITING, _("Waiting for payment")),
        (NEW, _("New")),
        (ACCEPTED, _("Being packed")),
        (SHIPPED, _("Posted")),
        (IN_TRANSIT, _("On its way")),
        (DELIVERED, _("Delivered")),
        (COLLECTED, _("Collected")),
        (SETTLED, _("Complete")),
        (CANCELLED, _("Cancelled")),
        (LOST, _("Lost")),
        (RETURNED, _("Returned to the maker")),
    ]
    MOVES: ClassVar = {
        WAITING: frozenset({NEW, CANCELLED}),
        NEW: frozenset({ACCEPTED, CANCELLED}),
        ACCEPTED: frozenset({SHIPPED, COLLECTED, CANCELLED}),
        SHIPPED: frozenset({IN_TRANSIT, DELIVERED, LOST, RETURNED}),
        IN_TRANSIT: frozenset({DELIVERED, LOST, RETURNED}),
        DELIVERED: frozenset({SETTLED}),
        COLLECTED: frozenset({SETTLED}),
    }
    TERMINAL = (SETTLED, CANCELLED, LOST, RETURNED)
    TRACKED, COLLECTION = "tracked", "collection"
    METHODS = [(TRACKED, _("Tracked parcel")), (COLLECTION, _("Collect from the workshop"))]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    maker = models.ForeignKey(Maker, on_delete=models.PROTECT, related_name="shipments")
    position = models.PositiveSmallIntegerField()
    status = models.CharField(_("status"), max_length=16, choices=STATUSES, default=WAITING)
    method = models.CharField(_("delivery"), max_length=12, choices=METHODS, default=TRACKED)
    items_cents = models.PositiveIntegerField()
    delivery_cents = models.PositiveIntegerField()
    delivery_vat_cents = models.PositiveIntegerField()
    total_cents = models.PositiveIntegerField(_("total"))
    post_by_date = models.DateField(_("post by"))
    arrives_from_date = models.DateField()
    arrives_to_date = models.DateField()
    tracking_number = models.CharField(_("tracking number"), max_length=40, blank=True)
    last_sequence = models.PositiveIntegerField(default=0)

    objects: ClassVar[ShipmentQuerySet] = ShipmentQuerySet.as_manager()  # type: ignore[assignment]
    lines: Any

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="shipment_position_once"),
            models.CheckConstraint(
                condition=Q(total_cents=F("items_cents") + F("delivery_cents")),
                name="shipment_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(arrives_to_date__gte=F("arrives_from_date")),
                name="shipment_window_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.number}/{self.position}"

    @property
    def is_terminal(self) -> bool:
        return self.status in self.TERMINAL

    @property
    def is_collection(self) -> bool:
        return self.method == self.COLLECTION


class ShipmentMove(Move):
    subject = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="moves")


class DeliveryNews(models.Model):
    """One signed call of the carrier, kept once by its id, applied or ignored."""

    APPLIED, IGNORED = "applied", "ignored"

    webhook_id = models.CharField(max_length=64, unique=True)
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="news")
    status = models.CharField(max_length=16)
    sequence = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    effect = models.CharField(max_length=8)

    class Meta:
        verbose_name = _("delivery news")
        verbose_name_plural = _("delivery news")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.status} #{self.sequence} {self.effect}"

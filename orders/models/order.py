"""An order: what was bought, at which price, sent where, and what became of it."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Variant
from makers_market.core.countries import COUNTRIES
from makers_market.core.lifecycle import Lifecycle, Move
from orders.models.basket import Basket

signer = signing.Signer(salt="orders.order")


class OrderQuerySet(models.QuerySet["Order"]):
    def behind(self, token: str) -> Self:
        """Keep the order that a signed link opens; none for a link that was tampered with."""
        try:
            return self.filter(uuid=uuid.UUID(signer.unsign(token)))
        except (signing.BadSignature, ValueError):
            return self.none()


class Order(Lifecycle):
    """One purchase from one or several makers; amounts are frozen when it is placed."""

    PENDING, PAYING, PAID = "pending", "paying", "paid"
    EXPIRED, FAILED, CANCELLED = "expired", "failed", "cancelled"
    UNFILLABLE, REFUNDED, CLOSED = "unfillable", "refunded", "closed"
    STATUSES = [
        (PENDING, _("Waiting for payment")),
        (PAYING, _("Payment on its way")),
        (PAID, pgettext_lazy("order", "Paid")),
        (EXPIRED, pgettext_lazy("order", "Not paid in time")),
        (FAILED, _("Payment failed")),
        (CANCELLED, pgettext_lazy("order", "Cancelled")),
        (UNFILLABLE, _("Sold out while paying")),
        (REFUNDED, pgettext_lazy("order", "Refunded")),
        (CLOSED, pgettext_lazy("order", "Complete")),
    ]
    MOVES: ClassVar = {
        PENDING: frozenset({PAID, PAYING, EXPIRED, CANCELLED}),
        PAYING: frozenset({PAID, FAILED}),
        EXPIRED: frozenset({PAID, UNFILLABLE}),
        FAILED: frozenset({PAID, UNFILLABLE}),
        CANCELLED: frozenset({PAID, UNFILLABLE}),
        UNFILLABLE: frozenset({REFUNDED}),
        PAID: frozenset({CANCELLED, CLOSED}),
    }
    # In these states pieces are held for a payment that may still come.
    AWAITING = (PENDING, PAYING)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=12, unique=True)
    status = models.CharField(_("status"), max_length=16, choices=STATUSES, default=PENDING)
    basket = models.OneToOneField(
        Basket, on_delete=models.SET_NULL, null=True, related_name="order"
    )
    form_token = models.UUIDField(unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="orders"
    )
    language = models.CharField(max_length=5)
    email = models.EmailField()
    name = models.CharField(_("for"), max_length=120)
    street = models.CharField(max_length=200)
    postcode = models.CharField(max_length=12)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2)
    phone = models.CharField(max_length=24, blank=True)
    items_cents = models.PositiveIntegerField()
    delivery_cents = models.PositiveIntegerField()
    vat_cents = models.PositiveIntegerField()
    total_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    placed_at = models.DateTimeField(_("placed"))
    # Until when the payment page is open; payments moves it when it opens another one.
    pay_until = models.DateTimeField()
    # Who asked to cancel while it was unpaid; it is cancelled once Stripe confirms that nobody
    # can pay it any more, and until then its page says "cancelling".
    cancel_wished_by = models.CharField(max_length=64, blank=True)

    objects: ClassVar[OrderQuerySet] = OrderQuerySet.as_manager()  # type: ignore[assignment]
    lines: Any
    shipments: Any
    holds: Any

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_cents=F("items_cents") + F("delivery_cents")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(currency="EUR"), name="order_in_euro"),
            models.CheckConstraint(
                condition=Q(vat_cents__lte=F("total_cents")), name="order_vat_within_total"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def token(self) -> str:
        """The signed word that opens this order's page without an account."""
        return signer.sign(self.uuid.hex)

    def get_absolute_url(self) -> str:
        return reverse("orders:order", args=[self.token])

    @property
    def country_name(self) -> str:
        return str(COUNTRIES[self.country].name)

    @property
    def address_line(self) -> str:
        return f"{self.street}, {self.postcode} {self.city}, {self.country_name}"

    @property
    def is_awaiting_payment(self) -> bool:
        return self.status in self.AWAITING

    @property
    def is_cancelling(self) -> bool:
        return self.status == self.PENDING and bool(self.cancel_wished_by)


class OrderMove(Move):
    subject = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="moves")


class OrderLine(models.Model):
    """Pieces of one variant as they were sold; later changes of the catalogue change nothing."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    shipment = models.ForeignKey("orders.Shipment", on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    title_en = models.CharField(max_length=140)
    title_pt = models.CharField(max_length=140, blank=True)
    variant_title = models.CharField(max_length=200, blank=True)
    picture_digest = models.CharField(max_length=32, blank=True)
    unit_price_cents = models.PositiveIntegerField()
    quantity = models.PositiveSmallIntegerField()
    total_cents = models.PositiveIntegerField()
    vat_basis_points = models.PositiveSmallIntegerField()
    vat_cents = models.PositiveIntegerField()
    commission_cents = models.PositiveIntegerField()
    # The shopper's answers, frozen; catalog.personal says what is in them.
    personal: Any = models.JSONField(default=list, db_default=[])
    # When a piece made to order leaves its maker; empty for one from stock.
    ships_from_date = models.DateField(null=True, blank=True)
    ships_by_date = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_cents=F("unit_price_cents") * F("quantity")),
                name="line_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_sells_something"),
            models.CheckConstraint(
                condition=Q(commission_cents__lte=F("total_cents")), name="line_commission_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title_en}"

    def title_in(self, language: str) -> str:
        return (self.title_pt if language == "pt" else "") or self.title_en

    @property
    def is_made_to_order(self) -> bool:
        return self.ships_by_date is not None


class Hold(models.Model):
    """Pieces of a variant set aside for an order until its payment is decided.

    One made to order takes room in its maker's week instead: `made_in_week` is that Monday.
    """

    LIVE, SOLD, RELEASED = "live", "sold", "released"
    STATES = [(LIVE, _("Held")), (SOLD, _("Sold")), (RELEASED, _("Released"))]

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="holds")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="holds")
    quantity = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=STATES, default=LIVE)
    made_in_week = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="hold_variant_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="hold_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id} {self.state}"

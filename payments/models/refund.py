"""Money on its way back to a shopper, whole orders or whole parcels."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from makers_market.core.lifecycle import Lifecycle, Move
from orders.models import Shipment
from payments.models.payment import Payment


class Refund(Lifecycle):
    """A refund of a payment; it reserves its amount from the moment it is requested."""

    REQUESTED, SENT, UNKNOWN = "requested", "sent", "unknown"
    PENDING, SUCCEEDED, FAILED = "pending", "succeeded", "failed"
    STATUSES = [
        (REQUESTED, _("Requested")),
        (SENT, _("Sent")),
        (UNKNOWN, _("Unknown")),
        (PENDING, _("On its way")),
        (SUCCEEDED, _("Succeeded")),
        (FAILED, _("Failed")),
    ]
    MOVES: ClassVar = {
        REQUESTED: frozenset({SENT}),
        SENT: frozenset({PENDING, SUCCEEDED, FAILED, UNKNOWN}),
        UNKNOWN: frozenset({SENT}),
        PENDING: frozenset({SUCCEEDED, FAILED}),
        SUCCEEDED: frozenset({FAILED}),
    }
    # In these states the amount is reserved or gone.
    COUNTING = (REQUESTED, SENT, UNKNOWN, PENDING, SUCCEEDED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    shipment = models.ForeignKey(
        Shipment, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    amount_cents = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    # The one-time word of the button that asked, or of the fact that caused it: once each.
    token = models.CharField(max_length=64, unique=True)
    status = models.CharField(_("status"), max_length=16, choices=STATUSES, default=REQUESTED)
    provider_id = models.CharField(max_length=120, blank=True)
    requested_at = models.DateTimeField()

    moves: Any

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gte=1), name="refund_refunds"),
            models.UniqueConstraint(
                fields=["provider_id"], condition=~Q(provider_id=""), name="refund_object_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents} cents of {self.payment_id}"


class RefundMove(Move):
    subject = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="moves")

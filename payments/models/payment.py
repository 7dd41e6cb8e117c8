"""One attempt to take an order's money, through one Checkout Session."""

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from makers_market.core.lifecycle import Lifecycle, Move
from orders.models import Order


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> Self:
        """Keep attempts that may still bring money."""
        return self.filter(status__in=Payment.LIVE)


class Payment(Lifecycle):
    """An attempt to be paid; an order has at most one live one."""

    INTENT, UNKNOWN, OPEN, PROCESSING = "intent", "unknown", "open", "processing"
    SUCCEEDED, FAILED, EXPIRED = "succeeded", "failed", "expired"
    DISPUTED, WON, LOST = "disputed", "won", "lost"
    STATUSES = [
        (INTENT, _("Intended")),
        (UNKNOWN, _("Unknown")),
        (OPEN, _("Open")),
        (PROCESSING, _("Processing")),
        (SUCCEEDED, _("Succeeded")),
        (FAILED, _("Failed")),
        (EXPIRED, _("Expired")),
        (DISPUTED, _("Disputed")),
        (WON, _("Dispute won")),
        (LOST, _("Dispute lost")),
    ]
    LIVE = (INTENT, UNKNOWN, OPEN, PROCESSING)
    MOVES: ClassVar = {
        INTENT: frozenset({OPEN, UNKNOWN, FAILED}),
        UNKNOWN: frozenset({OPEN, FAILED}),
        OPEN: frozenset({PROCESSING, SUCCEEDED, FAILED, EXPIRED}),
        PROCESSING: frozenset({SUCCEEDED, FAILED}),
        EXPIRED: frozenset({SUCCEEDED}),
        FAILED: frozenset({SUCCEEDED}),
        SUCCEEDED: frozenset({DISPUTED}),
        DISPUTED: frozenset({WON, LOST}),
    }

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField()
    status = models.CharField(_("status"), max_length=16, choices=STATUSES, default=INTENT)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    session_id = models.CharField(max_length=120, blank=True)
    session_url = models.URLField(max_length=1000, blank=True)
    expires_at = models.DateTimeField()
    intent_id = models.CharField(max_length=120, blank=True)
    charge_id = models.CharField(max_length=120, blank=True)
    captured_cents = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    objects: ClassVar[PaymentQuerySet] = PaymentQuerySet.as_manager()  # type: ignore[assignment]
    refunds: Any

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "attempt"], name="payment_attempt_once"),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["intent", "unknown", "open", "processing"]),
                name="payment_one_live_per_order",
            ),
            models.UniqueConstraint(
                fields=["session_id"], condition=~Q(session_id=""), name="payment_session_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=50), name="payment_amount_chargeable"
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded") | Q(captured_cents=models.F("amount_cents")),
                name="payment_captured_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.number} attempt {self.attempt}"

    @property
    def reference(self) -> str:
        """What Stripe's objects carry to lead back here: order uuid and attempt."""
        return f"{self.order.uuid}.{self.attempt}"

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE


class PaymentMove(Move):
    subject = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="moves")

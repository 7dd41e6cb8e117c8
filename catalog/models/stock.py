"""How many pieces there are, and every change of that number."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.products import Variant


class Stock(models.Model):
    """How many of a variant there are, and how many of those wait for a payment.

    The row that checkouts fight over: locked in primary-key order, changed by one conditional
    update, its on_hand always the sum of its movements.
    """

    variant = models.OneToOneField(Variant, on_delete=models.PROTECT, primary_key=True)
    on_hand = models.IntegerField(default=0)
    held = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints = [
            models.CheckConstraint(
                condition=Q(held__gte=0) & Q(on_hand__gte=F("held")), name="stock_never_oversold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} on hand, {self.held} held"

    @property
    def available(self) -> int:
        return self.on_hand - self.held


class StockMovement(models.Model):
    """One change of what is on hand, for ever: received, sold, returned, corrected."""

    RECEIVED, SOLD, RETURNED, CORRECTED = "received", "sold", "returned", "corrected"
    REASONS = [
        (RECEIVED, _("Received")),
        (SOLD, _("Sold")),
        (RETURNED, _("Returned")),
        (CORRECTED, _("Corrected")),
    ]

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="movements")
    quantity = models.IntegerField()
    reason = models.CharField(max_length=9, choices=REASONS)
    # What caused it, once: "order:<uuid>", "shipment:<uuid>", "demo".
    reference = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves"),
            models.CheckConstraint(
                condition=Q(reason="sold", quantity__lt=0)
                | Q(reason__in=["received", "returned"], quantity__gt=0)
                | Q(reason="corrected"),
                name="movement_sign_fits_reason",
            ),
            models.UniqueConstraint(
                fields=["variant", "reason", "reference"], name="movement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+d} {self.reason}"

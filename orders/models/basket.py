"""What a shopper means to buy; nothing is held for it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models import QUANTITY_MAX, Variant
from makers_market.core.countries import HOME

LINES_MAX = 50


class Basket(models.Model):
    """A shopper's basket, found by the id in their session and by nothing else."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    country = models.CharField(max_length=2, default=HOME)
    created_at = models.DateTimeField(auto_now_add=True)

    lines: Any
    order: Any

    class Meta:
        pass

    def __str__(self) -> str:
        return str(self.uuid)


class BasketLine(models.Model):
    """Some pieces of one variant, with the price the shopper saw when adding them.

    `personal` are the shopper's answers as catalog.personal keeps them, and `personal_key` stands
    for them: the same variant with two engravings is two lines.
    """

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    quantity = models.PositiveSmallIntegerField()
    # With what the answers add to it.
    seen_price_cents = models.PositiveIntegerField()
    personal: Any = models.JSONField(default=list, db_default=[])
    personal_key = models.CharField(max_length=32, default="", db_default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__range=(1, QUANTITY_MAX)), name="basket_quantity_in_range"
            ),
            models.UniqueConstraint(
                fields=["basket", "variant", "personal_key"], name="basket_wish_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

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
    """Some pieces of one variant, with the price the shopper saw when adding them."""

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE)
    quantity = models.PositiveSmallIntegerField()
    seen_price_cents = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["basket", "variant"], name="basket_variant_once"),
            models.CheckConstraint(
                condition=Q(quantity__range=(1, QUANTITY_MAX)), name="basket_quantity_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

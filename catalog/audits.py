"""Invariant 4, the part the catalogue can see: on hand is the sum of the movements."""

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from catalog.models import Stock
from makers_market.core.audit import invariant


@invariant("4a stock on hand = sum of its movements")
def stock_equals_movements() -> list[str]:
    moved = Coalesce(Sum("variant__movements__quantity"), 0)
    rows = Stock.objects.annotate(moved=moved).exclude(on_hand=F("moved"))
    return [f"variant {row.pk}: on hand {row.on_hand}, moved {row.moved}" for row in rows]


@invariant("4b 0 <= held <= on hand")
def held_within_stock() -> list[str]:
    rows = Stock.objects.exclude(held__gte=0, on_hand__gte=F("held"))
    return [f"variant {row.pk}: held {row.held} of {row.on_hand}" for row in rows]

"""Invariant 4, the part the catalogue can see: on hand is the sum of the movements."""

from django.db.models import Count, F, Min, Q, Sum
from django.db.models.functions import Coalesce

from catalog.models import Listing, Review, Stock
from makers_market.core.audit import invariant

HELD = F("product__variants__stock__held")
OFFERED = Q(product__variants__is_offered=True)


@invariant("4a stock on hand = sum of its movements")
def stock_equals_movements() -> list[str]:
    moved = Coalesce(Sum("variant__movements__quantity"), 0)
    rows = Stock.objects.annotate(moved=moved).exclude(on_hand=F("moved"))
    return [f"variant {row.pk}: on hand {row.on_hand}, moved {row.moved}" for row in rows]


@invariant("4b 0 <= held <= on hand")
def held_within_stock() -> list[str]:
    rows = Stock.objects.exclude(held__gte=0, on_hand__gte=F("held"))
    return [f"variant {row.pk}: held {row.held} of {row.on_hand}" for row in rows]


@invariant("10a a listing has the stock of its piece")
def listings_have_the_stock() -> list[str]:
    for_sale = Coalesce(Sum(F("product__variants__stock__on_hand") - HELD, filter=OFFERED), 0)
    wrong = Listing.objects.annotate(stock=for_sale).exclude(available=F("stock"))
    rows = wrong.values_list("pk", "available", "stock")
    return [f"piece {pk}: lists {listed}, has {stock}" for pk, listed, stock in rows]


@invariant("10b a listing has the lowest price of its piece")
def listings_have_the_price() -> list[str]:
    lowest = Coalesce(Min("product__variants__price_cents", filter=OFFERED), 0)
    wrong = Listing.objects.annotate(lowest=lowest).exclude(price_cents=F("lowest"))
    rows = wrong.values_list("pk", "price_cents", "lowest")
    return [f"piece {pk}: lists {listed}, asks {asked}" for pk, listed, asked in rows]


@invariant("10c a listing counts the reviews that are shown")
def listings_count_the_reviews() -> list[str]:
    shown = Count("product__reviews", filter=Q(product__reviews__state=Review.SHOWN))
    wrong = Listing.objects.annotate(written=shown).exclude(rating_count=F("written"))
    rows = wrong.values_list("pk", "rating_count", "written")
    return [f"piece {pk}: counts {counted} reviews, has {written}" for pk, counted, written in rows]

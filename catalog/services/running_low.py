"""A maker is told once when what there is of a piece falls to the last few.

What counts is what is on hand, not what is left beside the held ones: a checkout that is given up
is no news. Movements are written under the stock's lock, so exactly one of them crosses the line;
it is crossed again only after the number has risen above it.
"""

from collections.abc import Iterable

from django.db.models import F

from catalog.inventory import LOW_STOCK
from catalog.models import Product, StockMovement
from catalog.signals import stock_ran_low


def tell_low(movements: Iterable[StockMovement]) -> None:
    """Tell stock_ran_low of each fresh movement that took a piece on sale across LOW_STOCK.

    The caller holds the locks of their stock and has changed it. Not told of what there is only
    one of, is made to order or is no longer offered.
    """
    down = [movement.pk for movement in movements if movement.quantity < 0]
    if not down:
        return
    crossing = StockMovement.objects.filter(
        pk__in=down,
        variant__stock__on_hand__lte=LOW_STOCK,
        variant__stock__on_hand__gt=LOW_STOCK + F("quantity"),
        variant__is_offered=True,
        variant__product__status=Product.LIVE,
        variant__product__is_one_of_a_kind=False,
        variant__product__is_made_to_order=False,
    )
    for movement_id in crossing.order_by("pk").values_list("pk", flat=True):
        stock_ran_low.send(StockMovement, movement_id=movement_id)

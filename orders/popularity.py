"""How well pieces sell, counted for the order "Popular" of the shop's lists."""

from datetime import datetime, timedelta

from django.db.models import Sum

from orders.models import Order, OrderLine

COUNTED_FOR = timedelta(days=90)


def sold_lately(*, at: datetime) -> dict[int, int]:
    """Give how many of each piece (product id → number) were paid for in the last 90 days."""
    lines = OrderLine.objects.filter(
        order__status__in=[Order.PAID, Order.CLOSED], order__placed_at__gt=at - COUNTED_FOR
    )
    counted = lines.values("variant__product").order_by().annotate(count=Sum("quantity"))
    return dict(counted.values_list("variant__product", "count"))

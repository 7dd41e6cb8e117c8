"""Many at once for the room in a workshop's week."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from catalog import services as catalog
from catalog.models import Stock, Variant, Workload
from makers_market.core import audit
from orders import services as orders
from orders.models import Hold, Order
from tests import factories
from tests.journeys.test_crowd import crowd
from tests.shop import Buyer, Shop

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def in_own_connection(call: Any) -> Any:
    def run(*args: Any) -> Any:
        try:
            return call(*args)
        finally:
            connection.close()

    return run


@in_own_connection
def place(lines: list[tuple[Variant, int]]) -> str:
    """Place a basket; gives "placed" or the words of the refusal; anything else fails."""
    try:
        factories.order(*lines)
    except catalog.SoldOut as refusal:
        return str(refusal)
    return "placed"


def taken() -> list[int]:
    return list(Workload.objects.order_by("pk").values_list("taken", flat=True))


def buyers_of_a_week(count: int, *, threads: int) -> list[str]:
    vase = factories.made_to_order(per_week=5)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(place, [[(vase, 1)]] * count))


def test_16_buyers_of_a_week_with_room_for_5_make_5_orders():
    ends = buyers_of_a_week(16, threads=8)

    assert ends.count("placed") == 5
    assert ["week is full" in end for end in ends].count(True) == 11
    assert (Order.objects.count(), taken()) == (5, [5])
    assert audit.breaches() == {}


@pytest.mark.long
def test_50_buyers_of_a_week_with_room_for_5_make_5_orders():
    ends = buyers_of_a_week(50, threads=50)

    assert ends.count("placed") == 5
    assert ["week is full" in end for end in ends].count(True) == 45
    assert (Order.objects.count(), taken()) == (5, [5])
    assert audit.breaches() == {}


def test_stock_and_weeks_in_opposite_orders_never_deadlock():
    one, two = factories.made_to_order(per_week=None), factories.made_to_order(per_week=None)
    mug, jug = factories.variant(stock=100), factories.variant(stock=100)
    lines = [(one, 1), (mug, 1), (two, 1), (jug, 1)]

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(place, [lines, lines[::-1]] * 8))

    assert ends == ["placed"] * 16
    assert taken() == [16, 16]
    assert set(Stock.objects.filter(pk__in=[mug.pk, jug.pk]).values_list("held", flat=True)) == {16}
    assert audit.breaches() == {}


def test_placing_and_giving_back_at_once_keeps_the_week_true():
    vase = factories.made_to_order(per_week=8)
    placed = [factories.order((vase, 1)) for _ in range(8)]

    @in_own_connection
    def end(order: Order) -> str:
        orders.end_unpaid(order.pk, at=timezone.now())
        return "ended"

    with ThreadPoolExecutor(8) as pool:
        ended = [pool.submit(end, order) for order in placed]
        tried = [pool.submit(place, [(vase, 1)]) for _ in range(8)]
        ends = [job.result() for job in tried]
        assert {job.result() for job in ended} == {"ended"}

    assert taken() == [ends.count("placed")]
    assert Hold.objects.filter(state=Hold.LIVE).count() == ends.count("placed")
    assert audit.breaches() == {}


def test_two_workshops_without_workload_begin_at_once():
    vases = [factories.made_to_order(per_week=None) for _ in range(2)]
    Workload.objects.all().delete()

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(place, [[(v, 1) for v in vases], [(v, 1) for v in vases[::-1]]] * 4))

    assert ends == ["placed"] * 8
    assert taken() == [8, 8]


def test_two_engravings_of_the_last_piece_are_one_order(shop: Shop):
    ring = factories.variant("ring", stock=1)
    asked = factories.personal(ring)
    buyers = crowd(shop, 2)
    for buyer, name in zip(buyers, ("Ada", "Eve"), strict=True):
        buyer.post("/basket/add/", {"variant": ring.sku, "quantity": 1, asked.input_name: name})
    forms = [buyer.to_pay_page() for buyer in buyers]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(Buyer.order_and_pay, buyers, forms))

    places = [answer.headers.get("Location", "") for answer in answers]
    assert ["/order/" in place or "/pay" in place for place in places].count(True) == 1
    order = Order.objects.get()
    assert order.lines.get().personal[0]["value"] in {"Ada", "Eve"}

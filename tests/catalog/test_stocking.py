"""Stock under a crowd: real transactions at the same time, nothing oversold, no deadlock."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from catalog import services
from catalog.models import Stock, StockMovement
from tests import factories


def in_own_connection(call):
    def run(*args):
        try:
            return call(*args)
        finally:
            connection.close()

    return run


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_hold_stock_in_parallel_never_oversells():
    pieces = [factories.variant(stock=20) for _ in range(4)]
    ids = [piece.pk for piece in pieces]

    @in_own_connection
    def hold(number: int) -> bool:
        wished = ids[number % 4 :] + ids[: number % 4]
        try:
            services.hold_stock(dict.fromkeys(wished[:3], 1))
        except services.SoldOut:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        held = list(pool.map(hold, range(60)))

    rows = Stock.objects.all()
    assert sum(row.held for row in rows) == 3 * held.count(True)
    assert all(0 <= row.held <= row.on_hand for row in rows)


@pytest.mark.django_db
def test_sell_stock_moves_it_once():
    mug = factories.variant(stock=5)
    services.hold_stock({mug.pk: 2})

    services.sell_stock([services.Holding(mug.pk, 2)], reference="order:1", at=timezone.now())

    stock = Stock.objects.get(pk=mug.pk)
    assert (stock.on_hand, stock.held) == (3, 0)
    assert StockMovement.objects.filter(reason="sold", quantity=-2).count() == 1


@pytest.mark.django_db
def test_release_and_return_give_stock_back():
    mug = factories.variant(stock=5)
    services.hold_stock({mug.pk: 2})
    services.release_stock([services.Holding(mug.pk, 2)])
    services.hold_stock({mug.pk: 1})
    services.sell_stock([services.Holding(mug.pk, 1)], reference="order:1", at=timezone.now())

    services.return_stock([services.Holding(mug.pk, 1)], reference="parcel:1", at=timezone.now())

    stock = Stock.objects.get(pk=mug.pk)
    assert (stock.on_hand, stock.held) == (5, 0)


@pytest.mark.django_db
def test_receive_stock_counts_once_per_reference():
    mug = factories.variant(stock=0)
    at = timezone.now()

    first = services.receive_stock(mug, 3, reference="firing", at=at)
    again = services.receive_stock(mug, 3, reference="firing", at=at)

    assert (first, again) == (True, False)
    assert Stock.objects.get(pk=mug.pk).on_hand == 3


@pytest.mark.django_db
@pytest.mark.parametrize("quantity", [0, -1])
def test_receive_stock_refuses_nothing(quantity: int):
    mug = factories.variant(stock=0)

    with pytest.raises(ValueError, match="at least one"):
        services.receive_stock(mug, quantity, reference="x", at=timezone.now())

    assert not StockMovement.objects.exists()

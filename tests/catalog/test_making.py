"""What workshops say of their making: to order or from stock, how many a week, only one."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation

from catalog import services
from catalog.models import Product, Stock, Variant, Workload
from catalog.promises import made_between, making_words, opens_again, week_full_words
from makers_market.core.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


def make(piece: Variant, **fields: object) -> None:
    plain = {"is_made_to_order": True, "days_min": 8, "days_max": 12}
    services.set_making(piece.product_id, **(plain | fields), by="mo", at=timezone.now())


def only_one(piece: Variant, *, is_one: bool = True) -> None:
    services.set_one_of_a_kind(piece.product_id, is_one=is_one, by="mo", at=timezone.now())


def receive(piece: Variant, quantity: int, reference: str) -> None:
    services.receive_stock(piece, quantity, reference=reference, at=timezone.now())


def test_set_making_is_logged_and_opens_a_workload():
    piece = factories.variant()

    make(piece)

    product = Product.objects.get()
    assert (product.is_made_to_order, product.making_days_min, product.making_days_max) == (
        True, 8, 12,
    )  # fmt: skip
    assert Workload.objects.get().per_week is None
    entry = AuditEntry.objects.get(action="product.making_set")
    assert entry.changes["is_made_to_order"] == [False, True]


@pytest.mark.parametrize("days", [(0, 5), (6, 5), (5, 121)])
def test_set_making_refuses_odd_days(days):
    piece = factories.variant()

    with pytest.raises(services.BadMaking):
        make(piece, days_min=days[0], days_max=days[1])

    assert not Product.objects.get().is_made_to_order
    assert not Workload.objects.exists()


def test_set_making_refuses_the_only_one():
    piece = factories.variant(stock=1)
    only_one(piece)

    with pytest.raises(services.BadMaking):
        make(piece)

    assert not Product.objects.get().is_made_to_order


@pytest.mark.parametrize("per_week", [-1, 1001])
def test_set_capacity_refuses_odd_numbers(per_week, mo):
    with pytest.raises(services.BadMaking):
        services.set_capacity(mo.pk, per_week, by="mo", at=timezone.now())

    assert not Workload.objects.exists()


def test_set_capacity_is_logged_once(mo):
    for _ in range(2):
        services.set_capacity(mo.pk, 4, by="mo", at=timezone.now())

    assert Workload.objects.get().per_week == 4
    entry = AuditEntry.objects.get(action="maker.capacity_set")
    assert (entry.maker, entry.changes) == (mo.pk, {"per_week": [None, 4]})


@pytest.mark.parametrize(("per_week", "available"), [(None, 20), (3, 3), (0, 0), (30, 30)])
def test_available_is_the_room_of_the_week(per_week, available):
    vase = factories.made_to_order(per_week=per_week)

    assert vase.available == available


def test_available_without_workload_has_no_bound():
    vase = factories.made_to_order()
    Workload.objects.all().delete()

    assert Variant.objects.get(pk=vase.pk).available == 20


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((8, 12), "Made for you, ships in 8 to 12 working days"),
        ((1, 1), "Made for you, ships in 1 working day"),
        ((5, 5), "Made for you, ships in 5 working days"),
    ],
)
def test_making_words_say_the_days(days, words):
    assert making_words(factories.made_to_order(days=days).product) == words


def test_made_between_counts_working_days_from_lisbon_s_day():
    product = factories.made_to_order(days=(1, 5)).product

    # In Lisbon this Sunday evening is still Sunday.
    dates = made_between(product, at=SUNDAY)

    assert (dates.ships_from, dates.ships_by) == (date(2026, 11, 30), date(2026, 12, 4))


def test_full_week_says_when_it_opens(mo):
    factories.made_to_order(maker=mo, per_week=2)
    Workload.objects.update(week=date(2026, 11, 23), taken=2)
    mo.refresh_from_db()

    assert opens_again(mo, at=SUNDAY) == date(2026, 11, 30)
    words = "Mo's week is full. Ordering opens again on Monday 30 November."
    assert week_full_words(mo, at=SUNDAY) == words
    with translation.override("pt"):
        assert "30" in week_full_words(mo, at=SUNDAY)


def test_week_with_room_says_nothing(mo):
    factories.made_to_order(maker=mo, per_week=2)

    assert (opens_again(mo, at=SUNDAY), week_full_words(mo, at=SUNDAY)) == (None, "")


def test_only_one_takes_no_second(mo):
    piece = factories.variant(maker=mo, stock=1)
    only_one(piece)

    with pytest.raises(services.OnlyOne):
        receive(piece, 1, "again")
    with pytest.raises(services.OnlyOne):
        services.correct_stock(
            piece, 2, seen=1, why="counted", reference="c", by="mo", at=timezone.now()
        )

    assert Stock.objects.get(pk=piece.pk).on_hand == 1


def test_only_one_that_was_sold_takes_no_second_but_its_own_return():
    piece = factories.variant(stock=1)
    only_one(piece)
    services.hold_stock({piece.pk: 1})
    sold = [services.Holding(piece.pk, 1)]
    services.sell_stock(sold, reference="order:1", at=timezone.now())

    with pytest.raises(services.OnlyOne):
        receive(piece, 1, "again")
    assert Stock.objects.get(pk=piece.pk).on_hand == 0

    services.return_stock(sold, reference="parcel:1", at=timezone.now())
    assert Stock.objects.get(pk=piece.pk).on_hand == 1


@pytest.mark.parametrize("stock", [0, 1])
def test_set_one_of_a_kind_of_one_or_none(stock):
    piece = factories.variant(stock=stock)

    only_one(piece)

    assert Product.objects.get().is_one_of_a_kind


def test_set_one_of_a_kind_refuses_more_than_one():
    many = factories.variant(stock=2)
    made = factories.made_to_order()
    sizes = factories.product(options=[{"name": "size", "values": ["S", "M"]}])
    small = factories.variant(of=sizes, stock=0, options={"size": "S"})
    factories.variant(of=sizes, stock=0, options={"size": "M"})

    for piece in (many, made, small):
        with pytest.raises(services.BadMaking):
            only_one(piece)

    assert not Product.objects.filter(is_one_of_a_kind=True).exists()

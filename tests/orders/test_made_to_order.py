"""Pieces made when they are ordered: room in the week, promised dates, and the way back."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from catalog import services as catalog
from catalog.models import Product, Stock, StockMovement, Workload
from makers_market.core import audit
from orders import services as orders
from orders.models import BasketLine, Hold, Order, Shipment
from orders.queries import quote_basket
from tests import factories
from tests.worker import waiting

pytestmark = pytest.mark.django_db

# A Tuesday, and the Mondays around it.
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)
THIS_WEEK, NEXT_WEEK = date(2026, 11, 23), date(2026, 11, 30)


def broken() -> set[str]:
    """Give the numbers of the invariants that are broken, but for what is not done here.

    Nobody pays, no job sends a thank-you, and by the clock on the wall orders may be old.
    """
    return {name.split()[0] for name in audit.breaches()} - {"7", "8c", "9"}


def taken(maker: object) -> tuple[date | None, int]:
    load = Workload.objects.get(pk=maker.pk)  # type: ignore[attr-defined]
    return load.week, load.taken


def test_place_order_takes_room_in_the_week_and_no_stock(mo):
    vase = factories.made_to_order(maker=mo, per_week=5)

    order = factories.order((vase, 2), at=TUESDAY)

    assert taken(mo) == (THIS_WEEK, 2)
    stock = Stock.objects.get(pk=vase.pk)
    assert (stock.on_hand, stock.held) == (0, 0)
    assert list(order.holds.values_list("quantity", "state", "made_in_week")) == [
        (2, "live", THIS_WEEK)
    ]
    assert broken() == set()


def test_place_order_promises_the_making_days(mo):
    vase = factories.made_to_order(maker=mo, days=(8, 12))
    mug = factories.variant(maker=mo)

    order = factories.order((mug, 1), (vase, 1), at=TUESDAY)

    from_stock, made = order.lines.order_by("pk")
    assert (from_stock.ships_from_date, from_stock.ships_by_date) == (None, None)
    assert (made.ships_from_date, made.ships_by_date) == (date(2026, 12, 4), date(2026, 12, 10))
    parcel = order.shipments.get()
    assert parcel.post_by_date == date(2026, 12, 10)
    assert (parcel.arrives_from_date, parcel.arrives_to_date) == (
        date(2026, 12, 14),
        date(2026, 12, 16),
    )


def test_place_order_refuses_a_full_week_and_says_when_it_opens(mo):
    vase = factories.made_to_order(maker=mo, per_week=2)
    factories.order((vase, 2), at=TUESDAY)
    late = factories.basket((vase, 1))
    jobs = waiting()

    with pytest.raises(catalog.SoldOut) as refusal:
        factories.place(late, at=TUESDAY)

    words = "Mo's week is full. Ordering opens again on Monday 30 November."
    assert str(refusal.value) == words
    assert (Order.objects.count(), taken(mo), waiting()) == (1, (THIS_WEEK, 2), jobs)


def test_place_order_refuses_more_than_the_week_has_left(mo):
    vase, bowl = (factories.made_to_order(maker=mo, per_week=3) for _ in range(2))

    with pytest.raises(catalog.SoldOut) as refusal:
        factories.order((vase, 2), (bowl, 2), at=TUESDAY)

    assert str(refusal.value) == "Mo has room for 3 more pieces this week."
    assert not Order.objects.exists()
    assert taken(mo) == (None, 0)


def test_place_order_with_a_full_week_holds_no_stock_either(mo):
    mug, vase = factories.variant(stock=5), factories.made_to_order(maker=mo, per_week=0)

    with pytest.raises(catalog.SoldOut, match="Mo takes no orders at the moment"):
        factories.order((mug, 1), (vase, 1))

    assert Stock.objects.get(pk=mug.pk).held == 0


def test_a_new_week_begins_with_the_first_order_in_it(mo):
    vase = factories.made_to_order(maker=mo, per_week=2)
    factories.order((vase, 2), at=TUESDAY)

    factories.order((vase, 1), at=TUESDAY + timedelta(days=7))

    assert taken(mo) == (NEXT_WEEK, 1)
    assert broken() == set()


def test_a_slow_clock_takes_room_in_the_week_that_has_begun(mo):
    vase = factories.made_to_order(maker=mo, per_week=2)
    factories.order((vase, 1), at=TUESDAY + timedelta(days=7))

    order = factories.order((vase, 1), at=TUESDAY)

    assert taken(mo) == (NEXT_WEEK, 2)
    assert order.holds.get().made_in_week == NEXT_WEEK


def test_week_begins_at_midnight_in_lisbon(mo):
    vase = factories.made_to_order(maker=mo)

    before = factories.order((vase, 1), at=datetime(2026, 7, 5, 22, 59, tzinfo=UTC))
    after = factories.order((vase, 1), at=datetime(2026, 7, 5, 23, 1, tzinfo=UTC))

    weeks = [order.holds.get().made_in_week for order in (before, after)]
    assert weeks == [date(2026, 6, 29), date(2026, 7, 6)]


@pytest.mark.parametrize(
    ("midnight", "before", "after"),
    [
        (datetime(2026, 1, 5, 0, tzinfo=UTC), date(2025, 12, 29), date(2026, 1, 5)),
        (datetime(2026, 3, 29, 23, tzinfo=UTC), date(2026, 3, 23), date(2026, 3, 30)),
        (datetime(2026, 10, 26, 0, tzinfo=UTC), date(2026, 10, 19), date(2026, 10, 26)),
    ],
    ids=["winter", "the day the clock went forward", "the day the clock went back"],
)
def test_full_week_opens_at_the_second_of_midnight(midnight, before, after, mo):
    vase = factories.made_to_order(maker=mo, per_week=1)
    factories.order((vase, 1), at=midnight - timedelta(days=1))

    with pytest.raises(catalog.SoldOut):
        factories.order((vase, 1), at=midnight - timedelta(seconds=1))
    assert taken(mo) == (before, 1)

    factories.order((vase, 1), at=midnight)
    assert taken(mo) == (after, 1)
    assert broken() == set()


def test_workshop_without_workload_takes_any_number(mo):
    vase = factories.made_to_order(maker=mo, per_week=None)
    Workload.objects.all().delete()

    factories.order((vase, 20), at=TUESDAY)

    assert taken(mo) == (THIS_WEEK, 20)


def test_end_unpaid_gives_room_back_to_the_same_week_only(mo):
    vase = factories.made_to_order(maker=mo, per_week=5)
    same, old = (factories.order((vase, 1), at=TUESDAY) for _ in range(2))
    orders.end_unpaid(same.pk, at=TUESDAY)
    assert taken(mo) == (THIS_WEEK, 1)
    factories.order((vase, 3), at=TUESDAY + timedelta(days=7))

    orders.end_unpaid(old.pk, at=TUESDAY + timedelta(days=7))

    assert taken(mo) == (NEXT_WEEK, 3)
    assert broken() == set()


def test_mark_paid_moves_no_stock_for_what_is_made(mo):
    vase = factories.made_to_order(maker=mo)
    order = factories.order((vase, 2), at=TUESDAY)

    orders.mark_paid(order.pk, at=TUESDAY)

    assert order.holds.get().state == Hold.SOLD
    assert not StockMovement.objects.exists()
    assert taken(mo) == (THIS_WEEK, 2)
    assert broken() == set()


def test_cancel_shipment_gives_room_back(mo):
    vase = factories.made_to_order(maker=mo)
    order = factories.order((vase, 2), at=TUESDAY)
    orders.mark_paid(order.pk, at=TUESDAY)

    orders.cancel_shipment(order.shipments.get().pk, by="mo", at=TUESDAY)

    assert taken(mo) == (THIS_WEEK, 0)
    assert not StockMovement.objects.exists()
    assert broken() == set()


def test_cancel_shipment_in_another_week_gives_no_room_of_that_back(mo):
    vase = factories.made_to_order(maker=mo, per_week=2)
    old = factories.order((vase, 2), at=TUESDAY)
    orders.mark_paid(old.pk, at=TUESDAY)
    factories.order((vase, 2), at=TUESDAY + timedelta(days=7))

    orders.cancel_shipment(old.shipments.get().pk, by="mo", at=TUESDAY + timedelta(days=7))

    assert taken(mo) == (NEXT_WEEK, 2)
    assert broken() == set()


def test_cancel_one_parcel_gives_back_its_own_room_and_stock_only(mo):
    zed = factories.maker("zed")
    mug, vase = factories.variant(maker=mo, stock=3), factories.made_to_order(maker=mo)
    bowl = factories.made_to_order(maker=zed)
    order = factories.order((mug, 2), (vase, 1), (bowl, 3), at=TUESDAY)
    orders.mark_paid(order.pk, at=TUESDAY)

    orders.cancel_shipment(order.shipments.get(maker=mo).pk, by="mo", at=TUESDAY)

    assert (Stock.objects.get(pk=mug.pk).on_hand, taken(mo)) == (3, (THIS_WEEK, 0))
    assert taken(zed) == (THIS_WEEK, 3)
    assert broken() == set()


def test_cancel_shipment_after_the_maker_makes_it_no_longer_to_order(mo):
    vase = factories.made_to_order(maker=mo)
    order = factories.order((vase, 1), at=TUESDAY)
    orders.mark_paid(order.pk, at=TUESDAY)
    Product.objects.update(is_made_to_order=False)

    orders.cancel_shipment(order.shipments.get().pk, by="mo", at=TUESDAY)

    stock = Stock.objects.get(pk=vase.pk)
    assert (stock.on_hand, stock.held, taken(mo)) == (0, 0, (THIS_WEEK, 0))


def test_stock_held_before_the_switch_is_sold_from_stock(mo):
    mug = factories.variant(maker=mo, stock=3)
    order = factories.order((mug, 2), at=TUESDAY)
    Product.objects.update(is_made_to_order=True)

    orders.mark_paid(order.pk, at=TUESDAY)

    stock = Stock.objects.get(pk=mug.pk)
    assert (stock.on_hand, stock.held) == (1, 0)
    assert broken() == set()


def test_late_money_takes_room_in_the_week_it_arrives(mo):
    vase = factories.made_to_order(maker=mo, per_week=2)
    order = factories.order((vase, 2), at=TUESDAY)
    orders.end_unpaid(order.pk, at=TUESDAY)

    orders.mark_paid(order.pk, at=TUESDAY + timedelta(days=7))

    order.refresh_from_db()
    assert (order.status, taken(mo)) == ("paid", (NEXT_WEEK, 2))
    assert order.holds.get().made_in_week == NEXT_WEEK
    assert broken() == set()


def test_late_money_for_a_full_week_makes_order_unfillable(mo):
    vase = factories.made_to_order(maker=mo, per_week=2)
    late = factories.order((vase, 2), at=TUESDAY)
    orders.end_unpaid(late.pk, at=TUESDAY)
    factories.order((vase, 1), at=TUESDAY)

    orders.mark_paid(late.pk, at=TUESDAY)

    late.refresh_from_db()
    assert (late.status, taken(mo)) == ("unfillable", (THIS_WEEK, 1))
    assert broken() == set()


@pytest.mark.parametrize(("stock", "status", "held"), [(2, "paid", 0), (1, "unfillable", 0)])
def test_late_money_for_what_is_sold_from_stock_since(stock, status, held, mo):
    vase = factories.made_to_order(maker=mo)
    order = factories.order((vase, 2), at=TUESDAY)
    orders.end_unpaid(order.pk, at=TUESDAY)
    Product.objects.update(is_made_to_order=False)
    catalog.receive_stock(vase, stock, reference="made", at=TUESDAY)

    orders.mark_paid(order.pk, at=TUESDAY)

    order.refresh_from_db()
    left = Stock.objects.get(pk=vase.pk)
    assert (order.status, left.on_hand, left.held) == (status, stock - 2 * (status == "paid"), held)
    assert taken(mo) == (THIS_WEEK, 0)
    assert broken() == set()


def test_late_money_for_what_is_made_to_order_since(mo):
    mug = factories.variant(maker=mo, stock=2)
    order = factories.order((mug, 2), at=TUESDAY)
    orders.end_unpaid(order.pk, at=TUESDAY)
    catalog.set_making(
        mug.product_id, is_made_to_order=True, days_min=3, days_max=5, by="mo", at=TUESDAY
    )

    orders.mark_paid(order.pk, at=TUESDAY)

    left = Stock.objects.get(pk=mug.pk)
    assert (left.on_hand, left.held, taken(mo)) == (2, 0, (THIS_WEEK, 2))
    assert order.holds.get().made_in_week == THIS_WEEK
    assert broken() == set()


def test_basket_lines_of_one_week_share_its_room(mo):
    vase, bowl = (factories.made_to_order(maker=mo, per_week=3) for _ in range(2))
    basket = orders.add_to_basket(None, sku=vase.sku, quantity=2)

    with pytest.raises(catalog.SoldOut, match="Mo has room for 1 more piece this week"):
        orders.add_to_basket(basket, sku=bowl.sku, quantity=2)

    assert BasketLine.objects.get().variant == vase


def test_basket_beyond_the_week_cannot_be_ordered(mo):
    vase, bowl = (factories.made_to_order(maker=mo, per_week=3) for _ in range(2))
    basket = factories.basket((vase, 2), (bowl, 2))

    quoted = quote_basket(basket, at=timezone.now())

    assert [line.is_short for line in quoted.lines] == [False, True]
    assert not quoted.can_be_ordered


@pytest.mark.parametrize("lines", [1, 3])
def test_place_order_of_stock_and_made_costs_same_queries(lines, django_assert_max_num_queries, mo):
    pieces = [factories.variant(maker=mo) for _ in range(lines)]
    pieces += [factories.made_to_order(maker=mo) for _ in range(lines)]
    basket = factories.basket(*[(piece, 1) for piece in pieces])
    total = 2400 * len(pieces) + mo.delivery_cents

    # 15, and two for the savepoint that the test's own transaction makes of the order's.
    with django_assert_max_num_queries(17):
        orders.place_order(
            basket_id=basket.pk, buyer=factories.buyer(), delivery=factories.delivery(),
            shown_total_cents=total, token=uuid4(), at=timezone.now(),
        )  # fmt: skip


def test_set_capacity_counts_what_was_taken_before_it_was_set(mo):
    vase = factories.made_to_order(maker=mo, per_week=None)
    factories.order((vase, 3))

    catalog.set_capacity(mo.pk, 3, by="mo", at=timezone.now())

    with pytest.raises(catalog.SoldOut):
        factories.order((vase, 1))
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("UPDATE catalog_workload SET taken = taken + 1", "4e"),
        ("UPDATE orders_hold SET made_in_week = NULL", "4c"),
        ("UPDATE orders_hold SET quantity = quantity + 1", "4f"),
        ("UPDATE orders_orderline SET ships_by_date = ships_by_date + 90", "1d"),
    ],
)
def test_audit_finds_broken(statement, invariant, mo):
    factories.order((factories.made_to_order(maker=mo), 1))
    assert broken() == set()

    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert broken() >= {invariant}


def test_audit_finds_extras_beyond_the_price():
    ring = factories.variant()
    asked = factories.personal(ring, extra_cents=500)
    basket = orders.add_to_basket(None, sku=ring.sku, quantity=1, raw={asked.input_name: "Ada"})
    factories.place(basket)
    assert broken() == set()

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_orderline SET personal = jsonb_set(personal, '{0,extra_cents}', '9999')"
        )

    assert broken() == {"1e"}


def test_parcel_of_a_made_piece_is_not_late_before_its_promise(mo):
    order = factories.order((factories.made_to_order(maker=mo, days=(8, 12)), 1), at=TUESDAY)

    assert Shipment.objects.get(order=order).post_by_date > TUESDAY.date() + timedelta(days=10)

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog import services as catalog
from catalog.models import Product, Stock, StockMovement
from orders import services as orders
from orders.models import Basket, Hold, Order, OrderLine, Shipment
from orders.services.placing import TotalTooSmall
from tests import factories
from tests.worker import waiting

pytestmark = pytest.mark.django_db


def stock_of(variant: object) -> tuple[int, int]:
    row = Stock.objects.get(pk=variant.pk)  # type: ignore[attr-defined]
    return row.on_hand, row.held


def payment_jobs() -> list[tuple[str, dict[str, object]]]:
    """Give the waiting jobs but the catalogue's own: receiving stock for a test tells of it."""
    return [job for job in waiting() if not job[0].startswith(("catalog.", "notifications."))]


def nothing_was_placed() -> bool:
    tables = (Order, OrderLine, Shipment, Hold)
    return not any(table.objects.exists() for table in tables) and payment_jobs() == []


def test_place_order_holds_stock_and_freezes_prices():
    mug = factories.variant("mug", price_cents=2400, stock=5)
    vase = factories.variant("vase", price_cents=5800, stock=2)

    order = factories.order((mug, 2), (vase, 1))

    assert (stock_of(mug), stock_of(vase)) == ((5, 2), (2, 1))
    assert (order.status, order.items_cents, order.delivery_cents) == ("pending", 10600, 900)
    assert order.total_cents == 11500
    assert order.vat_cents == 898 + 1085 + 84 + 84
    assert [(s.position, s.status, s.total_cents) for s in order.shipments.all()] == [
        (1, "waiting", 5250),
        (2, "waiting", 6250),
    ]
    assert [
        (x.title_en, x.quantity, x.total_cents, x.commission_cents) for x in order.lines.all()
    ] == [("Mug", 2, 4800, 480), ("Vase", 1, 5800, 580)]
    assert set(order.holds.values_list("variant", "quantity", "state")) == {
        (mug.pk, 2, "live"),
        (vase.pk, 1, "live"),
    }
    assert payment_jobs() == [("payments.open_session", {"order_id": order.pk})]


def test_place_order_twice_gives_same_order():
    basket = factories.basket((factories.variant(stock=3), 1))
    first = factories.place(basket)

    again = factories.place(basket, token=uuid4(), shown_total_cents=1)

    assert again == first
    assert Order.objects.count() == 1
    assert Hold.objects.get().quantity == 1


def test_place_order_refuses_short_stock_and_names_it():
    mug, vase = factories.variant("mug", stock=1), factories.variant("vase", stock=9)
    basket = factories.basket((vase, 1), (mug, 2))

    with pytest.raises(catalog.SoldOut) as refusal:
        factories.place(basket)

    assert str(refusal.value) == "Only 1 of Mug is left."
    assert (stock_of(mug), stock_of(vase)) == ((1, 0), (9, 0))
    assert nothing_was_placed()


def test_place_order_refuses_sold_out_piece():
    mug = factories.variant("mug", stock=0)

    with pytest.raises(catalog.SoldOut, match="Mug is sold out"):
        factories.order((mug, 1))

    assert nothing_was_placed()


def test_place_order_refuses_piece_no_longer_shown():
    mug = factories.variant("mug", stock=3)
    basket = factories.basket((mug, 1))
    Product.objects.update(status=Product.RETIRED)

    with pytest.raises(catalog.SoldOut):
        factories.place(basket)

    assert stock_of(mug) == (3, 0)
    assert nothing_was_placed()


def test_place_order_refuses_closed_workshop(mo):
    mug = factories.variant("mug", maker=mo)
    basket = factories.basket((mug, 1))
    mo.is_open = False
    mo.save()

    with pytest.raises(catalog.SoldOut):
        factories.place(basket)

    assert nothing_was_placed()


@pytest.mark.parametrize("difference", [-1, 1, 100_000])
def test_place_order_refuses_changed_total(difference):
    mug = factories.variant(price_cents=2400, stock=3)
    basket = factories.basket((mug, 1))

    with pytest.raises(orders.PriceChanged):
        factories.place(basket, shown_total_cents=2850 + difference)

    assert stock_of(mug) == (3, 0)
    assert nothing_was_placed()


def test_place_order_refuses_empty_basket():
    with pytest.raises(orders.EmptyBasket):
        factories.place(Basket.objects.create(), shown_total_cents=0)

    assert nothing_was_placed()


def test_place_order_refuses_country_the_maker_does_not_post_to():
    maker = factories.maker(delivery_abroad_cents=None)
    basket = factories.basket((factories.variant(maker=maker), 1), country="FR")

    with pytest.raises(orders.CannotDeliver):
        factories.place(basket)

    assert nothing_was_placed()


def test_place_order_refuses_total_below_what_stripe_takes():
    maker = factories.maker(delivery_cents=0)
    basket = factories.basket((factories.variant(maker=maker, price_cents=49), 1))

    with pytest.raises(TotalTooSmall):
        factories.place(basket)

    assert nothing_was_placed()


def test_place_order_refuses_total_above_what_stripe_takes():
    piece = factories.variant(stock=20, price_cents=10_000_000)

    with pytest.raises(orders.BasketFull):
        factories.order((piece, 10))

    assert nothing_was_placed()
    assert stock_of(piece) == (20, 0)


def test_place_order_abroad_costs_the_maker_s_price_abroad():
    mug = factories.variant(price_cents=2000)

    order = factories.place(factories.basket((mug, 1), country="ES"))

    assert (order.delivery_cents, order.total_cents) == (1200, 3200)


def test_place_order_collected_costs_no_delivery():
    maker = factories.maker(allows_collection=True)
    basket = factories.basket((factories.variant(maker=maker, price_cents=2000), 1))

    order = factories.place(basket, delivery=factories.delivery(methods={maker.pk: "collection"}))

    assert order.total_cents == 2000
    assert order.shipments.get().method == "collection"


def test_place_order_ignores_collection_the_maker_does_not_allow():
    maker = factories.maker(allows_collection=False)
    basket = factories.basket((factories.variant(maker=maker, price_cents=2000), 1))

    order = factories.place(basket, delivery=factories.delivery(methods={maker.pk: "collection"}))

    assert order.total_cents == 2450


@pytest.mark.parametrize("lines", [1, 3, 10])
def test_place_order_costs_same_queries_for_any_basket(lines, django_assert_max_num_queries):
    maker = factories.maker()
    basket = factories.basket(*[(factories.variant(maker=maker), 1) for _ in range(lines)])
    total = 2400 * lines + 450

    # 15, and two for the savepoint that the test's own transaction makes of the order's.
    with django_assert_max_num_queries(17):
        factories.orders.place_order(
            basket_id=basket.pk, buyer=factories.buyer(), delivery=factories.delivery(),
            shown_total_cents=total, token=uuid4(), at=timezone.now(),
        )  # fmt: skip


def test_mark_paid_sells_what_was_held():
    mug = factories.variant(stock=5)
    order = factories.order((mug, 2))

    orders.mark_paid(order.pk, at=timezone.now())

    order.refresh_from_db()
    assert order.status == "paid"
    assert stock_of(mug) == (3, 0)
    assert order.holds.get().state == "sold"
    assert order.shipments.get().status == "new"
    assert list(StockMovement.objects.filter(reason="sold").values_list("quantity", flat=True)) == [
        -2
    ]


def test_mark_paid_twice_sells_once():
    mug = factories.variant(stock=5)
    order = factories.order((mug, 2))
    orders.mark_paid(order.pk, at=timezone.now())
    jobs = waiting()

    orders.mark_paid(order.pk, at=timezone.now())

    assert stock_of(mug) == (3, 0)
    assert waiting() == jobs


def test_end_unpaid_gives_stock_back():
    mug = factories.variant(stock=5)
    order = factories.order((mug, 2))

    orders.end_unpaid(order.pk, at=timezone.now())

    order.refresh_from_db()
    assert order.status == "expired"
    assert stock_of(mug) == (5, 0)
    assert order.holds.get().state == "released"


def test_end_unpaid_cancels_when_that_was_wished():
    order = factories.order()
    orders.wish_to_cancel(order.pk, by="buyer")

    orders.end_unpaid(order.pk, at=timezone.now())

    order.refresh_from_db()
    assert order.status == "cancelled"


def test_late_money_takes_stock_again():
    mug = factories.variant(stock=2)
    order = factories.order((mug, 2))
    orders.end_unpaid(order.pk, at=timezone.now())

    orders.mark_paid(order.pk, at=timezone.now())

    order.refresh_from_db()
    assert order.status == "paid"
    assert stock_of(mug) == (0, 0)


def test_late_money_for_sold_pieces_makes_order_unfillable():
    mug = factories.variant(stock=2)
    late = factories.order((mug, 2))
    orders.end_unpaid(late.pk, at=timezone.now())
    factories.order((mug, 1))

    orders.mark_paid(late.pk, at=timezone.now())

    late.refresh_from_db()
    assert late.status == "unfillable"
    assert stock_of(mug) == (2, 1)
    assert late.holds.get().state == "released"


def test_money_after_a_cancelled_sale_is_unfillable():
    mug = factories.variant(stock=2)
    order = factories.order((mug, 1))
    orders.mark_paid(order.pk, at=timezone.now())
    orders.cancel_shipment(order.shipments.get().pk, by="maker", at=timezone.now())

    again = orders.mark_paid(order.pk, at=timezone.now())

    assert again.status == "unfillable"
    assert stock_of(mug) == (2, 0)


def test_order_token_with_changed_character_opens_nothing():
    token = factories.order().token

    for position, letter in enumerate(token):
        other = "x" if letter != "x" else "y"
        changed = token[:position] + other + token[position + 1 :]
        assert not Order.objects.behind(changed).exists(), changed


def test_settle_shipments_closes_delivered_orders():
    order = factories.order()
    at = timezone.now() - timedelta(days=10)
    orders.mark_paid(order.pk, at=at)
    parcel = order.shipments.get()
    orders.accept_shipment(parcel.pk, by="mo", at=at)
    orders.ship_shipment(parcel.pk, by="mo", at=at)
    orders.record_delivery_news(
        webhook_id="dlv_1", shipment=parcel.uuid, status="delivered", sequence=1, occurred_at=at,
        tracking_number="RU 1234", at=at,
    )  # fmt: skip

    settled = orders.settle_shipments(at=timezone.now())

    order.refresh_from_db()
    assert (settled, order.status) == (1, "closed")

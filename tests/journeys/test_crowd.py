"""Many at once: the last pieces, the same event, the same click."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from catalog.models import Stock
from orders.models import Order
from payments.models import StripeEvent
from tests import factories
from tests.shop import Buyer, Shop

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def crowd(shop: Shop, count: int) -> list[Buyer]:
    return [Buyer(shop, email=f"buyer{n}@example.com") for n in range(count)]


def buy(buyer: Buyer, form: dict[str, str]) -> str:
    """Order and pay; gives "paid" or "refused"; anything else fails."""
    answer = buyer.order_and_pay(form)
    if answer.status_code == 302 and "/order/" in answer.headers["Location"]:
        page = buyer.press(buyer.follow(answer))
        assert page.status_code == 200
        return "paid"
    if answer.status_code == 302:
        answer = buyer.get("/basket/")
    assert answer.status_code in {200, 422}
    assert "sold out" in answer.text.lower()
    return "refused"


def test_50_buyers_of_5_pieces_make_5_orders(shop: Shop):
    mug = factories.variant("mug", stock=5)
    buyers = crowd(shop, 50)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda buyer: buyer.add(mug.sku), buyers))
        forms = list(pool.map(Buyer.to_pay_page, buyers))

    with ThreadPoolExecutor(50) as pool:
        ends = list(pool.map(buy, buyers, forms))
    shop.rest()

    assert (ends.count("paid"), ends.count("refused")) == (5, 45)
    assert list(Order.objects.values_list("status", flat=True)) == ["paid"] * 5
    stock = Stock.objects.get(pk=mug.pk)
    assert (stock.on_hand, stock.held) == (0, 0)
    shop.audit()


def test_baskets_in_opposite_orders_never_deadlock(shop: Shop):
    one, two = factories.variant("one", stock=100), factories.variant("two", stock=100)
    buyers = crowd(shop, 24)
    for n, buyer in enumerate(buyers):
        for piece in (one, two) if n % 2 else (two, one):
            buyer.add(piece.sku)
    with ThreadPoolExecutor(8) as pool:
        forms = list(pool.map(Buyer.to_pay_page, buyers))

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(Buyer.order_and_pay, buyers, forms))

    assert [answer.status_code for answer in answers] == [302] * 24
    assert set(Stock.objects.values_list("held", flat=True)) == {24}


def test_double_click_makes_one_order(shop: Shop):
    mug = factories.variant("mug", stock=5)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    form = buyer.to_pay_page()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _n: buyer.order_and_pay(form), range(5)))

    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert Stock.objects.get(pk=mug.pk).held == 1
    assert len({buyer.follow(answer) for answer in answers}) == 1


def test_20_deliveries_of_one_event_have_one_effect(shop: Shop):
    mug = factories.variant("mug", stock=5)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    shop.provider.tell("knobs", hold_events=True)
    shop.provider.outcome(buyer.check_out().rsplit("/", 1)[1], "pay")
    done = next(e for e in shop.provider.events() if e["type"] == "checkout.session.completed")

    with ThreadPoolExecutor(20) as pool:
        list(
            pool.map(lambda _n: shop.provider.tell("deliver", event=done["id"], times=1), range(20))
        )
    shop.provider.tell("knobs", hold_events=False)
    shop.provider.tell("release", shuffle=True)
    shop.rest()

    order = Order.objects.get()
    assert order.status == "paid"
    assert order.moves.filter(to_status="paid").count() == 1
    assert Stock.objects.get(pk=mug.pk).on_hand == 4
    assert StripeEvent.objects.filter(pk=done["id"]).count() == 1
    shop.audit()
    assert len(shop.inbox.mails(to="ada@example.com")) == 1


def test_last_piece_is_bought_by_one_of_two(shop: Shop):
    mug = factories.variant("mug", stock=1)
    buyers = crowd(shop, 2)
    for buyer in buyers:
        buyer.add(mug.sku)
    forms = [buyer.to_pay_page() for buyer in buyers]

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(pool.map(buy, buyers, forms))
    shop.rest()

    assert ends == ["paid", "refused"]
    assert Order.objects.get().status == "paid"
    shop.audit()


def test_nothing_answers_5xx_without_a_session(shop: Shop):
    for path in ("/checkout/pay/", "/checkout/delivery/", "/checkout/address/", "/basket/"):
        answer = requests.get(shop.url + path, timeout=10)
        assert answer.status_code == 200

"""Valkey, Stripe, Resend or the carrier away: the shop goes on, and catches up afterwards."""

import pytest
from django.utils import timezone

from catalog.models import Stock
from orders import services as orders
from orders.models import Order, Shipment
from tests import factories, world
from tests.shop import Buyer, Shop
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_without_valkey_everything_works(shop: Shop):
    mug = factories.variant("mug", stock=5)
    shop.kill("web")
    nobody = f"redis://127.0.0.1:{world.free_port()}/0"
    shop.start_web(CACHE_URL=nobody)
    buyer = Buyer(shop)

    pages = [
        "/",
        "/c/ceramics/",
        mug.product.url,
        "/accounts/login/",
        "/basket/",
        "/pt/",
        "/readyz",
    ]
    assert [buyer.get(path).status_code for path in pages] == [200] * len(pages)
    buyer.add(mug.sku)
    assert buyer.press(buyer.check_out()).status_code == 200

    shop.rest()
    assert Order.objects.get().status == "paid"
    shop.audit()


def test_without_stripe_the_order_is_kept_and_completed_later(shop: Shop):
    mug = factories.variant("mug", stock=5)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    form = buyer.to_pay_page()
    shop.provider.kill()

    page = buyer.post("/checkout/pay/", form)

    assert page.status_code == 200
    assert "payment page cannot be reached" in page.text
    order = Order.objects.get()
    assert order.status == "pending"
    assert Stock.objects.get(pk=mug.pk).held == 1

    shop.provider.start()
    shop.listen()
    again = buyer.get(f"/order/{order.token}/pay/", allow_redirects=False)
    assert again.status_code == 303
    buyer.press(again.headers["Location"])
    shop.rest(seconds=90)
    order.refresh_from_db()
    assert order.status == "paid"
    shop.audit()


def test_cancelling_while_stripe_is_away_completes_when_it_returns(shop: Shop):
    mug = factories.variant("mug", stock=5)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    buyer.check_out()
    order = Order.objects.get()
    page = buyer.get(f"/order/{order.token}/")
    shop.provider.kill()

    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = buyer.post(f"/order/{order.token}/cancel/", {"csrfmiddlewaretoken": token})

    assert answer.status_code == 200
    order.refresh_from_db()
    assert order.is_cancelling
    shop.provider.start()
    wait_until(lambda: Order.objects.get().status == "cancelled", seconds=60, what="cancelled")
    assert Stock.objects.get(pk=mug.pk).available == 5


def test_without_resend_mails_wait_and_arrive_once(shop: Shop):
    mug = factories.variant("mug", stock=5)
    shop.inbox.kill()
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    buyer.press(buyer.check_out())
    wait_until(lambda: Order.objects.get().status == "paid", what="paid")

    shop.inbox.start()
    wait_until(lambda: shop.inbox.mails(to="ada@example.com"), seconds=90, what="mail")

    shop.rest(seconds=90)
    assert len(shop.inbox.mails(to="ada@example.com")) == 1


def test_parcel_travels_to_delivered_by_the_carrier_s_calls(shop: Shop, mo):
    mug = factories.variant("mug", stock=5, maker=mo)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    buyer.press(buyer.check_out())
    wait_until(lambda: Order.objects.get().status == "paid", what="paid")
    parcel = Shipment.objects.get()

    orders.accept_shipment(parcel.pk, by="mo", at=timezone.now())
    orders.ship_shipment(parcel.pk, by="mo", at=timezone.now())

    wait_until(lambda: Shipment.objects.get().status == "delivered", what="delivered")
    shop.rest()
    subjects = {mail["subject"] for mail in shop.inbox.mails(to="ada@example.com")}
    assert {subject.partition(":")[0] for subject in subjects} == {"Paid", "Posted", "Delivered"}
    shop.audit()

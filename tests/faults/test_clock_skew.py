"""A clock ten minutes wrong in web and worker: calls are refused, nothing is lost or twice."""

import pytest
import requests

from catalog.models import Stock
from orders.models import Order
from payments.models import Payment, StripeEvent
from tests import factories
from tests.faults.commands import Commands, answers
from tests.faults.commands import commands as commands
from tests.shop import Buyer, Shop
from tests.stand_ins import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]
MODULE = "tests.faults.skewed"


def put_clock(shop: Shop, commands: Commands, seconds: int) -> None:
    """Start web and worker anew on a machine with this clock."""
    for which in ("web", "worker"):
        shop.kill(which)
    env = {"CLOCK_SKEW_SECONDS": str(seconds), "SITE_URL": shop.url}
    commands.start("web", module=MODULE, PORT=str(shop.port), **env)
    commands.start("worker", module=MODULE, **env)
    wait_until(lambda: answers(shop.port, "/readyz"), seconds=60, what="web")


def put_right(shop: Shop, commands: Commands) -> None:
    commands.end()
    shop.start_web()
    shop.start_worker()


def payment_page(buyer: Buyer, order: Order) -> str:
    """Give the address of the payment page; nothing while it cannot be opened."""
    answer = buyer.get(f"/order/{order.token}/pay/", allow_redirects=False)
    return answer.headers["Location"] if answer.status_code == 303 else ""


def the_order_is_paid_once(shop: Shop, mug: object) -> None:
    wait_until(lambda: Order.objects.get().status == "paid", seconds=60, what="paid")
    shop.rest(seconds=90)
    assert len(shop.provider.objects("charges")) == 1
    assert Payment.objects.filter(status="succeeded").count() == 1
    assert len(shop.inbox.mails(to="ada@example.com")) == 1
    stock = Stock.objects.get(pk=mug.pk)  # type: ignore[attr-defined]
    assert (stock.on_hand, stock.held) == (4, 0)
    shop.audit()


def test_fast_clock_refuses_events_and_catches_up(shop: Shop, commands: Commands, mo):
    mug = factories.variant("mug", stock=5, maker=mo)
    put_clock(shop, commands, 600)
    buyer = Buyer(shop)
    buyer.add(mug.sku)

    # The shopper's return asks Stripe; Stripe's own news seem ten minutes old and are refused.
    page = buyer.press(buyer.check_out())

    assert page.status_code == 200
    wait_until(lambda: Order.objects.get().status == "paid", seconds=30, what="paid")
    assert not StripeEvent.objects.exists()
    put_right(shop, commands)
    the_order_is_paid_once(shop, mug)
    assert StripeEvent.objects.exists()


def test_slow_clock_keeps_the_order_until_it_can_be_paid(shop: Shop, commands: Commands, mo):
    mug = factories.variant("mug", stock=5, maker=mo)
    put_clock(shop, commands, -600)
    buyer = Buyer(shop)
    buyer.add(mug.sku)

    # Stripe takes no page that lives less than thirty minutes by its own clock.
    placed = buyer.order_and_pay(buyer.to_pay_page())
    page = requests.get(
        shop.url + placed.headers["Location"], cookies=buyer.http.cookies, timeout=30
    )

    assert "payment page cannot be reached" in page.text
    assert Order.objects.get().status == "pending"
    assert Stock.objects.get(pk=mug.pk).held == 1
    put_right(shop, commands)
    order = Order.objects.get()
    # The worker may be opening the page at the same moment: then the shopper tries once more.
    buyer.press(wait_until(lambda: payment_page(buyer, order), what="payment page"))
    the_order_is_paid_once(shop, mug)

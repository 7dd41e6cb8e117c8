"""Each named crash point, one by one: after a restart the order is whole, charged and mailed once.

The points are those of the checkout's crash table; the process that gets there is killed like by
a power cut, and everything is started again without the trap.
"""

from typing import Any

import pytest
import requests

from catalog.models import Stock
from notifications.models import Mail
from orders.models import Order
from payments.models import Payment
from tests import factories
from tests.budgets import sources
from tests.shop import Buyer, Shop
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
IN_THE_WEB = ("order_placed", "payment_intended", "provider_called", "session_opened")
IN_BOTH = IN_THE_WEB[1:]
IN_THE_WORKER = ("applying", "applied", "mail_claimed", "mail_sent")
# Walked by test_alert_once.py.
IN_ALERTS = ("alerts_claimed", "alerts_queued")
WAITS_FOR_RECOVERY = 90


def some(points: tuple[str, ...], *daily: str) -> list[Any]:
    """Walk some points each day, and all of them at length."""
    return [p if p in daily else pytest.param(p, marks=pytest.mark.long) for p in points]


def restart(shop: Shop) -> None:
    for which in ("web", "worker"):
        shop.kill(which)
    shop.start_web()
    shop.start_worker()


def the_order_is_whole(shop: Shop, mug: object) -> None:
    """One order, paid; one charge; one thank-you; stock sold once; the books agree."""
    wait_until(
        lambda: Order.objects.get().status == "paid", seconds=WAITS_FOR_RECOVERY, what="paid"
    )
    wait_until(
        lambda: set(Mail.objects.values_list("state", flat=True)) == {"sent"}
        and Mail.objects.count() == 2,
        seconds=WAITS_FOR_RECOVERY, what="mails",
    )  # fmt: skip
    shop.rest(seconds=WAITS_FOR_RECOVERY)
    assert len(shop.provider.objects("charges")) == 1
    assert len(shop.provider.objects("checkout/sessions")) == 1
    assert len(shop.inbox.mails(to="ada@example.com")) == 1
    assert len(shop.inbox.mails(to="mo@example.com")) == 1
    assert Payment.objects.get().status == "succeeded"
    stock = Stock.objects.get(pk=mug.pk)  # type: ignore[attr-defined]
    assert (stock.on_hand, stock.held) == (4, 0)
    shop.audit()


@pytest.mark.parametrize("point", some(IN_THE_WEB, "order_placed"))
def test_web_killed_at(shop: Shop, mo, point: str):
    mug = factories.variant("mug", stock=5, maker=mo)
    for which in ("web", "worker"):
        shop.kill(which)
    shop.start_web(CRASH_AT=point)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    form = buyer.to_pay_page()
    with pytest.raises(requests.ConnectionError):
        buyer.follow(buyer.order_and_pay(form))

    restart(shop)
    page = buyer.follow(buyer.order_and_pay(form))
    buyer.press(page)

    the_order_is_whole(shop, mug)


@pytest.mark.parametrize("point", some(IN_BOTH, "provider_called"))
def test_worker_killed_while_opening_session_at(shop: Shop, mo, point: str):
    mug = factories.variant("mug", stock=5, maker=mo)
    shop.kill("worker")
    shop.start_worker(CRASH_AT=point)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    placed = buyer.order_and_pay(buyer.to_pay_page())
    assert shop.worker is not None
    shop.worker.wait(timeout=30)

    restart(shop)
    buyer.press(buyer.follow(placed))

    the_order_is_whole(shop, mug)


def test_web_killed_after_storing_the_event(shop: Shop, mo):
    mug = factories.variant("mug", stock=5, maker=mo)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    page = buyer.check_out()
    shop.kill("web")
    shop.start_web(CRASH_AT="event_stored")
    before = len(shop.logged("web"))

    shop.provider.outcome(page.rsplit("/", 1)[1], "pay")
    wait_until(lambda: "SIGKILL" in shop.logged("web")[before:])
    restart(shop)

    the_order_is_whole(shop, mug)


@pytest.mark.parametrize("point", some(IN_THE_WORKER, "applying"))
def test_worker_killed_at(shop: Shop, mo, point: str):
    mug = factories.variant("mug", stock=5, maker=mo)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    page = buyer.check_out()
    shop.rest()
    shop.kill("worker")
    shop.start_worker(CRASH_AT=point)

    shop.provider.outcome(page.rsplit("/", 1)[1], "pay")
    assert shop.worker is not None
    shop.worker.wait(timeout=30)
    restart(shop)

    the_order_is_whole(shop, mug)


def test_shopper_gone_before_the_redirect_is_still_paid(shop: Shop, mo):
    """Step 4: the browser never came back; only the webhook tells."""
    mug = factories.variant("mug", stock=5, maker=mo)
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    page = buyer.check_out()

    shop.provider.outcome(page.rsplit("/", 1)[1], "pay")

    the_order_is_whole(shop, mug)


def test_every_crash_point_is_walked():
    walked = {*IN_THE_WEB, *IN_THE_WORKER, "event_stored", *IN_ALERTS}
    named = set()
    for path in sources(".py"):
        if "tests" not in path.parts and path.name != "crash.py":
            for part in path.read_text().split('crash_point("')[1:]:
                named.add(part.partition('"')[0])

    assert named == walked

"""Back in stock: one mail to who waits, whatever dies and however many restock at once."""

import pytest
from django.utils import timezone

from catalog import services as catalog
from catalog.models import StockAlert, Variant
from notifications import tasks
from notifications.models import Mail
from tests import factories
from tests.catalog.test_piece_races import at_once
from tests.faults.test_crash_walk import IN_ALERTS, WAITS_FOR_RECOVERY
from tests.shop import Shop
from tests.stand_ins import wait_until

IN_SENDING = ("mail_claimed", "mail_sent")
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Where every mail's sending is walked by test_crash_walk.py too.
POINTS = [pytest.param(p, marks=pytest.mark.long) for p in (*IN_ALERTS, *IN_SENDING)]
AT_ONCE = 20


def ask(variant: Variant, email: str = "eve@example.com") -> None:
    catalog.ask_for_alert(variant, email=email, language="en", user=None, at=timezone.now())


def restock(variant: Variant, reference: str) -> None:
    catalog.receive_stock(variant, 1, reference=reference, at=timezone.now())


@pytest.mark.parametrize("point", POINTS)
def test_worker_killed_at(shop: Shop, point: str):
    mug = factories.variant("mug", stock=0)
    ask(mug)
    shop.kill("worker")
    shop.start_worker(CRASH_AT=point)

    restock(mug, "r")
    assert shop.worker is not None
    shop.worker.wait(timeout=60)
    shop.start_worker()
    wait_until(
        lambda: list(Mail.objects.values_list("state", flat=True)) == ["sent"],
        seconds=WAITS_FOR_RECOVERY, what="the mail",
    )  # fmt: skip
    shop.rest(seconds=WAITS_FOR_RECOVERY)

    assert len(shop.inbox.mails(to="eve@example.com")) == 1
    assert StockAlert.objects.get().told_at is not None


def test_twenty_restocks_at_once_are_one_mail(shop: Shop):
    mug = factories.variant("mug", stock=0)
    ask(mug)

    at_once(*(lambda n=n: restock(mug, f"r{n}") for n in range(AT_ONCE)))
    wait_until(
        lambda: Mail.objects.filter(state="sent").exists(),
        seconds=WAITS_FOR_RECOVERY, what="the mail",
    )  # fmt: skip
    shop.rest(seconds=WAITS_FOR_RECOVERY)

    assert Mail.objects.count() == len(shop.inbox.mails(to="eve@example.com")) == 1


def test_coming_and_going_at_once_is_one_mail(shop: Shop):
    mug = factories.variant("mug", stock=0)
    ask(mug)

    def come_and_go(number: int) -> None:
        restock(mug, f"r{number}")
        if number % 2:
            catalog.take_stock_away(
                mug, 1, why="sold", reference=f"t{number}", by="test", at=timezone.now()
            )

    at_once(*(lambda n=n: come_and_go(n) for n in range(AT_ONCE)))
    wait_until(
        lambda: Mail.objects.filter(state="sent").exists(),
        seconds=WAITS_FOR_RECOVERY, what="the mail",
    )  # fmt: skip
    shop.rest(seconds=WAITS_FOR_RECOVERY)

    assert Mail.objects.count() == len(shop.inbox.mails(to="eve@example.com")) == 1


def test_twenty_jobs_at_once_are_one_mail():
    mug = factories.variant("mug", stock=1)
    emails = [f"{n}@example.com" for n in range(3)]
    for email in emails:
        ask(mug, email)

    at_once(*(lambda: tasks.tell_alerts.task.func(variant_id=mug.pk) for _ in range(AT_ONCE)))

    assert sorted(Mail.objects.values_list("recipient", flat=True)) == emails


def test_asked_twenty_times_at_once_is_one_alert():
    mug = factories.variant("mug", stock=0)

    at_once(*(lambda: ask(mug) for _ in range(AT_ONCE)))

    assert StockAlert.objects.count() == 1

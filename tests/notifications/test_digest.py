"""The weekly mail: on Mondays, once, with what is new, to who still wants it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Maker, User
from catalog import services as catalog
from catalog.models import Follow
from notifications import digests, tasks
from notifications.models import Mail
from tests import factories
from tests.stand_ins import Resend
from tests.worker import run_jobs

pytestmark = pytest.mark.django_db
# Mondays at eight in Lisbon: in winter, and in summer.
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SUMMER = datetime(2026, 7, 20, 7, 0, tzinfo=UTC)
BEFORE = MONDAY - timedelta(days=6)


def piece(maker: Maker, slug: str = "", *, at: datetime = BEFORE) -> None:
    factories.variant(of=factories.product(slug, maker=maker, at=at))


def send(at: datetime = MONDAY) -> None:
    with time_machine.travel(at, tick=False):
        tasks.send_digests.task.func()
        run_jobs()


@pytest.fixture
def follow(ada: User, mo: Maker) -> Follow:
    return catalog.follow_maker(ada, mo, at=BEFORE - timedelta(days=1))


@pytest.mark.parametrize(
    ("at", "is_time"),
    [(MONDAY, True), (SUMMER, True), (MONDAY - timedelta(hours=1), False),
     (SUMMER - timedelta(hours=1), False), (SUMMER + timedelta(hours=1), True),
     (MONDAY + timedelta(days=1), False)],
)  # fmt: skip
def test_is_time_on_mondays_after_eight_in_lisbon(at: datetime, is_time: bool):
    assert digests.is_time(at) is is_time


def test_mail_shows_what_is_new(inbox: Resend, follow: Follow):
    piece(follow.maker, "mug")
    piece(follow.maker, "old", at=BEFORE - timedelta(days=2))
    piece(factories.maker("rui"), "elsewhere")

    send()

    [mail] = inbox.mails()
    assert mail["to"] == ["ada@example.com"]
    assert mail["subject"] == "New from Mo"
    for body in (mail["html"], mail["text"]):
        assert "/p/mug/" in body
        assert "/p/old/" not in body
        assert "/p/elsewhere/" not in body
        assert "One new piece since we last wrote to you." in body


def test_mail_is_one_a_week(inbox: Resend, follow: Follow):
    piece(follow.maker)
    send()
    send(MONDAY + timedelta(hours=1))
    piece(follow.maker, at=MONDAY + timedelta(hours=2))
    send(MONDAY + timedelta(hours=3))
    within_the_week = len(inbox.mails())

    send(MONDAY + timedelta(days=7))
    send(MONDAY + timedelta(days=14))

    assert within_the_week == 1
    assert len(inbox.mails()) == 2


def test_nothing_new_is_no_mail(inbox: Resend, follow: Follow):
    piece(follow.maker, at=BEFORE - timedelta(days=2))

    send()

    assert inbox.mails() == []
    assert not Mail.objects.exists()


def test_mail_shows_eight_and_counts_all(inbox: Resend, ada: User, follow: Follow):
    second = factories.maker("rui")
    catalog.follow_maker(ada, second, at=BEFORE - timedelta(days=1))
    for number in range(10):
        piece(second if number else follow.maker, f"piece{number}")

    send()

    [mail] = inbox.mails()
    assert mail["text"].count("* Piece") == digests.PIECES_MAX
    assert mail["subject"] == "New from Rui"
    assert "10 new pieces since we last wrote to you." in mail["text"]


def test_mail_is_in_the_reader_s_language(inbox: Resend, ada: User, follow: Follow):
    User.objects.filter(pk=ada.pk).update(language="pt")
    piece(follow.maker, "mug")

    send()

    assert "/pt/p/mug/" in inbox.mails()[0]["text"]


@pytest.mark.parametrize("why", ["switched off", "inactive", "unfollowed", "closed"])
def test_no_mail_to_who_wants_none(inbox: Resend, ada: User, follow: Follow, why: str):
    piece(follow.maker)
    if why == "switched off":
        catalog.stop_digests(ada.pk)
    elif why == "inactive":
        User.objects.filter(pk=ada.pk).update(is_active=False)
    elif why == "unfollowed":
        catalog.unfollow_maker(ada, follow.maker)
    else:
        Maker.objects.update(is_open=False)

    send()

    assert inbox.mails() == []


def test_mail_can_be_ended_by_one_click(inbox: Resend, ada: User, follow: Follow):
    piece(follow.maker)
    send()
    [mail] = inbox.mails()
    link = mail["headers"]["List-Unsubscribe"].strip("<>")

    answer = Client(enforce_csrf_checks=True).post(
        link.removeprefix("http://testserver"), "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    piece(follow.maker, at=MONDAY + timedelta(days=1))
    send(MONDAY + timedelta(days=7))

    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert answer.status_code == 200
    assert link in mail["html"]
    assert link in mail["text"]
    assert len(inbox.mails()) == 1


def test_job_sends_what_a_dead_one_had_queued(inbox: Resend, ada: User, follow: Follow):
    piece(follow.maker)
    digests.queue_digest(ada.pk, at=MONDAY)

    send()

    assert len(inbox.mails()) == 1


def test_readers_are_asked_for_in_batches(inbox: Resend, mo: Maker, monkeypatch):
    monkeypatch.setattr(digests, "BATCH", 2)
    for _number in range(5):
        catalog.follow_maker(factories.user(), mo, at=BEFORE - timedelta(days=1))
    piece(mo)

    send()

    assert len({mail["to"][0] for mail in inbox.mails()}) == 5


@pytest.mark.parametrize("count", [1, 3])
def test_queue_costs_the_same_whatever_is_new(
    ada: User, follow: Follow, django_assert_num_queries, count: int
):
    for _number in range(count):
        piece(follow.maker)

    with django_assert_num_queries(10):
        digests.queue_digest(ada.pk, at=MONDAY)

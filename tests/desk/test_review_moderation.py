"""Moderators read what was reported: it is kept, or hidden with a reason that its author gets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Listing, Review, ReviewReport
from catalog.services.judging_reviews import seen_of
from makers_market.core.models import AuditEntry
from makers_market.desk.queue import count_waiting, waiting
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(mo: Maker, built: None) -> Review:
    """A rude review of Mo's mug, which two people reported."""
    review = factories.review(factories.variant("mug", maker=mo).product, stars=1)
    for number in range(2):
        report(review, f"user:{number}", days=number)
    return review


def report(review: Review, reporter: str, *, days: int = 0) -> None:
    catalog.report_review(
        review.uuid, reporter=reporter, reason="rude", note="Rude words",
        at=timezone.now() - timedelta(days=days),
    )  # fmt: skip


def page(review: Review) -> str:
    return f"/admin/moderation/review/{review.uuid}/"


def decision(review: Review, verb: str, why: str = "") -> dict[str, str]:
    return {"decision": verb, "seen": seen_of(Review.objects.get(pk=review.pk)), "reason": why}


def test_queue_shows_reported_reviews_oldest_first(said: Review, mo: Maker):
    newer = factories.review(said.product)
    report(newer, "user:9")
    factories.review(said.product)
    browser = signed_in(factories.operator())

    listed = browser.get("/admin/moderation/").text

    assert [row.key for row in waiting()] == [said.uuid, newer.uuid]
    assert count_waiting() == 2
    assert listed.count("Reported review") == 2


@pytest.mark.parametrize("count", [1, 3])
def test_queue_costs_four_queries(mo: Maker, count: int, django_assert_num_queries):
    piece = factories.product(maker=mo)
    for number in range(count):
        report(factories.review(piece), f"user:{number}")

    with django_assert_num_queries(4):
        assert len(waiting()) == count


def test_page_shows_review_and_reports(said: Review):
    shown = signed_in(factories.operator()).get(page(said)).text

    assert "I use it each day." in shown
    assert shown.count("Rude words") == 2


def test_hide_takes_it_off_and_writes_it_down(said: Review):
    olga = factories.operator()
    why = "It insults a person."

    answer = signed_in(olga).post(page(said), decision(said, "hide", why))

    said.refresh_from_db()
    assert answer.headers["Location"] == "/admin/moderation/"
    assert (said.state, said.hidden_why) == (Review.HIDDEN, why)
    assert Listing.objects.get(pk=said.product_id).rating_count == 0
    assert not ReviewReport.objects.filter(decided_at=None).exists()
    (act,) = AuditEntry.objects.filter(action="review.hidden")
    assert (act.actor, act.why, act.maker) == (f"user:{olga.pk}", why, said.maker_id)


def test_keep_closes_all_reports(said: Review):
    signed_in(factories.operator()).post(page(said), decision(said, "keep"))

    assert Review.objects.get().state == Review.SHOWN
    assert Listing.objects.get(pk=said.product_id).rating_count == 1
    assert count_waiting() == 0
    assert AuditEntry.objects.filter(action="review.kept").count() == 1


def test_report_after_keeping_opens_it_again(said: Review):
    signed_in(factories.operator()).post(page(said), decision(said, "keep"))

    report(said, "user:0")
    report(said, "user:77")

    assert count_waiting() == 1


def test_hide_without_a_reason_is_refused(said: Review):
    answer = signed_in(factories.operator()).post(page(said), decision(said, "hide", "short"))

    assert answer.status_code == 422
    assert Review.objects.get().state == Review.SHOWN


def test_decide_twice_changes_nothing(said: Review):
    browser = signed_in(factories.operator())
    browser.post(page(said), decision(said, "keep"))

    answer = browser.post(page(said), decision(said, "hide", "It insults a person."))

    assert answer.headers["Location"] == "/admin/moderation/"
    assert Review.objects.get().state == Review.SHOWN


def test_decide_on_the_own_workshop_is_refused(said: Review, mo: Maker):
    olga = factories.operator()
    mo.memberships.create(user=olga)

    signed_in(olga).post(page(said), decision(said, "hide", "It insults a person."))

    assert Review.objects.get().state == Review.SHOWN
    assert ReviewReport.objects.filter(decided_at=None).count() == 2


def test_page_is_shut_to_others(said: Review, mo: Maker):
    for person in (mo.members.get(), factories.user()):
        assert signed_in(person).post(page(said), decision(said, "keep")).status_code in {302, 403}

    assert ReviewReport.objects.filter(decided_at=None).count() == 2

"""The mail that says a piece is back: one to each who waits, none for what is gone again."""

import re

import pytest
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Product, StockAlert, Variant
from notifications import alerts, tasks
from notifications.models import Mail
from tests import factories
from tests.stand_ins import Resend
from tests.worker import run_jobs, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug(mo: Maker) -> Variant:
    product = factories.product("mug", maker=mo, title_en="Speckled mug", title_pt="Caneca")
    return factories.variant(of=product, stock=0)


def ask(variant: Variant, *emails: str, language: str = "en") -> None:
    for email in emails or ("eve@example.com",):
        catalog.ask_for_alert(variant, email=email, language=language, user=None, at=timezone.now())


def restock(variant: Variant, reference: str = "r") -> None:
    catalog.receive_stock(variant, 1, reference=reference, at=timezone.now())


def test_mail_says_it_is_back_and_may_sell_out_again(inbox: Resend, mug: Variant):
    ask(mug)

    restock(mug)
    run_jobs()

    [mail] = inbox.mails()
    assert mail["to"] == ["eve@example.com"]
    assert mail["subject"] == "Back: Speckled mug"
    for body in (mail["html"], mail["text"]):
        assert "it may sell out again" in body
        assert f"/p/mug/?variant={mug.sku}" in body
        assert "/alert/end/" in body
    assert StockAlert.objects.get().told_at is not None


def test_mail_is_in_the_language_it_was_asked_in(inbox: Resend, mug: Variant):
    ask(mug, language="pt")

    restock(mug)
    run_jobs()

    [mail] = inbox.mails()
    assert "Caneca" in mail["subject"]
    assert "/pt/p/mug/" in mail["text"]


def test_everybody_who_waits_is_told_once(inbox: Resend, mug: Variant, monkeypatch):
    monkeypatch.setattr(alerts, "BATCH", 2)
    emails = [f"{n}@example.com" for n in range(5)]
    ask(mug, *emails)

    restock(mug)
    run_jobs()
    catalog.take_stock_away(mug, 1, why="sold", reference="t", by="test", at=timezone.now())
    restock(mug, "again")
    run_jobs()

    assert sorted(mail["to"][0] for mail in inbox.mails()) == emails


def test_asked_twice_is_one_mail(inbox: Resend, mug: Variant):
    ask(mug)
    ask(mug)

    restock(mug)
    run_jobs()

    assert len(inbox.mails()) == 1


def test_asked_anew_after_it_was_told_is_another_mail(inbox: Resend, mug: Variant):
    for reference in ("first", "second"):
        ask(mug)
        restock(mug, reference)
        run_jobs()
        catalog.take_stock_away(mug, 1, why="x", reference=reference, by="t", at=timezone.now())

    assert len(inbox.mails()) == 2


@pytest.mark.parametrize("gone", ["sold", "retired", "closed", "not offered"])
def test_gone_again_before_the_job_runs_is_no_mail(inbox: Resend, mug: Variant, gone: str):
    ask(mug)
    restock(mug)
    if gone == "sold":
        catalog.hold_stock({mug.pk: 1})
    elif gone == "retired":
        Product.objects.update(status="retired")
    elif gone == "closed":
        Maker.objects.update(is_open=False)
    else:
        Variant.objects.update(is_offered=False)

    run_jobs()

    assert inbox.mails() == []
    assert StockAlert.objects.get().told_at is None


def test_other_variants_are_not_told_of(inbox: Resend, mug: Variant):
    other = factories.variant(of=mug.product, options={"size": "big"}, stock=0)
    ask(other)

    restock(mug)
    run_jobs()

    assert inbox.mails() == []


def test_hourly_look_finds_what_came_back_by_itself(inbox: Resend, mug: Variant):
    restock(mug)
    run_jobs()
    ask(mug)
    ask(factories.variant(stock=0), "ada@example.com")

    tasks.tell_late_alerts.task.func()
    told = [ids for name, ids in waiting() if name == "notifications.tell_alerts"]
    run_jobs()

    assert told == [{"variant_id": mug.pk}]
    assert [mail["to"] for mail in inbox.mails()] == [["eve@example.com"]]


def test_mail_whose_sending_was_never_queued_is_sent_by_a_second_run(inbox: Resend, mug: Variant):
    ask(mug)
    restock(mug)
    alerts.queue_alert_mails(mug.pk, at=timezone.now())

    run_jobs()

    assert len(inbox.mails()) == 1
    assert Mail.objects.get().state == "sent"


def test_mail_escapes_what_makers_write(inbox: Resend, mug: Variant):
    Product.objects.update(title_en="<b>Mug</b> & Co")
    catalog.index_pieces([mug.product_id])
    ask(mug)

    restock(mug)
    run_jobs()

    [mail] = inbox.mails()
    assert "<b>Mug</b>" not in mail["html"]
    assert not re.search(r"&lt;|&amp;", mail["subject"] + mail["text"])

"""Every model says what it holds of a person; export and deletion cover what they say."""

import json
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from makers_market.core import audit, privacy
from makers_market.core.privacy import Person
from makers_market.desk.privacy import erase_account, export_account, person_of
from notifications.models import Mail
from orders.models import Order
from orders.signals import order_paid
from tests.privacy import canaries
from tests.privacy.canaries import CANARY, IP, OTHER, SECRET, Life, places_of
from tests.stand_ins import Resend
from tests.worker import run_jobs

# Words in a field's name that could mean a person.
TELLING = {
    "email", "name", "phone", "street", "postcode", "city", "address", "recipient", "ip", "agent",
    "content", "params", "uid", "extra", "data", "args", "legal", "tax", "login", "session",
}  # fmt: skip
ALL_MODELS = apps.get_models(include_auto_created=True)
HOLDINGS = privacy.holdings()


def label(model: type[Model]) -> str:
    return model._meta.label


def test_knows_of_every_model_whether_it_holds_a_person() -> None:
    holding = {label(h.model) for h in HOLDINGS}
    nobody = {label(model) for model in privacy.nobody()}

    assert holding | nobody == {label(model) for model in ALL_MODELS}
    assert holding & nobody == set()


@pytest.mark.parametrize("model", privacy.nobody(), ids=label)
def test_believes_no_model_that_refers_to_a_person(model: type[Model]) -> None:
    said = privacy.nobody()[model]

    fields = model._meta.get_fields()
    assert said.because
    assert [f.name for f in fields if f.concrete and f.related_model is User] == []
    telling = {f.name for f in fields if f.concrete and TELLING & set(f.name.split("_"))}
    relations = {f.name for f in fields if f.concrete and f.is_relation}
    assert telling - relations == set(said.fields)


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda h: h.kind)
def test_gives_a_reason_for_what_stays(holding: privacy.Holding) -> None:
    assert bool(holding.keeps) or holding.blanks is None
    assert [h.kind for h in HOLDINGS].count(holding.kind) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda h: h.kind)
def test_finds_nothing_of_nobody(holding: privacy.Holding, life: Life) -> None:
    nobody = Person(0, frozenset({"nobody@example.com"}))

    assert list(holding.find(nobody)) == []
    assert holding.erase(nobody) == 0


@pytest.fixture
def life(db: None) -> Life:
    return canaries.live(timezone.now())


@pytest.fixture
def export(life: Life) -> dict[str, bytes]:
    by = f"user:{life.user.pk}"
    with ZipFile(export_account(life.user, by=by, at=timezone.now())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_fills_every_holding(life: Life) -> None:
    person = person_of(life.user)

    empty = [holding.kind for holding in HOLDINGS if not holding.find(person).exists()]

    assert empty == []


def test_exports_every_holding(life: Life, export: dict[str, bytes]) -> None:
    expected = {f"{holding.kind}.json" for holding in HOLDINGS} | {"about.json"}

    assert {name for name in export if "/" not in name} == expected
    read: dict[str, Any] = {name: json.loads(export[name]) for name in expected}
    assert all(read[f"{holding.kind}.json"] for holding in HOLDINGS)
    assert read["account.json"][0]["email"] == canaries.EMAIL
    assert {order["street"] for order in read["orders.json"]} == {f"{CANARY} Street 1"}
    assert sorted(order["number"] for order in read["orders.json"]) == sorted(
        order.number for order in life.orders
    )
    assert read["sessions.json"][0]["ip"] == IP
    assert read["unfinished_checkouts.json"][0]["typed"]["address"]["street"] == f"{CANARY} typed"
    assert any(name.startswith("mails/") and name.endswith(".html") for name in export)


def test_exports_every_place_that_holds_the_person(export: dict[str, bytes]) -> None:
    """Each row of the raw search must be in the export's words too, but for copies."""
    text = b"".join(export.values()).decode()

    for word in ("Name", "says", "drafts", "-sub", "key", "browser", "typed", "city", "guest"):
        assert f"{CANARY} {word}".replace(" -", "-") in text or f"{CANARY}{word}" in text, word


def test_exports_nothing_of_others_and_no_secret(life: Life, export: dict[str, bytes]) -> None:
    text = b"".join(export.values()).decode().lower()

    assert OTHER not in text
    assert SECRET not in text
    assert User.objects.get(pk=life.user.pk).password.lower() not in text


# Where the person is before the deletion; the search itself is proven by it.
HELD = {
    "account_emailaddress.email", "accounts_invitation.email", "accounts_maker.announcement",
    "accounts_maker.first_name", "accounts_maker.place", "accounts_maker.policies",
    "accounts_maker.quote", "accounts_maker.story", "accounts_shopdraft.fields",
    "accounts_user.email", "accounts_user.name", "catalog_review.author_name",
    "catalog_reviewreport.note", "catalog_stockalert.email",
    "django_admin_log.object_repr",
    "django_session.session_data", "mfa_authenticator.data", "notifications_mail.content",
    "notifications_mail.recipient", "orders_basketline.personal", "orders_orderline.personal",
    "orders_order.city", "orders_order.email", "orders_order.name",
    "orders_order.phone", "orders_order.postcode", "orders_order.street",
    "payments_operation.params", "payments_payment.session_url",
    "socialaccount_socialaccount.extra_data", "socialaccount_socialaccount.uid",
    "usersessions_usersession.ip", "usersessions_usersession.user_agent",
}  # fmt: skip
SOUGHT = (CANARY, IP.replace(".", r"\."), "ZQC", "900zqc")


def test_leaves_the_person_nowhere(life: Life, inbox: Resend) -> None:
    held = places_of(*SOUGHT)
    # The bystander has typed this address in their own order: that stays theirs.
    Order.objects.filter(user=life.other).update(email=life.other.email)

    erase(life.user)
    run_jobs()

    assert held == HELD
    assert places_of(*SOUGHT) == set()
    assert places_of(SECRET) == set()


def test_keeps_the_books_whole(life: Life, inbox: Resend) -> None:
    sums = [(order.number, order.total_cents, order.country) for order in life.orders]
    broken = audit.breaches()

    erase(life.user)
    run_jobs()

    kept = Order.objects.filter(pk__in=[order.pk for order in life.orders]).order_by("pk")
    assert [(order.number, order.total_cents, order.country) for order in kept] == sums
    assert {(order.user_id, order.name, order.street) for order in kept} == {(None, "—", "—")}
    assert audit.breaches() == broken


def test_touches_nobody_else(life: Life, inbox: Resend) -> None:
    bystander = places_of(OTHER)
    theirs = Order.objects.get(user=life.other)

    erase(life.user)
    run_jobs()

    assert places_of(OTHER) == bystander
    kept = Order.objects.get(pk=theirs.pk)
    assert (kept.email, kept.name, kept.user) == (theirs.email, theirs.name, life.other)
    to_maker = Mail.objects.filter(recipient=f"{OTHER}-maker@example.com")
    assert [mail.content for mail in to_maker] == [None, None]


def test_sends_no_mail_about_an_order_without_person(life: Life, inbox: Resend) -> None:
    erase(life.user)
    run_jobs()
    inbox.reset()
    before = Mail.objects.count()

    for order in life.orders:
        order_paid.send(Order, order_id=order.pk)
    run_jobs()

    assert inbox.mails() == []
    assert Mail.objects.count() == before


def test_confirms_by_a_last_mail_and_forgets_it(life: Life, inbox: Resend) -> None:
    erase(life.user)
    run_jobs()

    [mail] = inbox.mails()
    assert mail["to"] == [canaries.EMAIL]
    assert CANARY not in mail["subject"] + mail["html"] + mail["text"]
    row = Mail.objects.get(kind="account_erased")
    assert (row.state, row.content, row.recipient) == (
        Mail.SENT, None, f"erased-{row.uuid}@invalid",
    )  # fmt: skip


def erase(user: User, at: datetime | None = None) -> None:
    erase_account(user.pk, typed_email=user.email, by=f"user:{user.pk}", at=at or timezone.now())

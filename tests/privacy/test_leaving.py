"""Leaving for good: who may not yet, what a door asks for, and what is left of nobody."""

import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, Membership, User
from makers_market.core.audit_log import personal
from makers_market.core.models import AuditEntry
from makers_market.core.privacy import Person
from makers_market.desk import privacy
from makers_market.desk.sweeping import sweep_sessions
from notifications.forgetting import forget_old_mails
from notifications.models import Mail
from orders import services as orders
from orders.models import Order, Shipment
from payments.models import Operation, Payment, Refund
from tests import factories
from tests.worker import run_jobs, waiting

pytestmark = pytest.mark.django_db
LEAVE, EXPORT = "/account/leave/", "/account/export/"


def proven(person: User, *, seconds_ago: float = 0, reauthenticated: bool = True) -> Client:
    """Give a browser in which this person has typed the password again, so long ago."""
    client = factories.signed_in(person, second_factor=False)
    said = {"method": "password", "at": time.time() - seconds_ago}
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        said | ({"reauthenticated": True} if reauthenticated else {})
    ]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(person.pk)
    session.save()
    return client


def erase(person: User, **changes: Any) -> None:
    plain = {"typed_email": person.email, "by": f"user:{person.pk}", "at": timezone.now()}
    privacy.erase_account(person.pk, **(plain | changes))


def refused(person: User) -> list[str]:
    """Try to leave; gives the reasons, after a look that nothing has changed."""
    before = User.objects.filter(pk=person.pk).values().get()
    entries = AuditEntry.objects.count()
    with pytest.raises(privacy.CannotLeaveYet) as refusal:
        erase(person)
    assert User.objects.filter(pk=person.pk).values().get() == before
    assert EmailAddress.objects.filter(user=person).exists()
    assert AuditEntry.objects.count() == entries
    return refusal.value.reasons


def bought(person: User | None, **fields: Any) -> Order:
    return factories.order(buyer=factories.buyer(user=person, **fields))


def arrived(order: Order) -> Order:
    orders.mark_paid(order.pk, at=timezone.now())
    Shipment.objects.filter(order=order).update(status=Shipment.DELIVERED)
    return order


def paid(order: Order, status: str = Payment.SUCCEEDED) -> Payment:
    captured = order.total_cents if status == Payment.SUCCEEDED else 0
    return Payment.objects.create(
        order=order, attempt=1, status=status, amount_cents=order.total_cents,
        captured_cents=captured, expires_at=timezone.now(), created_at=timezone.now(),
    )  # fmt: skip


def test_closes_the_account(ada: User, built: None) -> None:
    browser = factories.signed_in(ada)

    erase(ada)

    ada.refresh_from_db()
    assert (ada.name, ada.is_active, ada.has_usable_password()) == ("", False, False)
    assert ada.erased_at is not None
    assert ada.email.startswith("erased-")
    assert not EmailAddress.objects.filter(user=ada).exists()
    assert browser.get("/account/orders/").status_code == 302
    entry = AuditEntry.objects.get(action="account.erased")
    assert entry.changes["email"] == [personal("ada@example.com"), ""]
    assert "ada" not in str(entry.changes).lower()


def test_frees_the_address_for_somebody_new(ada: User) -> None:
    erase(ada)

    again = factories.user("ada@example.com")

    assert again.pk != ada.pk


def test_does_it_once(ada: User) -> None:
    erase(ada)
    closed = User.objects.filter(pk=ada.pk).values().get()

    erase(ada, typed_email="anything")

    assert User.objects.filter(pk=ada.pk).values().get() == closed
    assert AuditEntry.objects.filter(action="account.erased").count() == 1
    assert Mail.objects.filter(kind="account_erased").count() == 1


@pytest.mark.parametrize("typed", ["", "eve@example.com", "ada@example.co", "x" * 10_000])
def test_refuses_another_address(ada: User, typed: str) -> None:
    with pytest.raises(privacy.WrongAddress):
        erase(ada, typed_email=typed)

    assert User.objects.get(pk=ada.pk).erased_at is None


def test_takes_the_address_in_any_case(ada: User) -> None:
    erase(ada, typed_email="  ADA@Example.com ")

    assert User.objects.get(pk=ada.pk).erased_at is not None


def test_waits_for_an_unpaid_order(ada: User) -> None:
    order = bought(ada)

    [reason] = refused(ada)

    assert order.number in reason


@pytest.mark.parametrize("status", ["paying", "unfillable"])
def test_waits_for_an_unsettled_order(ada: User, status: str) -> None:
    Order.objects.filter(pk=bought(ada).pk).update(status=status)

    assert len(refused(ada)) == 1


@pytest.mark.parametrize("status", ["new", "accepted", "shipped", "in_transit"])
def test_waits_for_a_parcel(ada: User, status: str) -> None:
    order = arrived(bought(ada))
    Shipment.objects.filter(order=order).update(status=status)

    assert refused(ada) == [f"Order {order.number} has not arrived yet."]


def test_waits_for_a_guests_parcel_under_a_proven_address(ada: User) -> None:
    orders.mark_paid(bought(None, email="Ada@Example.com").pk, at=timezone.now())

    assert len(refused(ada)) == 1


@pytest.mark.parametrize("status", ["expired", "failed", "cancelled"])
def test_does_not_wait_for_an_order_that_came_to_nothing(ada: User, status: str) -> None:
    order = bought(ada)
    Order.objects.filter(pk=order.pk).update(status=status)

    erase(ada)

    order.refresh_from_db()
    assert (order.name, order.user) == ("—", None)


@pytest.mark.parametrize("status", ["open", "unknown", "processing", "disputed"])
def test_waits_for_an_unsettled_payment(ada: User, status: str) -> None:
    paid(arrived(bought(ada)), status)

    assert len(refused(ada)) == 1


@pytest.mark.parametrize("status", ["requested", "sent", "unknown", "pending"])
def test_waits_for_money_on_its_way_back(ada: User, status: str) -> None:
    payment = paid(arrived(bought(ada)))
    Refund.objects.create(
        payment=payment, amount_cents=1, token="t", status=status, requested_at=timezone.now()
    )

    assert len(refused(ada)) == 1


@pytest.mark.parametrize("state", ["written", "sent", "unknown"])
def test_waits_for_an_answer_of_the_provider(ada: User, state: str) -> None:
    payment = paid(arrived(bought(ada)))
    Operation.objects.create(
        kind="open_session", subject=f"payment:{payment.uuid}", params={}, params_hash="", key="k",
        attempt=1, state=state, created_at=timezone.now(),
    )  # fmt: skip

    assert len(refused(ada)) == 1


@pytest.mark.parametrize("status", [Maker.APPROVED, Maker.SUSPENDED])
def test_keeps_the_only_owner_of_a_shop(ada: User, status: str) -> None:
    factories.maker("shop", members=[ada], status=status, is_open=False)

    [reason] = refused(ada)

    assert "Shop" in reason


def test_lets_one_of_two_owners_go(ada: User, eve: User) -> None:
    shop = factories.maker("shop", members=[ada, eve], story="Ours.")

    erase(ada)

    shop.refresh_from_db()
    assert (shop.status, shop.story) == (Maker.APPROVED, "Ours.")
    assert list(shop.members.all()) == [eve]


def test_keeps_the_last_owner_whose_fellow_has_left(ada: User, eve: User) -> None:
    factories.maker("shop", members=[ada, eve])
    erase(eve)

    assert len(refused(ada)) == 1


def test_lets_a_packer_go(ada: User, eve: User) -> None:
    shop = factories.maker("shop", members=[eve])
    Membership.objects.create(maker=shop, user=ada, role="packer")

    erase(ada)

    assert list(shop.members.all()) == [eve]


@pytest.mark.parametrize("status", [Maker.APPLYING, Maker.SUBMITTED, Maker.REJECTED])
def test_closes_an_application_that_never_opened(ada: User, status: str) -> None:
    shop = factories.maker("shop", members=[ada], status=status, is_open=False, story="Mine.")

    erase(ada)

    shop.refresh_from_db()
    assert (shop.status, shop.story, shop.first_name) == (Maker.CLOSED, "", shop.name)


def test_keeps_the_last_administrator() -> None:
    admin = factories.operator("admin")
    factories.operator("support")

    assert len(refused(admin)) == 1


def test_lets_one_of_two_administrators_go() -> None:
    leaving, _staying = factories.operator("admin"), factories.operator("admin")

    erase(leaving)

    leaving.refresh_from_db()
    assert (leaving.is_staff, leaving.operator_role) == (False, "")


def test_hides_the_workshops_people_behind_its_name(ada: User, built: None) -> None:
    """What shoppers saw of a closed workshop's person is gone from their own order's page."""
    shop = factories.maker("shop", members=[ada], first_name="Zqfirst", status=Maker.APPROVED)
    order = arrived(factories.order((factories.variant(maker=shop), 1)))
    page = Client().get(order.get_absolute_url()).content.decode()
    Maker.objects.filter(pk=shop.pk).update(status=Maker.CLOSED, is_open=False)

    erase(ada)

    assert "Zqfirst" in page
    assert "Zqfirst" not in Client().get(order.get_absolute_url()).content.decode()


@pytest.mark.parametrize("path", [LEAVE, EXPORT])
@pytest.mark.parametrize("browser", ["stale", "never"])
def test_asks_for_the_password_again(ada: User, built: None, path: str, browser: str) -> None:
    made = (
        proven(ada, seconds_ago=301) if browser == "stale" else proven(ada, reauthenticated=False)
    )

    for answer in (made.get(path), made.post(path, {"email": ada.email})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=")

    assert User.objects.get(pk=ada.pk).erased_at is None
    assert not AuditEntry.objects.filter(action="account.exported").exists()


def test_asks_who_has_no_password_to_sign_in_again(ada: User, built: None) -> None:
    ada.set_unusable_password()
    ada.save()

    answer = proven(ada, seconds_ago=301).get(EXPORT)

    assert answer["Location"] == "/accounts/login/?next=%2Faccount%2Fexport%2F"
    assert proven(ada).get(EXPORT).status_code == 200


def test_leaves_by_the_door(ada: User, built: None) -> None:
    browser = proven(ada)
    assert "This cannot be undone" in browser.get(LEAVE).content.decode()

    wrong = browser.post(LEAVE, {"email": "eve@example.com"})
    right = browser.post(LEAVE, {"email": "ada@example.com"})

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert "not the e-mail address of your account" in wrong.content.decode()
    assert right["Location"] == "/account/left/"
    assert "Your account is closed" in browser.get("/account/left/").content.decode()
    assert browser.get("/account/orders/").status_code == 302
    assert User.objects.get(pk=ada.pk).erased_at is not None


def test_changes_nothing_by_looking(ada: User, built: None) -> None:
    browser = proven(ada)

    browser.get(f"{LEAVE}?email=ada@example.com")
    browser.head(LEAVE)

    assert User.objects.get(pk=ada.pk).erased_at is None


def test_says_the_reasons_at_the_door(ada: User, built: None) -> None:
    order = bought(ada)
    browser = proven(ada)

    shown, tried = browser.get(LEAVE), browser.post(LEAVE, {"email": ada.email})

    assert (shown.status_code, tried.status_code) == (200, 422)
    for page in (shown, tried):
        assert f"Order {order.number} waits for its payment." in page.content.decode()
    assert User.objects.get(pk=ada.pk).erased_at is None


def test_gives_the_export_by_post_only(ada: User, built: None) -> None:
    browser = proven(ada)

    page, answer = browser.get(EXPORT), browser.post(EXPORT)

    assert page["Content-Type"].startswith("text/html")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith("attachment;")
    archive = ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert "ada@example.com" in archive.read("account.json").decode()
    assert AuditEntry.objects.filter(action="account.exported").count() == 1


def test_gives_few_exports_an_hour(ada: User, eve: User, built: None) -> None:
    browser = proven(ada)

    answers = [browser.post(EXPORT).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]
    assert proven(eve).post(EXPORT).status_code == 200


def test_exports_nothing_under_an_unproven_address(ada: User, eve: User) -> None:
    """Eve adds Ada's address to her account without proof: she gets nothing that is Ada's."""
    EmailAddress.objects.create(user=eve, email="ada@example.com", verified=False)
    arrived(bought(None, name="Ada Guest"))
    Mail.objects.create(
        kind="order_paid", subject="order:x", recipient="ada@example.com", language="en",
        content={"text": "Ada Guest"}, created_at=timezone.now(),
    )  # fmt: skip

    person = privacy.person_of(eve)

    assert person == Person(eve.pk, frozenset({"eve@example.com"}))
    with ZipFile(privacy.export_account(eve, by="user:1", at=timezone.now())) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "Ada Guest" not in text


def test_takes_typed_addresses_out_of_sessions(ada: User) -> None:
    stores = {}
    for name, data in {
        "guest": {"checkout": {"address": {"email": "Ada@example.com"}}, "basket": "b"},
        "other": {"checkout": {"address": {"email": "eve@example.com"}}},
        "broken": {"checkout": {"address": None}},
        "theirs": {"_auth_user_id": str(ada.pk)},
    }.items():
        store = SessionStore()
        store.update(data)
        store.create()
        stores[name] = store.session_key

    swept = sweep_sessions(user_id=ada.pk, digests=frozenset({personal("ada@example.com")}))

    assert swept == 2
    kept = {
        name: dict(SessionStore(key).load())
        for name, key in stores.items()
        if Session.objects.filter(pk=key).exists()
    }
    assert kept == {
        "guest": {"basket": "b"},
        "other": {"checkout": {"address": {"email": "eve@example.com"}}},
        "broken": {"checkout": {"address": None}},
    }
    assert sweep_sessions(user_id=ada.pk, digests=frozenset({personal("ada@example.com")})) == 0


def test_names_nobody_in_the_jobs(ada: User) -> None:
    erase(ada)

    assert "ada" not in str(waiting()).lower()
    assert "desk.sweep_sessions" in {name for name, _args in waiting()}


def test_erases_a_guest_by_address(eve: User, inbox: Any) -> None:
    order = arrived(bought(None, email="Guest@Example.com", name="Guest"))
    other = arrived(bought(None, email="other@example.com", name="Other"))
    run_jobs()

    call_command("erase_person", "--email", " guest@example.com", stdout=io.StringIO())

    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.name, order.street, order.phone) == ("—", "—", "")
    assert (other.name, other.email) == ("Other", "other@example.com")
    assert not Mail.objects.filter(recipient__iexact="guest@example.com").exists()
    entry = AuditEntry.objects.get(action="guest.erased")
    assert entry.changes == {"email": [personal("guest@example.com"), ""]}


def test_erases_the_account_behind_an_address(ada: User) -> None:
    EmailAddress.objects.create(user=ada, email="ada@work.example", verified=True)

    call_command("erase_person", "--email", "ADA@work.example", stdout=io.StringIO())

    assert User.objects.get(pk=ada.pk).erased_at is not None


def test_refuses_by_command_what_is_underway() -> None:
    bought(None, email="guest@example.com")

    with pytest.raises(CommandError, match="waits for its payment"):
        call_command("erase_person", "--email", "guest@example.com")

    assert Order.objects.get().email == "guest@example.com"


def test_counts_without_erasing(ada: User) -> None:
    out = io.StringIO()

    call_command("erase_person", "--email", "ada@example.com", "--dry-run", stdout=out)

    assert "account: 1" in out.getvalue()
    assert User.objects.get(pk=ada.pk).erased_at is None
    with pytest.raises(privacy.HasAccount):
        privacy.erase_guest("ada@example.com", by="command", at=timezone.now())


def test_exports_a_guest_by_address(eve: User, tmp_path: Path) -> None:
    order = arrived(bought(None, email="Guest@Example.com", name="Zqguest"))
    arrived(bought(None, email="other@example.com", name="Zqother"))
    target = tmp_path / "guest.zip"

    call_command(
        "export_person", "--email", "guest@example.com", "--to", str(target), stdout=io.StringIO()
    )

    with ZipFile(target) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert order.number in text
    assert ("Zqguest" in text, "Zqother" in text) == (True, False)
    entry = AuditEntry.objects.get(action="guest.exported")
    assert entry.changes == {"email": ["", personal("guest@example.com")]}
    with pytest.raises(privacy.HasAccount):
        privacy.export_guest("eve@example.com", by="command", at=timezone.now())


def test_forgets_the_words_of_old_mails() -> None:
    now = timezone.now()
    ages = {"old": 91, "young": 89}
    for name, days in ages.items():
        Mail.objects.create(
            kind=name, subject="order:x", recipient="ada@example.com", language="en",
            state=Mail.SENT, provider_id="re", content={"text": "Ada"},
            created_at=now - timedelta(days=days),
        )  # fmt: skip

    forgotten = [forget_old_mails(at=now), forget_old_mails(at=now)]

    assert forgotten == [1, 0]
    old, young = Mail.objects.get(kind="old"), Mail.objects.get(kind="young")
    assert (old.content, old.recipient) == (None, f"erased-{old.uuid}@invalid")
    assert (young.content, young.recipient) == ({"text": "Ada"}, "ada@example.com")

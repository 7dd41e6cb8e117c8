"""Changes of second factors: proven anew, written down, told by mail, used up."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.core.management import CommandError, call_command

from accounts.models import Maker, User
from makers_market.core.models import AuditEntry
from notifications.models import Mail
from sandbox.world.codes import code_at
from tests import factories
from tests.accounts.entering import (
    CODE,
    SET_UP,
    TAKE_OFF,
    code,
    is_in,
    prove,
    with_password,
)
from tests.factories import TOTP_SECRET, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def worker(mo: Maker) -> User:
    return mo.members.get()


@pytest.mark.django_db(transaction=True)
def test_code_of_the_setting_up_is_used_up(worker: User):
    client = signed_in(worker, second_factor=False)
    prove(client)
    secret = re.search(r"<bdi>(\w{32})</bdi>", client.get(SET_UP).text)[1]
    first = code_at(secret, time.time())
    client.post(SET_UP, {"code": first})

    thief, _answer = with_password(worker)
    answer = thief.post(CODE, {"code": first})

    assert answer.status_code == 200
    assert not is_in(thief)


@pytest.mark.django_db(transaction=True)
def test_first_factor_ends_sessions_opened_without_one(worker: User):
    here, elsewhere = (with_password(worker)[0] for _each in range(2))
    prove(here)
    secret = re.search(r"<bdi>(\w{32})</bdi>", here.get(SET_UP).text)[1]

    here.post(SET_UP, {"code": code_at(secret, time.time())})

    assert here.get("/account/security/").status_code == 200
    assert elsewhere.get("/account/security/").status_code == 302


def test_recovery_code_opens_once(worker: User):
    client = signed_in(worker)
    prove(client)
    client.post("/accounts/2fa/recovery-codes/generate/")
    codes = re.findall(r"<bdi>(\d{8})</bdi>", client.get("/accounts/2fa/recovery-codes/").text)

    answers = []
    for _time in range(2):
        client, _answer = with_password(worker, back="/workshop/")
        answers.append(client.post(CODE, {"code": codes[3]}))

    assert len(set(codes)) == 10
    assert [answer.status_code for answer in answers] == [302, 200]
    assert not is_in(client)


def test_new_recovery_codes_end_the_old_and_are_shown_once(worker: User):
    client = signed_in(worker)
    prove(client)
    page = "/accounts/2fa/recovery-codes/"
    client.post(page + "generate/")
    old = re.findall(r"<bdi>(\d{8})</bdi>", client.get(page).text)
    client.post(page + "generate/")
    shown, again = client.get(page).text, client.get(page).text

    stranger, _answer = with_password(worker)
    answer = stranger.post(CODE, {"code": old[0]})

    assert re.findall(r"<bdi>(\d{8})</bdi>", shown)
    assert not re.search(r"\d{8}", again.partition("<main")[2].partition("</main")[0])
    assert client.get(page + "download/").status_code == 403
    assert answer.status_code == 200


def test_taken_off_factor_closes_the_room_everywhere(worker: User):
    here, elsewhere = signed_in(worker), signed_in(worker)
    assert is_in(elsewhere)
    prove(here)

    answer = here.post(TAKE_OFF)

    assert answer.status_code == 302
    assert not Authenticator.objects.exists()
    assert [is_in(client) for client in (here, elsewhere)] == [False, False]


@pytest.mark.parametrize("door", [TAKE_OFF, SET_UP, "/accounts/2fa/recovery-codes/generate/",
                                  "/accounts/2fa/webauthn/add/"])  # fmt: skip
def test_change_of_factor_asks_again_who_it_is(worker: User, door: str):
    client = signed_in(worker, second_factor=door != SET_UP)
    before = list(Authenticator.objects.values_list("pk", "data"))

    answers = client.get(door), client.post(door, {"code": code()})

    for answer in answers:
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert list(Authenticator.objects.values_list("pk", "data")) == before


def test_passkey_of_somebody_else_is_404(worker: User, eve: User):
    data = {"name": "hers", "credential": {}}
    hers = Authenticator.objects.create(user=eve, type="webauthn", data=data)
    client = signed_in(worker)
    prove(client)

    for verb in ("edit", "remove"):
        for pk in (hers.pk, 2**31, 2**63):
            path = f"/accounts/2fa/webauthn/keys/{pk}/{verb}/"
            assert client.get(path).status_code == 404
            assert client.post(path, {"name": "mine"}).status_code == 404
    hers.refresh_from_db()
    assert hers.data == data


def test_app_outlives_a_new_secret_key(worker: User, settings: Any):
    factories.totp(worker)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-at-least-fifty-characters-for-this-test"

    client, _answer = with_password(worker)
    answer = client.post(CODE, {"code": code()})

    assert answer.status_code == 302
    assert is_in(client)


def test_secret_is_kept_encrypted(worker: User):
    factories.totp(worker)

    kept = Authenticator.objects.get().data["secret"]

    assert TOTP_SECRET not in kept
    assert decrypt(kept) == TOTP_SECRET


@pytest.mark.django_db(transaction=True)
def test_every_change_of_factor_is_in_the_audit_log(worker: User):
    client = signed_in(worker, second_factor=False)
    prove(client)
    secret = re.search(r"<bdi>(\w{32})</bdi>", client.get(SET_UP).text)[1]
    client.post(SET_UP, {"code": code_at(secret, time.time())})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post(TAKE_OFF)

    lines = AuditEntry.objects.order_by("pk").values_list("action", "actor", "subject", "changes")

    me = f"user:{worker.pk}"
    assert list(lines) == [
        ("factor.added", me, me, {"factor": ["", "app"]}),
        ("factor.added", me, me, {"factor": ["", "recovery codes"]}),
        ("factor.renewed", me, me, {"factor": ["", "recovery codes"]}),
        ("factor.removed", me, me, {"factor": ["app", ""]}),
        ("factor.removed", me, me, {"factor": ["recovery codes", ""]}),
    ]


@pytest.mark.django_db(transaction=True)
def test_every_change_of_factor_is_told_by_mail(worker: User):
    client = signed_in(worker, second_factor=False)
    prove(client)
    secret = re.search(r"<bdi>(\w{32})</bdi>", client.get(SET_UP).text)[1]
    client.post(SET_UP, {"code": code_at(secret, time.time())})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post(TAKE_OFF)

    mails = Mail.objects.order_by("pk").values_list("kind", "recipient")

    assert list(mails) == [
        ("totp_activated", worker.email),
        ("recovery_codes_generated", worker.email),
        ("totp_deactivated", worker.email),
    ]
    assert secret not in str(list(Mail.objects.values_list("content", flat=True)))


def test_command_helps_whoever_lost_the_phone(worker: User, eve: User):
    client = signed_in(worker)
    hers = factories.totp(eve)

    call_command("take_off_second_factor", "MO@example.com", "--why", "showed her passport")

    assert list(Authenticator.objects.all()) == [hers]
    assert client.get("/account/security/").status_code == 302
    me = f"user:{worker.pk}"
    lines = AuditEntry.objects.order_by("pk").values_list("action", "actor", "subject", "why")
    assert list(lines) == [
        ("factor.taken_off", "command", me, "showed her passport"),
        ("session.ended", "command", me, ""),
    ]
    assert Mail.objects.get().recipient == worker.email


@pytest.mark.parametrize(("email", "why"), [("nobody@example.com", "x"), ("mo@example.com", " ")])
def test_command_refuses_without_person_or_reason(worker: User, email: str, why: str):
    client = signed_in(worker)

    with pytest.raises(CommandError):
        call_command("take_off_second_factor", email, "--why", why)

    assert is_in(client)
    assert not AuditEntry.objects.exists()

"""The second factor: asked of everybody who has one, demanded of whoever works here."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from accounts.models import Maker, Membership, User
from accounts.second_factors import CODE_LIFE
from sandbox.world.codes import code_at
from tests import factories
from tests.accounts.entering import (
    CODE,
    CODE_AGAIN,
    LOGIN,
    SET_UP,
    code,
    is_in,
    prove,
    with_password,
)
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
WAY = "/accounts/second-factor/"
ROOMS = ["/workshop/", "/admin/"]


@pytest.fixture
def worker(mo: Maker) -> User:
    return mo.members.get()


@pytest.fixture
def boss(db: None) -> User:
    return factories.operator()


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def staff(room: str, request: pytest.FixtureRequest) -> User:
    return request.getfixturevalue("worker" if room == "/workshop/" else "boss")


def test_sign_in_asks_for_the_code_and_leads_back(staff: User, room: str):
    factories.totp(staff)
    client, answer = with_password(staff, back=room)

    assert answer.headers["Location"] == CODE
    assert not is_in(client, room)
    answer = client.post(CODE, {"code": code()})

    assert answer.headers["Location"] == room
    assert is_in(client, room)


@pytest.mark.django_db(transaction=True)
def test_room_leads_whoever_has_no_factor_to_set_one_up_and_back(staff: User, room: str):
    client, _answer = with_password(staff, back=room)

    answer = client.get(room, follow=True)
    paths = [path for path, _status in answer.redirect_chain]
    assert paths[-1].startswith("/accounts/reauthenticate/?next=")
    answer = client.post(paths[-1], {"password": "pw"}, follow=True)
    secret = re.search(r"<code class=.secret.><bdi>(\w+)</bdi>", answer.text)[1]
    assert "other people’s addresses" in answer.text
    assert 'src="data:image/svg+xml;base64,' in answer.text
    answer = client.post(SET_UP, {"code": code_at(secret, time.time())}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    assert len(re.findall(r"<bdi>\d{8}</bdi>", answer.text)) == 10
    assert WAY in answer.text
    answer = client.get(WAY)

    assert answer.headers["Location"] == room
    assert is_in(client, room)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_code_counts_one_step_early_or_late(worker: User, steps: int):
    factories.totp(worker)
    client, _answer = with_password(worker)

    answer = client.post(CODE, {"code": code(steps)})

    assert answer.status_code == 302


@pytest.mark.parametrize("steps", [-3, -2, 3, 2880])
def test_code_of_another_time_is_refused(worker: User, steps: int):
    factories.totp(worker)
    client, _answer = with_password(worker)

    answer = client.post(CODE, {"code": code(steps)})

    assert answer.status_code == 200
    assert "not right, or has been used" in answer.text
    assert not is_in(client)


@pytest.mark.parametrize("spelled", ["{}", " {} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"])
@pytest.mark.parametrize("door", [CODE, CODE_AGAIN])
def test_code_is_taken_once_however_spelled(worker: User, spelled: str, door: str):
    factories.totp(worker)
    client, _answer = with_password(worker)
    used = code()
    client.post(CODE, {"code": used})
    assert is_in(client)

    if door == CODE:
        client, _answer = with_password(worker)
        answer = client.post(CODE, {"code": spelled.format(used)})
        assert not is_in(client)
    else:
        answer = client.post(CODE_AGAIN, {"code": spelled.format(used)})

    assert answer.status_code == 200
    assert "not right, or has been used" in answer.text


def test_code_stays_used_longer_than_the_library_remembers(worker: User):
    factories.totp(worker)
    used = code(1)
    client, _answer = with_password(worker)
    assert client.post(CODE, {"code": used}).status_code == 302

    forget_what_the_library_marked()
    client, _answer = with_password(worker)
    answer = client.post(CODE, {"code": used})

    assert answer.status_code == 200
    assert not is_in(client)
    # The step before, this one and the next, each of half a minute, let one code in.
    assert CODE_LIFE >= 3 * 30


def forget_what_the_library_marked() -> None:
    """Do what half a minute does: the library marks a used code for that long."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_cache WHERE cache_key LIKE %s", ["%allauth.mfa.totp%"])
        assert cursor.rowcount == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_code_sent_by_many_at_once_lets_one_in(worker: User, kind: str):
    client = signed_in(worker)
    prove(client)
    client.post("/accounts/2fa/recovery-codes/generate/")
    page = client.get("/accounts/2fa/recovery-codes/").text
    used = code() if kind == "app" else re.findall(r"<bdi>(\d{8})</bdi>", page)[0]
    tabs = [with_password(worker)[0] for _tab in range(4)]

    def send(tab: Client) -> int:
        try:
            return tab.post(CODE, {"code": used}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tabs)) as pool:
        answers = list(pool.map(send, tabs))

    assert sorted(answers) == [200, 200, 200, 302]
    assert sum(is_in(tab) for tab in tabs) == 1


def test_guesses_are_counted_and_the_right_code_waits_with_them(worker: User):
    factories.totp(worker)
    client, _answer = with_password(worker)

    for guess in range(8):
        client.post(CODE, {"code": f"00000{guess}"})
    answer = client.post(CODE, {"code": code()})

    assert answer.status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize(
    "hostile",
    ["", "x", "\x00", "000000" * 2000, "-1", "１２３４５６", "2147483648", "1e9", "'--", "é" * 6],
)  # fmt: skip
def test_hostile_code_is_a_wrong_one(worker: User, hostile: str):
    factories.totp(worker)
    client, _answer = with_password(worker)

    answer = client.post(CODE, {"code": hostile})

    assert answer.status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize(
    "hostile",
    ["", "x", "[]", "0", "null", '"x"', "{}", '{"id": 1}', '{"response": []}', "[" * 9_000,
     '{"id":"","rawId":"","type":"public-key","response":{"userHandle":"MQ"}}',
     '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA",'
     '"authenticatorData":"AA","signature":"AA","userHandle":"____"},"clientExtensionResults":{}}',
     '{"a": "\\u0000"}', "x" * 200_000],
)  # fmt: skip
@pytest.mark.parametrize(
    "door", ["/accounts/2fa/webauthn/login/", CODE, "/accounts/2fa/webauthn/add/"]
)
def test_hostile_passkey_signs_nobody_in(worker: User, hostile: str, door: str):
    factories.totp(worker)
    if door.endswith("add/"):
        client = signed_in(worker)
        prove(client)
    else:
        client, _answer = with_password(worker)
    client.get(door, headers={"Accept": "application/json"})

    answer = client.post(door, {"credential": hostile})

    assert answer.status_code in {200, 302}
    assert not Authenticator.objects.filter(type="webauthn").exists()
    if not door.endswith("add/"):
        assert not is_in(client)


def test_factor_of_another_session_opens_nothing_here(worker: User):
    signed_in(worker)
    client = signed_in(worker, second_factor=False)

    assert client.get("/workshop/", follow=True).redirect_chain[-1][0].startswith(CODE_AGAIN)
    assert client.get(WAY).headers["Location"].startswith(CODE_AGAIN)


def test_factor_of_somebody_else_opens_nothing(worker: User, eve: User):
    hers = factories.totp(eve)
    client = signed_in(worker)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "id": hers.pk, "type": "totp"}]
    session.save()

    assert not is_in(client)


@pytest.mark.parametrize("method", ["password", "socialaccount", "code"])
def test_other_proof_is_no_second_factor(worker: User, method: str):
    client = signed_in(worker)
    session = client.session
    session["account_authentication_methods"] = [{"method": method, "at": time.time()}]
    session.save()

    assert not is_in(client)


def test_asked_on_the_way_in_the_code_opens_the_room(staff: User, room: str):
    factories.totp(staff)
    client = signed_in(staff, second_factor=False)
    there = client.get(room, follow=True).redirect_chain[-1][0]
    answer = client.post(there, {"code": code()}, follow=True)

    assert [path for path, _status in answer.redirect_chain] == [WAY, room]
    assert is_in(client, room)


def test_way_in_speaks_the_person_s_language(worker: User):
    User.objects.filter(pk=worker.pk).update(language="pt")
    factories.totp(worker)
    client = signed_in(worker, second_factor=False)
    there = client.get("/workshop/", follow=True).redirect_chain[-1][0]

    answer = client.post(there, {"code": code()}, follow=True)

    assert there.startswith("/pt/accounts/2fa/reauthenticate/")
    assert answer.redirect_chain[-1][0] == "/workshop/"
    assert is_in(client)


@pytest.mark.parametrize("there", ["//eve.example", "https://eve.example/", "/\\eve.example"])
def test_way_back_stays_on_this_site(worker: User, there: str):
    client = signed_in(worker)

    assert client.get(WAY, {"next": there}).headers["Location"] == "/"


def test_leaving_halfway_forgets_who_began(worker: User):
    factories.totp(worker)
    client, _answer = with_password(worker)

    answer = client.post("/accounts/logout/", {"next": LOGIN})

    assert answer.headers["Location"] == LOGIN
    assert client.get(CODE).headers["Location"] == LOGIN
    assert client.post(CODE, {"code": code()}).headers["Location"] == LOGIN
    assert not is_in(client)


def test_lost_right_closes_the_room_at_once(worker: User, boss: User):
    here, desk = signed_in(worker), signed_in(boss)
    assert is_in(here)
    assert is_in(desk, "/admin/")

    Membership.objects.filter(user=worker).delete()
    User.objects.filter(pk=boss.pk).update(is_staff=False, operator_role="")

    assert not is_in(here)
    assert not is_in(desk, "/admin/")


def test_deactivated_person_loses_the_session(staff: User, room: str):
    client = signed_in(staff)
    assert is_in(client, room)
    User.objects.filter(pk=staff.pk).update(is_active=False)

    answer = client.get(room)
    User.objects.filter(pk=staff.pk).update(is_active=True)

    assert answer.headers["Location"].startswith(f"{room}login/")
    assert client.get("/account/security/").status_code == 302

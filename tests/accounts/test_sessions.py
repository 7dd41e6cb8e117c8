"""Sessions: a new id at sign-in, listed, ended one by one or all, over after half an hour idle."""

import re
import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.devices import name_of
from accounts.models import Maker, User
from makers_market.core import idle
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PAGE, END_OTHERS = "/account/security/", "/account/security/sessions/end/"
LOGIN = {"login": "ada@example.com", "password": "pw"}


def sessions() -> set[str]:
    return set(Session.objects.values_list("session_key", flat=True))


def listed(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def actions() -> list[tuple[str, str, object]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "subject", "changes"))


def test_sign_in_gives_a_new_session_id(ada: User):
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.post("/basket/add/", {"variant": factories.variant().sku, "quantity": 1})
    planted = client.session.session_key

    client.post("/accounts/login/", LOGIN)

    assert planted
    assert client.session.session_key != planted
    assert planted not in sessions()
    thief = Client()
    thief.cookies["session"] = planted
    assert thief.get(PAGE).status_code == 302


def test_forged_session_id_is_not_taken_over(ada: User):
    client = Client()
    client.cookies["session"] = "a" * 32

    client.post("/accounts/login/", LOGIN)

    assert client.session.session_key != "a" * 32
    assert "a" * 32 not in sessions()


def test_code_step_gives_a_new_session_id(ada: User):
    factories.totp(ada)
    client = Client()
    client.post("/accounts/login/", LOGIN)
    halfway = client.session.session_key

    client.post("/accounts/2fa/authenticate/", {"code": now_s_code()})

    assert halfway not in sessions()
    assert client.get(PAGE).status_code == 200


def now_s_code() -> str:
    return factories.code_of(time.time())


def test_page_lists_own_browsers_with_this_one_first(ada: User, eve: User):
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    elsewhere = Client(headers={"User-Agent": phone})
    elsewhere.post("/accounts/login/", LOGIN)
    here = signed_in(ada)
    signed_in(eve)

    page = here.get(PAGE).text

    assert re.findall(r"<b>(.*?)</b>", page) == ["Unknown browser", "Safari on iPhone"]
    assert page.index("This browser") < page.index("Safari on iPhone")
    assert f"sessions/{listed(here).pk}/end/" not in page
    assert f"sessions/{listed(elsewhere).pk}/end/" in page


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_for_one_and_three(
    ada: User, count: int, django_assert_num_queries: object
):
    here = [signed_in(ada) for _each in range(count)][-1]
    here.get(PAGE)

    with django_assert_num_queries(9):  # type: ignore[operator]
        here.get(PAGE)


def test_end_signs_one_browser_out(ada: User):
    here, there, third = (signed_in(ada) for _each in range(3))

    answer = here.post(f"/account/security/sessions/{listed(there).pk}/end/", follow=True)

    assert "That browser is signed out." in answer.text
    assert [c.get(PAGE).status_code for c in (here, there, third)] == [200, 302, 200]
    assert actions() == [("session.ended", f"user:{ada.pk}", {"sessions": [1, 0]})]


def test_end_refuses_the_session_of_somebody_else(ada: User, eve: User):
    mine, hers = signed_in(eve), signed_in(ada)

    for key in (listed(hers).pk, listed(mine).pk, 0, 2**31, 2**63, 10**18):
        assert mine.post(f"/account/security/sessions/{key}/end/").status_code == 404

    assert mine.get(f"/account/security/sessions/{listed(hers).pk}/end/").status_code == 405
    assert [client.get(PAGE).status_code for client in (mine, hers)] == [200, 200]
    assert actions() == []


def test_end_twice_is_404_and_nothing_more(ada: User):
    here, there = signed_in(ada), signed_in(ada)
    path = f"/account/security/sessions/{listed(there).pk}/end/"

    answers = [here.post(path).status_code for _click in range(2)]

    assert answers == [302, 404]
    assert len(actions()) == 1


def test_end_all_others_keeps_this_one(ada: User, eve: User):
    here, there, third = (signed_in(ada) for _each in range(3))
    hers = signed_in(eve)

    answer = here.post(END_OTHERS, follow=True)

    assert "signed out everywhere else" in answer.text
    assert [c.get(PAGE).status_code for c in (here, there, third, hers)] == [200, 302, 302, 200]
    assert UserSession.objects.filter(user=ada).count() == 1


def test_end_needs_a_token_and_a_signed_in_person(ada: User):
    there = listed(signed_in(ada))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)

    for path in (END_OTHERS, f"/account/security/sessions/{there.pk}/end/"):
        assert strict.post(path).status_code == 403
        assert Client().post(path).status_code == 302
    assert UserSession.objects.filter(pk=there.pk).exists()


def test_new_password_ends_the_other_sessions(ada: User):
    here, there = signed_in(ada), signed_in(ada)
    here.post("/accounts/reauthenticate/", {"password": "pw"})

    here.post(
        "/accounts/password/change/",
        {"oldpassword": "pw", "password1": "quiet-river-74", "password2": "quiet-river-74"},
    )

    assert [client.get(PAGE).status_code for client in (here, there)] == [200, 302]
    assert [line[0] for line in actions()] == ["password.changed", "session.ended"]
    assert UserSession.objects.filter(user=ada).count() == 1


def test_service_ends_every_session_of_a_person(ada: User, eve: User):
    theirs, hers = signed_in(ada), signed_in(eve)

    ended = services.end_sessions(user_id=ada.pk, by="user:0", at=timezone.now())

    assert ended == 1
    assert [client.get(PAGE).status_code for client in (theirs, hers)] == [302, 200]


@pytest.fixture(params=["/workshop/", "/admin/"])
def room(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def staff(room: str, mo: Maker) -> User:
    return mo.members.get() if room == "/workshop/" else factories.operator()


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """Let the clock of the half hour go on."""
    ahead = time.time() + minutes * 60
    monkeypatch.setattr(idle.time, "time", lambda: ahead)


def test_room_closes_after_half_an_hour_idle(
    staff: User, room: str, monkeypatch: pytest.MonkeyPatch
):
    client = signed_in(staff)
    assert client.get(room).status_code == 200
    key = client.session.session_key
    later(monkeypatch, 31)

    answer = client.get(f"{room}?p=1")

    assert answer.headers["Location"] == f"/accounts/login/?next={room.replace('/', '%2F')}%3Fp%3D1"
    assert key not in sessions()
    assert not UserSession.objects.filter(session_key=key).exists()
    assert client.get(PAGE).status_code == 302


def test_room_stays_open_while_it_is_used(staff: User, room: str, monkeypatch: pytest.MonkeyPatch):
    client = signed_in(staff)
    monkeypatch.setattr(idle, "IDLE", 30 * 60)
    begun = time.time()

    for minutes in (1, 25, 50, 75):
        monkeypatch.setattr(idle.time, "time", lambda at=begun + minutes * 60: at)
        assert client.get(room).status_code == 200


def test_shopping_keeps_no_room_open(mo: Maker, monkeypatch: pytest.MonkeyPatch):
    client = signed_in(mo.members.get())
    client.get("/workshop/")
    begun = time.time()

    for minutes in (20, 40):
        monkeypatch.setattr(idle.time, "time", lambda at=begun + minutes * 60: at)
        assert client.get(PAGE).status_code == 200

    assert client.get("/workshop/").headers["Location"].startswith("/accounts/login/")


def test_idle_shopper_stays_signed_in(ada: User, monkeypatch: pytest.MonkeyPatch):
    client = signed_in(ada)
    for room in ("/workshop/", "/admin/"):
        client.get(room)
    later(monkeypatch, 60 * 24)

    assert client.get(PAGE).status_code == 200


def test_session_is_written_at_most_once_a_minute(mo: Maker, monkeypatch: pytest.MonkeyPatch):
    client = signed_in(mo.members.get())
    begun, seen = time.time(), []

    for seconds in (0, 10, 50, 61, 100, 130):
        monkeypatch.setattr(idle.time, "time", lambda at=begun + seconds: at)
        client.get("/workshop/")
        seen.append(round(client.session[idle.IN_ROOM] - begun))

    assert seen == [0, 0, 0, 61, 61, 130]


def test_last_seen_moves_on_every_five_minutes(ada: User, monkeypatch: pytest.MonkeyPatch):
    client = signed_in(ada)
    long_ago = timezone.now() - timedelta(days=3)
    UserSession.objects.update(last_seen_at=long_ago)

    client.get(PAGE)
    still = listed(client).last_seen_at
    later(monkeypatch, 6)
    client.get(PAGE)

    assert still == long_ago
    assert listed(client).last_seen_at > long_ago


def test_session_of_no_row_is_listed_once_it_is_seen(ada: User, monkeypatch: pytest.MonkeyPatch):
    client = signed_in(ada)
    UserSession.objects.all().delete()
    later(monkeypatch, 6)

    client.get(PAGE)

    assert listed(client).user == ada


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/26.0 Chrome/122 Safari/537",
         "Samsung Internet on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "Safari on Mac"),
        ("curl/8.5", "Unknown browser"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script> Linux", "Linux"),
    ],
)  # fmt: skip
def test_device_is_named_by_browser_and_system(user_agent: str, name: str):
    assert name_of(user_agent) == name

"""Attacks on accounts that no other file tries: what is signed in, half signed in, or leaving."""

import time
from itertools import count
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from makers_market.core import limits
from tests import factories
from tests.accounts.entering import with_password
from tests.accounts.mailbox import code_for, subjects
from tests.security.routes import routes
from tests.world import from_address

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("built")]
JOINING = {"email": "neu@example.com", "password1": "three blue jugs 41", "terms": "on"}
NEW_PASSWORD = "nine red plates 77"


def without_password(person: User, *, proven_ago: float) -> Client:
    """Give the browser of somebody who signed in by a code in a mail so many seconds ago."""
    person.set_unusable_password()
    person.save()
    client = factories.signed_in(person, second_factor=False)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "code", "email": person.email, "at": time.time() - proven_ago}
    ]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(person.pk)
    session.save()
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200


# What opens an account for good to whoever finds a browser signed in.
KEYS = [
    ("/accounts/email/", {"email": "thief@example.com", "action_add": "1"}),
    ("/accounts/password/set/", {"password1": NEW_PASSWORD}),
    ("/accounts/2fa/totp/activate/", {"code": "000000"}),
    ("/accounts/2fa/webauthn/add/", {"name": "x", "credential": "{}"}),
]


@pytest.mark.parametrize(("path", "form"), KEYS)
def test_old_session_without_password_changes_no_way_in(ada: User, path: str, form: dict[str, str]):
    client = without_password(ada, proven_ago=3600)

    answers = [without_password(ada, proven_ago=3600).get(path), client.post(path, form)]

    assert all("/accounts/login/" in each.headers.get("Location", "") for each in answers)
    assert not User.objects.get(pk=ada.pk).has_usable_password()
    assert subjects("thief@example.com") == []
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("path", [path for path, _form in KEYS])
def test_fresh_session_without_password_may_change_the_ways_in(ada: User, path: str):
    client = without_password(ada, proven_ago=5)

    assert client.get(path).status_code == 200


@pytest.mark.parametrize(("minutes", "is_taken"), [(10, True), (16, False)])
def test_page_opened_in_time_is_filled_in_at_leisure(
    ada: User, monkeypatch: pytest.MonkeyPatch, minutes: int, is_taken: bool
):
    client = without_password(ada, proven_ago=5)
    client.get("/accounts/2fa/totp/activate/")
    now = time.time() + minutes * 60
    monkeypatch.setattr(time, "time", lambda: now)

    answer = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})

    assert (answer.status_code == 200) is is_taken
    assert not Authenticator.objects.exists()


def test_page_opened_in_time_opens_no_other(ada: User, monkeypatch: pytest.MonkeyPatch):
    client = without_password(ada, proven_ago=5)
    client.get("/accounts/2fa/totp/activate/")
    now = time.time() + 600
    monkeypatch.setattr(time, "time", lambda: now)

    client.post("/accounts/email/", {"email": "thief@example.com", "action_add": "1"})

    assert subjects("thief@example.com") == []
    assert not is_in(client)


def test_password_is_set_only_after_the_factor_was_shown_again(ada: User):
    ada.set_unusable_password()
    ada.save()
    client = factories.signed_in(ada)

    page = client.get("/accounts/password/set/")
    client.post("/accounts/password/set/", {"password1": NEW_PASSWORD})

    assert page["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert not User.objects.get(pk=ada.pk).has_usable_password()
    assert NEW_PASSWORD not in str(dict(client.session))


def test_address_squatted_meanwhile_is_no_error(ada: User):
    client = factories.signed_in(ada, second_factor=False)
    client.post("/accounts/reauthenticate/", {"password": "pw"})
    client.post("/accounts/email/", {"email": "neu@example.com", "action_add": "1"})
    code = code_for("neu@example.com")
    Client().post("/accounts/signup/", JOINING)
    assert User.objects.filter(email="neu@example.com").exclude(pk=ada.pk).exists()

    answer = client.post("/accounts/confirm-email/", {"code": code})

    assert answer.status_code < 500
    assert EmailAddress.objects.filter(user=ada, verified=True).count() == 1
    assert User.objects.filter(email="neu@example.com").count() == 1


def test_address_squatted_at_the_same_moment_changes_nothing(
    ada: User, monkeypatch: pytest.MonkeyPatch
):
    client = factories.signed_in(ada, second_factor=False)
    client.post("/accounts/reauthenticate/", {"password": "pw"})
    client.post("/accounts/email/", {"email": "neu@example.com", "action_add": "1"})
    verify = EmailAddress.set_verified

    def verify_late(address: EmailAddress, commit: bool = True) -> bool:
        User.objects.create_user("neu@example.com", "pw")
        return verify(address, commit=commit)

    monkeypatch.setattr(EmailAddress, "set_verified", verify_late)
    answer = client.post("/accounts/confirm-email/", {"code": code_for("neu@example.com")})

    assert answer["Location"] == "/accounts/email/"
    assert User.objects.get(pk=ada.pk).email == "ada@example.com"
    assert set(
        EmailAddress.objects.filter(user=ada).values_list("email", "verified", "primary")
    ) == {("ada@example.com", True, True)}


def test_squatter_is_not_let_in_when_the_owner_proves_the_address():
    squatter, owner = Client(), Client()
    squatter.post("/accounts/signup/", JOINING)
    owner.post("/accounts/login/code/", {"email": "neu@example.com"})
    owner.post("/accounts/login/code/confirm/", {"code": code_for("neu@example.com")})

    for path in ("/accounts/confirm-email/", "/accounts/login/", "/accounts/signup/"):
        squatter.get(path)
        squatter.post(path, {"action": "resend"})

    assert is_in(owner)
    assert not is_in(squatter)


@pytest.mark.parametrize("after", ["closed", "factor gone"])
def test_half_done_sign_in_ends_with_what_it_began_with(ada: User, after: str):
    factories.totp(ada)
    thief, _answer = with_password(ada)
    if after == "closed":
        ada.is_active = False
        ada.save()
    else:
        Authenticator.objects.all().delete()

    thief.post("/accounts/2fa/authenticate/", {"code": factories.code_of(time.time())})

    assert not is_in(thief)


def test_code_sent_to_an_address_opens_nothing_once_the_account_moved_away(ada: User):
    thief = Client()
    thief.post("/accounts/login/code/", {"email": "ada@example.com"})
    code = code_for("ada@example.com")
    move(ada, "neu@example.com")

    answer = thief.post("/accounts/login/code/confirm/", {"code": code})
    thief.post("/accounts/confirm-email/", {"code": code_for("ada@example.com")})

    assert answer.status_code < 500
    assert not is_in(thief)
    assert User.objects.get(pk=ada.pk).email == "neu@example.com"


def test_reset_begun_by_an_address_ends_once_the_account_moved_away(ada: User):
    thief = Client()
    thief.post("/accounts/password/reset/", {"email": "ada@example.com"})
    thief.post("/accounts/password/reset/confirm/", {"code": code_for("ada@example.com")})
    move(ada, "neu@example.com")

    answer = thief.post("/accounts/password/reset/complete/", {"password1": NEW_PASSWORD})

    assert answer.status_code < 500
    assert User.objects.get(pk=ada.pk).check_password("pw")


def move(person: User, email: str) -> None:
    """Change the person's address as they would."""
    client = factories.signed_in(person, second_factor=False)
    client.post("/accounts/reauthenticate/", {"password": "pw"})
    client.post("/accounts/email/", {"email": email, "action_add": "1"})
    client.post("/accounts/confirm-email/", {"code": code_for(email)})
    assert User.objects.get(pk=person.pk).email == email


@pytest.mark.parametrize("mapped", ["::ffff:203.0.113.7", "::ffff:cb00:7107"])
def test_address_of_ipv4_counts_the_same_in_both_spellings(mapped: str):
    direct = RequestFactory(REMOTE_ADDR=mapped).get("/")
    told = RequestFactory(headers=from_address(f"[{mapped}]")).get("/")

    assert {limits.place_of(direct), limits.place_of(told)} == {"203.0.113.7"}


_networks = count(1)
OWN = ("/accounts/", "/account/", "/sell/")
FILLED = {"pk": "7", "key": "7", "house": "google", "token": "x:y", "slug": "x", "number": "MM-1"}
FIELDS = (
    "login", "email", "password", "password1", "oldpassword", "name", "terms", "remember", "code",
    "credential", "action", "action_add", "action_send", "action_primary", "action_remove", "next",
    "identity", "aim", "through", "language", "wanted", "first_name", "craft", "place", "sentence",
)  # fmt: skip
HOSTILE = {
    "nul": "a\x00b", "long": "x" * 10_240, "surrogate": "\ud800", "number": str(2**63),
    "negative": "-1", "digits": "٣" * 8, "json": '{"id": {"$ne": 1}}', "deep": "[" * 5000,
    "address": "ſam@exämple.com", "crlf": "a@b.pt\r\nBcc: c@d.pt", "empty": "",
}  # fmt: skip


def own_paths() -> list[str]:
    return [each.filled(FILLED) for each in routes() if each.address.startswith(OWN)]


def visitors(person: User) -> dict[str, Client]:
    """Give a browser for each stage that somebody's sign-in may be at."""
    waiting, mailed, joining, forgetful = (quiet() for _ in range(4))
    joining.post("/accounts/signup/", JOINING)
    mailed.post("/accounts/login/code/", {"email": person.email})
    forgetful.post("/accounts/password/reset/", {"email": person.email})
    factories.totp(person)
    with_password(person, client=waiting)
    inside = factories.signed_in(person)
    inside.post("/accounts/reauthenticate/", {"password": "pw"})
    return {
        "nobody": quiet(), "before factor": waiting, "before code": mailed, "joining": joining,
        "forgetful": forgetful, "inside": inside,
    }  # fmt: skip


def quiet() -> Client:
    """Give a browser at an address of its own, whose limits nobody else uses up."""
    headers = from_address(f"2001:db8:{next(_networks):x}::1") | {"Sec-Fetch-Site": "same-origin"}
    return Client(headers=headers, raise_request_exception=False)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_in_every_field_are_no_error(ada: User, kind: str):
    form = dict.fromkeys(FIELDS, HOSTILE[kind])
    body = urlencode(form, errors="surrogatepass")

    answers = {
        (who, path): client.post(
            path, body, content_type="application/x-www-form-urlencoded"
        ).status_code
        for who, client in visitors(ada).items()
        for path in own_paths()
        if path != "/accounts/logout/"
    }

    assert {at: status for at, status in answers.items() if status >= 500} == {}
    assert len(answers) > 200
    assert User.objects.get(pk=ada.pk).email == "ada@example.com"


BODIES: dict[str, tuple[bytes, str]] = {
    "too many": (urlencode({f"f{n}": 1 for n in range(301)}).encode(), "x-www-form-urlencoded"),
    "arrays": (b"&".join(b"%s=a&%s=b&%s[]=c&%s[x]=d" % ((each.encode(),) * 4) for each in FIELDS),
               "x-www-form-urlencoded"),
    "bad escape": (b"login=%zz&email=%ff%fe&code=%c0%80&next=%2", "x-www-form-urlencoded"),
    "utf-16": (b"email=a", "x-www-form-urlencoded; charset=utf-16"),
    "json": (b'{"email": ["a"], "login": {}}', "json"),
    "heavy": (b"email=" + b"x" * 300_000, "x-www-form-urlencoded"),
    "parts cut off": (b'--B\r\nContent-Disposition: form-data; name="email"', "B"),
    "file as a field": (b'--B\r\nContent-Disposition: form-data; name="email"; filename="x"\r\n'
                        b"\r\nabc\r\n--B--\r\n", "B"),
    "odd part": (b'--B\r\nContent-Disposition: form-data; name="email"\r\n'
                 b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--B--\r\n", "B"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_hostile_body_is_no_error(ada: User, name: str):
    body, kind = BODIES[name]
    kind = "multipart/form-data; boundary=B" if kind == "B" else f"application/{kind}"

    answers = {
        (who, path): client.post(path, body, content_type=kind).status_code
        for who, client in visitors(ada).items()
        for path in own_paths()
        if path != "/accounts/logout/"
    }

    assert {at: status for at, status in answers.items() if status >= 500} == {}
    assert User.objects.get(pk=ada.pk).email == "ada@example.com"


@pytest.mark.parametrize("verb", ["put", "patch", "delete", "options", "trace", "head"])
def test_other_verbs_change_nothing_without_the_page_s_token(ada: User, verb: str):
    clients = visitors(ada)
    for client in clients.values():
        client.handler.enforce_csrf_checks = True
        del client.defaults["HTTP_SEC_FETCH_SITE"]
    before = (User.objects.values_list().get(pk=ada.pk), Authenticator.objects.count())

    answers = {
        (who, path): getattr(client, verb)(path).status_code
        for who, client in clients.items()
        for path in own_paths()
    }

    assert {at: status for at, status in answers.items() if status >= 500} == {}
    assert (User.objects.values_list().get(pk=ada.pk), Authenticator.objects.count()) == before
    assert is_in(clients["inside"])


def test_form_of_another_site_is_refused_everywhere(ada: User):
    for who, client in visitors(ada).items():
        client.handler.enforce_csrf_checks = True
        del client.defaults["HTTP_SEC_FETCH_SITE"]
        let_in = {
            path for path in own_paths()
            if client.post(path, {"email": "x"}).status_code not in {403, 404, 405}
        }  # fmt: skip

        assert let_in == set(), who


NEXT = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "/%0d%0aSet-Cookie:x=1\r\nX: y", "https:///evil.example", "http:evil.example", "/\x00",
    "/\u2028x", "\u00a0//evil.example", "/ /evil.example", "ftp://localhost/", "//localhost@evil/",
    "https://localhost:x@evil.example", "javascript:alert(1)//", "data:text/html,x", "./evil",
    "?x", "#x", " /account/", "//evil.example\\@localhost", "http://[::1", "/\x7f",
]  # fmt: skip


@pytest.mark.parametrize("way", NEXT)
def test_way_back_leads_nowhere_else(ada: User, way: str):
    asked = urlencode({"next": way}, errors="surrogatepass")
    fresh = factories.signed_in(ada, second_factor=False)
    answers = [
        quiet().post(f"/accounts/login/?{asked}", {"login": ada.email, "password": "pw"}),
        quiet().post("/accounts/login/", {"login": ada.email, "password": "pw", "next": way}),
        fresh.post(f"/accounts/reauthenticate/?{asked}", {"password": "pw"}),
        fresh.get(f"/accounts/login/?{asked}"),
        fresh.get(f"/accounts/second-factor/?{asked}"),
        fresh.post(f"/accounts/logout/?{asked}"),
    ]

    places = [each.headers.get("Location", "/") for each in answers]

    assert [each.status_code for each in answers if each.status_code >= 500] == []
    for place in places:
        assert place.startswith("/")
        assert url_has_allowed_host_and_scheme(place, None)
        assert place.isprintable()
        assert "evil" not in urlsplit(place).netloc


def test_erased_person_s_other_browser_is_nobody_s(ada: User):
    here, there = (factories.signed_in(ada, second_factor=False) for _ in range(2))
    for client in (here, there):
        client.post("/accounts/reauthenticate/", {"password": "pw"})

    first = here.post("/account/leave/", {"email": "ada@example.com"})
    again = [there.post("/account/leave/", {"email": "ada@example.com"}),
             there.post("/account/export/"),
             there.post("/account/details/", {"name": "Ada"})]  # fmt: skip

    assert first["Location"] == "/account/left/"
    assert all(each["Location"].startswith("/accounts/login/") for each in again)
    assert User.objects.get(pk=ada.pk).name == ""


def test_address_of_an_erased_account_opens_a_new_one_with_nothing_in_it(ada: User):
    leaving = factories.signed_in(ada, second_factor=False)
    leaving.post("/accounts/reauthenticate/", {"password": "pw"})
    leaving.post("/account/leave/", {"email": "ada@example.com"})
    client = quiet()

    client.post("/accounts/signup/", JOINING | {"email": "ada@example.com"})
    client.post("/accounts/confirm-email/", {"code": code_for("ada@example.com")})

    new = User.objects.get(email="ada@example.com")
    assert is_in(client)
    assert new.pk != ada.pk
    assert (new.name, new.memberships.count(), new.operator_role) == ("", 0, "")


def test_half_done_sign_in_of_an_erased_person_ends(ada: User):
    factories.totp(ada)
    waiting, _answer = with_password(ada)
    inside = factories.signed_in(ada)
    inside.post("/accounts/reauthenticate/", {"password": "pw"})
    inside.post("/account/leave/", {"email": "ada@example.com"})

    answer = waiting.post("/accounts/2fa/authenticate/", {"code": factories.code_of(time.time())})

    assert User.objects.get(pk=ada.pk).erased_at is not None
    assert answer.status_code < 500
    assert not is_in(waiting)

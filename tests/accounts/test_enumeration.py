"""Nobody learns from the shop whether an address has an account: not by words, status or time."""

import re
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import User
from notifications.models import Mail
from tests import factories
from tests.accounts.mailbox import subjects
from tests.world import from_address

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("built")]
KNOWN, UNKNOWN = "ada@example.com", "off@example.com"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
Ask = Callable[[Client, str], Any]


def sign_in(client: Client, email: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": "not it at all"})


def sign_up(client: Client, email: str) -> Any:
    form = {"email": email, "password1": "three blue jugs 41", "name": "X", "terms": "on"}
    return client.post("/accounts/signup/", form)


def ask_code(client: Client, email: str) -> Any:
    return client.post("/accounts/login/code/", {"email": email})


def ask_reset(client: Client, email: str) -> Any:
    return client.post("/accounts/password/reset/", {"email": email})


ASKED: list[Ask] = [sign_in, sign_up, ask_code, ask_reset]


def walk(ask: Ask, email: str) -> list[tuple[int, str, str]]:
    """Ask, open the page that follows, send a wrong code, a new one, and three wrong ones more."""
    client = Client(headers=from_address("192.0.2.1"))
    answers = [ask(client, email)]
    here = answers[0].headers.get("Location")
    if here:
        answers.append(client.get(here))
        answers.append(client.post(here, {"code": "BBBB-BBBB"}))
        answers.append(client.post(here, {"action": "resend"}))
        answers.append(client.get(here))
        answers += [client.post(here, {"code": "BBBB-BBBB"}) for _ in range(3)]
        answers.append(client.get("/accounts/login/code/"))
    return [(each.status_code, each.headers.get("Location", ""), _plain(each)) for each in answers]


def _plain(answer: Any) -> str:
    """Give a page without what differs every time, and without the address itself."""
    text = TOKEN.sub("", answer.text)
    return text.replace(KNOWN, "…").replace(UNKNOWN, "…")


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
def test_every_page_is_the_same_for_known_and_unknown(ada: User, ask: Ask):
    assert walk(ask, KNOWN) == walk(ask, UNKNOWN)


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("state", ["closed", "without password", "unproven"])
def test_every_page_is_the_same_whatever_the_account_is_like(ada: User, ask: Ask, state: str):
    if state == "closed":
        User.objects.update(is_active=False)
    if state == "without password":
        ada.set_unusable_password()
        ada.save()
    if state == "unproven":
        ada.emailaddress_set.update(verified=False)

    assert walk(ask, KNOWN) == walk(ask, UNKNOWN)


def test_mailbox_alone_is_told(ada: User):
    for ask in (sign_up, ask_code, ask_reset):
        for email in (KNOWN, UNKNOWN):
            ask(Client(headers=from_address(f"192.0.2.{len(email)}")), email)

    assert subjects(KNOWN) == [
        "You have an account already",
        "Your code to sign in",
        "Your code to choose a new password",
    ]
    assert subjects(UNKNOWN)[0] == "Your code to open your account"
    assert subjects("nobody@example.com") == []


def test_unknown_address_is_told_that_it_has_no_account(shopper: Client):
    ask_code(shopper, UNKNOWN)

    mail = Mail.objects.get()
    assert mail.content["subject"] == "There is no account with this email address"
    assert "/accounts/signup/" in mail.content["text"]
    assert not mail.is_secret


def test_moving_to_a_taken_address_looks_like_moving_to_a_free_one(ada: User, eve: User):
    pages = []
    for email in (KNOWN, UNKNOWN):
        client = Client()
        client.post("/accounts/login/", {"login": "eve@example.com", "password": "pw"})
        asked = client.post("/accounts/email/", {"email": email, "action_add": "1"})
        resumed = client.post(asked["Location"], {"password": "pw"})
        pages.append(
            (asked.status_code, resumed["Location"], _plain(client.get(resumed["Location"])))
        )

    assert pages[0] == pages[1]


def test_header_of_the_shop_tells_nothing_of_a_login_half_done(shopper: Client, ada: User):
    ask_code(shopper, KNOWN)

    assert "Sign in" in shopper.get("/header/").text


@pytest.fixture
def hashed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hash as in production, and give the list of what was hashed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    done: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: Any, password: str, *args: Any) -> str:
        done.append(password)
        return encode(self, password, *args)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    return done


@pytest.mark.parametrize(
    ("ask", "times"), [(sign_in, 1), (sign_up, 1), (ask_code, 0), (ask_reset, 0)]
)
@pytest.mark.parametrize("state", ["open", "closed", "without password", "unknown"])
def test_hashes_as_often_whatever_the_account_is_like(
    hashed: list[str], ask: Ask, times: int, state: str
):
    ada = factories.user(KNOWN, is_active=state != "closed")
    if state == "without password":
        User.objects.update(password=make_password(None))
    hashed.clear()

    ask(Client(), UNKNOWN if state == "unknown" else ada.email)

    assert len(hashed) == times


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
def test_answer_takes_as_long_for_known_and_unknown(hashed: list[str], ask: Ask):
    """Medians of 15 answers, taken in turns so that a busy machine is busy for both."""
    emails = [(factories.user(f"known{n}@example.com").email, f"off{n}@example.com")
              for n in range(15)]  # fmt: skip
    ask(Client(headers=from_address("192.0.2.99")), "warm@example.com")
    taken: tuple[list[float], list[float]] = ([], [])

    for number, pair in enumerate(emails):
        for which, email in enumerate(pair):
            client = Client(headers=from_address(f"192.0.2.{number}"))
            begun = time.perf_counter()
            ask(client, email)
            taken[which].append(time.perf_counter() - begun)

    known, unknown = map(median, taken)
    assert abs(known - unknown) < max(known, unknown) / 3 + 0.03


@pytest.mark.parametrize("ask", [sign_in, ask_code, ask_reset], ids=lambda ask: ask.__name__)
def test_answer_costs_about_as_many_queries_for_known_and_unknown(ada: User, ask: Ask):
    counts = []
    for email in (KNOWN, UNKNOWN):
        with CaptureQueriesContext(connection) as asked:
            ask(Client(headers=from_address("192.0.2.1")), email)
        counts.append(len(asked))

    assert abs(counts[0] - counts[1]) <= 2

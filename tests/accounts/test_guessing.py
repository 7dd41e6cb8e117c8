"""Guesses by the hundred at once: exactly as many are looked at as the limits say.

Threads of this process count real checks; the running shop, with its cache and without, counts the
answers that a guesser gets, and lets the real person in.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.db import connections
from django.test import Client

from accounts.models import User
from notifications.models import Mail
from tests import factories
from tests.accounts.mailbox import CODE, code_for
from tests.shop import Buyer, Shop, hidden
from tests.stand_ins import wait_until
from tests.world import from_address

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True),
              pytest.mark.usefixtures("built")]  # fmt: skip
THREADS = 16


def visitor(address: str) -> Client:
    return Client(headers=from_address(address))


def at_once[Given](count: int, work: Callable[[int], Given]) -> list[Given]:
    """Run work(0), work(1) … in 16 threads, each with one connection that it closes."""

    def run(first: int) -> list[Given]:
        try:
            return [work(number) for number in range(first, count, THREADS)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return [given for part in pool.map(run, range(THREADS)) for given in part]


def test_four_hundred_guesses_at_once_check_ten_passwords(monkeypatch: pytest.MonkeyPatch):
    factories.user("ada@example.com")
    checked: list[str] = []
    check = User.check_password

    def counted(self: User, raw: str) -> bool:
        checked.append(raw)
        return check(self, raw)

    monkeypatch.setattr(User, "check_password", counted)

    def guess(number: int) -> int:
        client = visitor(f"192.0.{number % 250}.{number // 250}")
        form = {"login": "ada@example.com", "password": f"g{number}"}
        return client.post("/accounts/login/", form).status_code

    statuses = at_once(400, guess)

    assert sorted(statuses) == [200] * 10 + [429] * 390
    assert len(checked) == 10


def test_hundred_code_requests_at_once_mail_as_many_as_allowed():
    factories.user("ada@example.com")

    def ask(number: int) -> int:
        client = visitor(f"192.0.2.{number}")
        return client.post("/accounts/login/code/", {"email": "ada@example.com"}).status_code

    at_once(100, ask)

    assert Mail.objects.count() == 30


def test_hundred_tries_of_one_code_at_once_compare_three():
    factories.user("ada@example.com")
    first = visitor("198.51.100.1")
    first.post("/accounts/login/code/", {"email": "ada@example.com"})
    cookie = first.cookies["session"].value
    code = code_for("ada@example.com")

    def enter(number: int) -> bool:
        client = visitor("198.51.100.1")
        client.cookies["session"] = cookie
        client.post("/accounts/login/code/confirm/", {"code": "BBBB-BBBB"})
        return True

    at_once(100, enter)
    first.post("/accounts/login/code/confirm/", {"code": code})

    assert "_auth_user_id" not in first.session


def test_two_sign_ups_at_once_make_one_account():
    form = {"email": "new@example.com", "password1": "three blue jugs 41", "terms": "on"}

    statuses = at_once(
        2, lambda n: visitor(f"192.0.2.{n}").post("/accounts/signup/", form).status_code
    )

    assert statuses == [302, 302]
    assert User.objects.count() == 1


@pytest.fixture(params=["cache up", pytest.param("cache down", marks=pytest.mark.long)])
def open_shop(shop: Shop, request: pytest.FixtureRequest) -> Shop:
    """The running shop, once with a cache that nobody answers for."""
    if request.param == "cache down":
        shop.kill("web")
        shop.start_web(CACHE_URL="redis://127.0.0.1:1/0")
    return shop


def browser(shop: Shop, address: str) -> Buyer:
    buyer = Buyer(shop)
    buyer.http.headers.update(from_address(address))
    return buyer


def sign_in(buyer: Buyer, password: str) -> requests.Response:
    form = hidden(buyer.get("/accounts/login/"))
    form |= {"login": "ada@example.com", "password": password}
    return buyer.post("/accounts/login/", form, allow_redirects=False)


def is_in(buyer: Buyer) -> bool:
    return buyer.get("/account/orders/", allow_redirects=False).status_code == 200


def sent_code(shop: Shop) -> Any:
    """Give the code of the newest mail that Resend got for Ada."""
    codes = [CODE.search(mail["text"]) for mail in shop.inbox.mails(to="ada@example.com")]
    return next((code.group() for code in codes if code), None)


def test_running_shop_holds_under_attack_and_lets_the_real_person_in(open_shop: Shop):
    factories.user("ada@example.com")
    known = browser(open_shop, "198.51.100.1")
    sign_in(known, "pw")
    known.post("/accounts/logout/", hidden(known.get("/accounts/logout/")))

    def guess(number: int) -> int:
        attacker = browser(open_shop, f"192.0.2.{number % 200}")
        return sign_in(attacker, "pw" if number > 300 else f"g{number}").status_code

    statuses = at_once(400, guess)

    assert sorted(status for status in statuses if status == 200) == [200] * 10
    assert statuses.count(429) == 390
    by_code = browser(open_shop, "198.51.100.2")
    form = hidden(by_code.get("/accounts/login/code/")) | {"email": "ada@example.com"}
    by_code.post("/accounts/login/code/", form)
    code = wait_until(lambda: sent_code(open_shop), seconds=60, what="the code")
    token = hidden(by_code.get("/accounts/login/code/confirm/"))["csrfmiddlewaretoken"]
    form = {"csrfmiddlewaretoken": token, "code": code}
    by_code.post("/accounts/login/code/confirm/", form)
    sign_in(known, "pw")
    assert (is_in(by_code), is_in(known)) == (True, True)
    assert code not in open_shop.logged("web") + open_shop.logged("worker")
    assert set(Mail.objects.values_list("state", "content")) == {("sent", None)}

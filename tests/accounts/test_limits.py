"""How often passwords and codes may be tried, and that the real person gets in all the same."""

from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from accounts import known_devices
from accounts.models import User
from makers_market.core import limits
from makers_market.core.errors import TooMany
from notifications.models import Mail
from tests import factories
from tests.accounts.mailbox import code_for
from tests.shop import hidden
from tests.world import from_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
WRONG, MANY = "The email address or the password is not right.", "Too many attempts with a password"


def visitor(address: str) -> Client:
    return Client(headers=from_address(address))


def guess(client: Client, word: str = "x", email: str = "ada@example.com") -> int:
    return client.post("/accounts/login/", {"login": email, "password": word}).status_code


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def use_up(email: str = "ada@example.com") -> None:
    """Guess from three places until nobody unknown may try that account any more."""
    assert [guess(visitor(f"192.0.2.{n % 3}"), email=email) for n in range(11)] == [200] * 10 + [
        429
    ]


def pass_time(seconds: int) -> None:
    """Move every counter that far towards its end."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_cache SET expires = expires - %s", [timedelta(seconds=seconds)])


def test_counts_exactly_as_many_as_allowed(settings: Settings):
    settings.LIMITS = {"doing": (3, 60)}

    for _ in range(3):
        limits.spend("doing", "ada")
    with pytest.raises(TooMany) as refused:
        limits.spend("doing", "ada")

    limits.spend("doing", "eve")
    assert 55 <= refused.value.retry_after <= 60


def test_counts_anew_after_its_time_and_after_being_forgotten(settings: Settings):
    settings.LIMITS = {"doing": (1, 60)}
    limits.spend("doing", "ada")

    pass_time(61)
    limits.spend("doing", "ada")
    limits.forget("doing", "ada")
    limits.spend("doing", "ada")
    limits.give_back("doing", "ada")
    limits.spend("doing", "ada")

    with pytest.raises(TooMany):
        limits.spend("doing", "ada")


def test_sweeps_only_what_is_over(settings: Settings):
    settings.LIMITS = {"short": (1, 60), "long": (1, 600)}
    limits.spend("short", "ada")
    limits.spend("long", "ada")
    cache.set("other", "kept", 600)
    pass_time(300)

    limits.sweep()

    with connection.cursor() as cursor:
        cursor.execute("SELECT split_part(cache_key, ':', 2) FROM core_cache ORDER BY 1")
        assert [row[0] for row in cursor.fetchall()] == ["1", "long"]
    assert cache.get("other") == "kept"


def test_keeps_nobody_s_name_or_address_in_its_rows(ada: User):
    guess(visitor("198.51.100.7"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(cache_key || value, ' ') FROM core_cache")
        kept = cursor.fetchone()[0]
    assert "limits:password_account:" in kept
    assert "ada" not in kept
    assert "198.51" not in kept


@pytest.mark.parametrize(
    ("headers", "place"),
    [(from_address("203.0.113.7"), "203.0.113.7"),
     (from_address("[2001:db8:1:2:3:4:5:6]"), "2001:db8:1:2::/64"),
     (from_address("2001:db8:1:2::9"), "2001:db8:1:2::/64"),
     (from_address("nonsense"), "127.0.0.1"),
     ({"X-Forwarded-For": "203.0.113.7"}, "127.0.0.1"),
     ({"CloudFront-Viewer-Address": "203.0.113.7:1", "X-Origin-Secret": "x"}, "127.0.0.1")],
)  # fmt: skip
def test_counts_by_the_address_our_edge_tells(headers: dict[str, str], place: str):
    assert limits.place_of(RequestFactory(headers=headers).get("/")) == place


def test_take_counts_the_person_wherever_they_are(settings: Settings, ada: User):
    settings.LIMITS = {"uploads": (1, 60)}
    here, there = (RequestFactory(headers=from_address(f"192.0.2.{n}")).post("/") for n in (1, 2))
    here.user = there.user = ada
    limits.take(here, "uploads", per="user")

    limits.take(there, "uploads", per="address")
    with pytest.raises(TooMany):
        limits.take(there, "uploads", per="user")


def test_refuses_a_right_password_like_a_wrong_one_when_used_up(ada: User):
    use_up()
    pages = []

    for email, password in [("ada@example.com", "pw"), ("ada@example.com", "x")]:
        client = visitor("192.0.2.200")
        answer = client.post("/accounts/login/", {"login": email, "password": password})
        pages.append((answer.status_code, MANY in answer.text, WRONG in answer.text))
        assert not is_in(client)

    assert pages == [(429, True, False)] * 2


def test_unknown_account_is_used_up_like_a_known_one(ada: User):
    use_up("nobody@example.com")


def test_attacked_account_opens_by_code_and_from_a_known_browser(ada: User):
    known = visitor("198.51.100.1")
    guess(known, "pw")
    known.post("/accounts/logout/")
    use_up()

    by_code = visitor("198.51.100.2")
    by_code.post("/accounts/login/code/", {"email": "ada@example.com"})
    by_code.post("/accounts/login/code/confirm/", {"code": code_for("ada@example.com")})
    guess(known, "pw")

    assert is_in(by_code)
    assert is_in(known)


def test_used_up_account_opens_again_after_a_while(ada: User):
    use_up()

    pass_time(901)

    client = visitor("192.0.2.200")
    guess(client, "pw")
    assert is_in(client)


def test_new_password_begins_the_count_anew(ada: User):
    use_up()
    client = visitor("198.51.100.1")
    client.post("/accounts/password/reset/", {"email": "ada@example.com"})
    client.post("/accounts/password/reset/confirm/", {"code": code_for("ada@example.com")})
    client.post("/accounts/password/reset/complete/", {"password1": "three blue jugs 41"})

    guess(client, "three blue jugs 41")

    assert is_in(client)


def test_right_passwords_are_not_counted(ada: User):
    clients = [visitor("192.0.2.9") for _ in range(35)]

    for client in clients:
        guess(client, "pw")

    assert all(is_in(client) for client in clients)


def test_right_password_elsewhere_gives_no_wrong_tries_back(ada: User, eve: User):
    attacker = "192.0.2.66"
    for n in range(29):
        guess(visitor(attacker), email=f"u{n}@example.com")
    guess(visitor(attacker), "pw", "eve@example.com")

    last = [guess(visitor(attacker), email=f"v{n}@example.com") for n in range(3)]

    assert last == [200, 429, 429]


def test_one_place_tries_thirty_passwords_and_burns_no_accounts_after(ada: User):
    first = [guess(visitor("192.0.2.66"), email=f"u{n}@example.com") for n in range(31)]
    for _ in range(20):
        guess(visitor("192.0.2.66"))

    real = visitor("192.0.2.1")
    guess(real, "pw")
    assert first == [200] * 30 + [429]
    assert is_in(real)


def test_known_browser_has_limits_of_its_own(ada: User):
    known = visitor("198.51.100.1")
    guess(known, "pw")
    known.post("/accounts/logout/")

    tried = [guess(known) for _ in range(12)]
    elsewhere = visitor("198.51.100.2")
    guess(elsewhere, "pw")

    assert tried == [200] * 10 + [429] * 2
    assert is_in(elsewhere)


def test_known_browser_of_one_is_unknown_to_another(ada: User, eve: User):
    eves = visitor("198.51.100.1")
    guess(eves, "pw", "eve@example.com")
    eves.post("/accounts/logout/")
    use_up()

    assert guess(eves, "pw") == 429
    assert not is_in(eves)


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "\\000", "x" * 4000, "foreign salt", "old"])
def test_forged_device_is_unknown(ada: User, forged: str, monkeypatch: pytest.MonkeyPatch):
    people = {"id": "d", "people": [known_devices._digest("ada@example.com")]}
    value = {"foreign salt": signing.dumps(people, salt="other")}.get(forged, forged)
    if forged == "old":
        value = signing.dumps(people, salt=known_devices.SALT)
        monkeypatch.setattr(known_devices, "AGE_SECONDS", -1)
    request = RequestFactory().get("/")
    request.COOKIES[known_devices.COOKIE] = value

    assert known_devices.device_of(request, "ada@example.com") is None


def test_device_cookie_is_signed_and_out_of_reach_of_scripts(shopper: Client, ada: User):
    answer = shopper.post("/accounts/login/", {"login": "ada@example.com", "password": "pw"})

    cookie = answer.cookies[known_devices.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 365 * 24 * 3600
    assert "ada" not in cookie.value
    assert signing.loads(cookie.value, salt=known_devices.SALT)["people"] != ["ada@example.com"]


def test_shared_browser_remembers_the_last_five(db: None):
    client = visitor("198.51.100.1")
    people = [factories.user() for _ in range(6)]

    for person in people:
        guess(client, "pw", person.email)
        client.post("/accounts/logout/")

    request = RequestFactory().get("/")
    request.COOKIES[known_devices.COOKIE] = client.cookies[known_devices.COOKIE].value
    known = [bool(known_devices.device_of(request, person.email)) for person in people]
    assert known == [False] + [True] * 5


def test_code_is_tried_three_times(ada: User):
    client = visitor("198.51.100.1")
    client.post("/accounts/login/code/", {"email": "ada@example.com"})
    code = code_for("ada@example.com")

    for _ in range(3):
        client.post("/accounts/login/code/confirm/", {"code": "BBBB-BBBB"})
    client.post("/accounts/login/code/confirm/", {"code": code})

    assert not is_in(client)


def test_code_is_not_tried_more_often_by_putting_the_session_back(ada: User):
    """The library counts in the session; here its count is put back before every try."""
    client = visitor("198.51.100.1")
    client.post("/accounts/login/code/", {"email": "ada@example.com"})
    code, before = code_for("ada@example.com"), dict(client.session)

    for word in ["BBBB-BBBB"] * 3 + [code]:
        session = client.session
        session.update(before)
        session.save()
        client.post("/accounts/login/code/confirm/", {"code": word})

    assert not is_in(client)


@pytest.mark.parametrize("path", ["/accounts/login/code/", "/accounts/password/reset/"])
@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_code_is_mailed_five_times_for_one_place(ada: User, path: str, email: str):
    for _ in range(7):
        visitor("192.0.2.1").post(path, {"email": email})
    visitor("192.0.2.2").post(path, {"email": email})

    assert Mail.objects.filter(recipient=email).count() == 6


def test_code_still_comes_to_a_known_browser_when_mails_are_used_up(ada: User, settings: Settings):
    settings.LIMITS = settings.LIMITS | {"code_mail_account": (2, 3600)}
    known = visitor("198.51.100.1")
    guess(known, "pw")
    known.post("/accounts/logout/")
    for n in range(4):
        visitor(f"192.0.2.{n}").post("/accounts/login/code/", {"email": "ada@example.com"})

    known.post("/accounts/login/code/", {"email": "ada@example.com"})

    assert Mail.objects.count() == 3


def test_password_is_tried_ten_times_by_who_is_signed_in(ada: User):
    client = visitor("198.51.100.1")
    guess(client, "pw")
    for _ in range(10):
        client.post("/accounts/reauthenticate/", {"password": "x"})

    page = client.post("/accounts/reauthenticate/", {"password": "pw"})
    elsewhere = visitor("198.51.100.2")
    guess(elsewhere, "pw")

    assert MANY in page.text
    assert is_in(elsewhere)


def test_signed_in_person_can_confirm_while_their_account_is_attacked(ada: User):
    client = visitor("198.51.100.1")
    guess(client, "pw")
    use_up()

    answer = client.post("/accounts/reauthenticate/?next=/account/security/", {"password": "pw"})

    assert answer.status_code == 302


def test_too_many_sign_ups_from_one_place_get_the_page_that_says_what_to_do(shopper: Client):
    form = {"password1": "three blue jugs 41", "terms": "on"}

    answers = [
        visitor("192.0.2.1").post("/accounts/signup/", form | {"email": f"u{n}@example.com"})
        for n in range(21)
    ]

    assert [answer.status_code for answer in answers] == [302] * 20 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert "Sign in with a code" in answers[-1].text
    assert User.objects.count() == 20


def test_refused_pages_change_no_count_of_the_next_test():
    """Limits are never switched off: each test begins with none used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_cache")
        assert cursor.fetchone() == (0,)


def test_checkout_is_limited_and_orders_nothing_more(shopper: Client, settings: Settings):
    settings.LIMITS = settings.LIMITS | {"checkout": (0, 600)}
    shopper.post("/basket/add/", {"variant": factories.variant("mug").sku, "quantity": 1})
    address = {
        "email": "ada@example.com", "name": "Ada", "country": "PT", "street": "Rua 1",
        "postcode": "1200-655", "city": "Lisboa", "phone": "",
    }  # fmt: skip
    shopper.post("/checkout/address/", address)
    maker = factories.Maker.objects.get()
    shopper.post("/checkout/delivery/", {f"maker_{maker.pk}": "tracked"})
    page = shopper.get("/checkout/pay/")

    answer = shopper.post("/checkout/pay/", hidden(page))

    assert answer.status_code == 422
    assert "That was too often." in answer.text
    assert not factories.Order.objects.exists()

"""Signing in by another house: whom it lets in, whom it connects, and what it never does."""

import threading
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as live_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import Consent, Maker, User
from accounts.oidc import identity_of
from makers_market.core.models import AuditEntry
from tests import factories
from tests.accounts.issuing import (
    ADA,
    NEW,
    START,
    Liar,
    come_back,
    connected,
    go,
    leave,
    person_in,
    proven,
    uid,
)

pytestmark = pytest.mark.django_db


def test_sign_in_page_has_no_button_without_a_house(browser: Client):
    page = browser.get("/accounts/login/")

    assert b"Continue with" not in page.content


def test_sign_in_page_has_a_button_a_house(liar: Liar, browser: Client, settings: Any):
    settings.COGNITO_GOOGLE = True

    page = browser.get("/accounts/login/").content.decode()

    assert page.index("Continue with Google") < page.index("Continue with Amazon Cognito")


def test_leave_for_google_through_the_pool_names_it(liar: Liar, browser: Client, settings: Any):
    settings.COGNITO_GOOGLE = True

    assert leave(browser, through="Google")["identity_provider"] == "Google"
    assert "identity_provider" not in leave(browser, through="Evil")


def test_leave_asks_for_a_code_with_state_nonce_and_pkce(liar: Liar, browser: Client):
    asked, again = leave(browser), leave(browser)

    assert asked["redirect_uri"] == "http://testserver/accounts/oidc/cognito/login/callback/"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_leave_by_get_goes_nowhere(liar: Liar, browser: Client):
    answer = browser.get(START.format(house="cognito"))

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert liar.asked == []


def test_leave_without_token_is_refused(liar: Liar):
    answer = Client(enforce_csrf_checks=True).post(START.format(house="cognito"))

    assert answer.status_code == 403
    assert liar.asked == []


@pytest.mark.parametrize("house", ["google", "evil", "x" * 5000])
def test_leave_for_a_house_we_do_not_know_is_not_found(liar: Liar, browser: Client, house: str):
    assert browser.post(START.format(house=house)).status_code == 404


def test_leave_too_often_is_refused(liar: Liar, browser: Client, settings: Any):
    settings.LIMITS = live_settings.LIMITS | {"house": (2, 900)}

    statuses = [browser.post(START.format(house="cognito")).status_code for _ in range(3)]

    assert statuses == [302, 302, 429]


def test_join_with_a_checked_address(liar: Liar, browser: Client):
    liar.person = NEW

    answer = go(browser, liar, next="/basket/")

    person = User.objects.get()
    address = EmailAddress.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/basket/")
    assert person_in(browser) == person.pk
    assert (person.email, person.name, person.language) == ("nia@example.com", "Nia Nunes", "en")
    assert not person.has_usable_password()
    assert (address.user, address.email, address.verified) == (person, "nia@example.com", True)
    assert list(SocialAccount.objects.values_list("user", "provider", "uid")) == [
        (person.pk, "cognito", uid(liar, "nia-1"))
    ]
    assert set(Consent.objects.values_list("kind", "is_given")) == {
        ("terms", True), ("privacy", True),
    }  # fmt: skip
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "account.joined", "identity.connected",
    ]  # fmt: skip


def test_join_keeps_the_language_of_the_page(liar: Liar, browser: Client):
    liar.person = NEW

    answer = come_back(browser, liar, leave(browser, prefix="/pt"))

    assert answer["Location"] == "/pt/"
    assert User.objects.get().language == "pt"


def test_sign_in_again_is_the_same_person_in_a_new_session(liar: Liar, browser: Client):
    liar.person = NEW
    go(browser, liar)
    other = Client()
    other.get("/accounts/login/")
    asked = leave(other)
    before = other.session.session_key

    come_back(other, liar, asked)

    assert person_in(other) == User.objects.get().pk
    assert other.session.session_key != before


def test_sign_in_follows_the_identity_and_not_the_address(liar: Liar, browser: Client, ada: User):
    connected(ada, liar)
    liar.person = ADA | {"email": "new-address@example.com", "email_verified": False}

    go(browser, liar)

    ada.refresh_from_db()
    assert person_in(browser) == ada.pk
    assert ada.email == "ada@example.com"


def test_same_subject_of_another_issuer_is_another_person(
    liar: Liar, browser: Client, ada: User, settings: Any
):
    SocialAccount.objects.create(
        user=ada, provider="cognito", uid="https://another.issuer.example ada-1"
    )
    liar.person = NEW | {"sub": "ada-1"}

    go(browser, liar)

    assert person_in(browser) == User.objects.get(email="nia@example.com").pk


@pytest.mark.parametrize(
    "word", ["false", "False", "TRUE", "True", "1", "yes", "", 1, 0, None, [], [True], {}, {"a": 1}]
)
def test_address_that_is_not_exactly_verified_opens_nothing(
    liar: Liar, browser: Client, word: object
):
    liar.person = NEW | {"email_verified": word}

    answer = go(browser, liar)

    assert answer.status_code == 403
    assert b"does not vouch for an email address" in answer.content
    assert person_in(browser) is None
    assert User.objects.count() == SocialAccount.objects.count() == 0


@pytest.mark.parametrize("word", [True, "true"])
def test_address_is_verified_by_true_and_its_word(liar: Liar, browser: Client, word: object):
    liar.person = NEW | {"email_verified": word}

    go(browser, liar)

    assert person_in(browser) == User.objects.get().pk


@pytest.mark.parametrize(
    "email", [None, "", "nobody", "a@b", 7, ["nia@example.com"], "n\x00ia@example.com", "x" * 9999]
)
def test_no_address_opens_nothing(liar: Liar, browser: Client, email: object):
    liar.person = NEW | {"email": email}

    assert go(browser, liar).status_code == 403
    assert User.objects.count() == 0


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.COM"])
def test_address_of_an_account_does_not_open_it(liar: Liar, browser: Client, ada: User, email: str):
    liar.person = ADA | {"email": email}

    answer = go(browser, liar)

    assert answer.status_code == 409
    assert b"There is an account with your email address" in answer.content
    assert person_in(browser) is None
    assert SocialAccount.objects.count() == 0
    assert list(User.objects.all()) == [ada]


def test_unverified_address_tells_nothing_of_accounts(liar: Liar, ada: User):
    pages = []
    for email in (ada.email, "nobody-here@example.com"):
        liar.person = {"sub": "eve-1", "email": email, "email_verified": False}
        answer = go(Client(), liar)
        pages.append((answer.status_code, answer.content))

    assert pages[0] == pages[1]


def test_unverified_account_of_a_squatter_is_not_opened_either(liar: Liar, browser: Client):
    squatter = User.objects.create_user("nia@example.com", "squat")
    EmailAddress.objects.create(user=squatter, email="nia@example.com", verified=False)
    liar.person = NEW

    assert go(browser, liar).status_code == 409
    assert SocialAccount.objects.count() == 0


def test_second_factor_is_asked_for_all_the_same(liar: Liar, browser: Client, ada: User):
    connected(ada, liar)
    factories.totp(ada)

    answer = go(browser, liar)

    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert person_in(browser) is None


def test_workshop_does_not_take_the_house_for_a_second_factor(
    liar: Liar, browser: Client, mo: Maker
):
    connected(mo.memberships.get().user, liar)

    go(browser, liar)
    answer = browser.get("/workshop/", follow=True)

    last, _status = answer.redirect_chain[-1]
    assert "/accounts/2fa/totp/activate/" in unquote(last)


def test_closed_account_stays_closed(liar: Liar, browser: Client, ada: User):
    connected(ada, liar)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    answer = go(browser, liar)

    assert answer["Location"] == "/accounts/inactive/"
    assert person_in(browser) is None


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_next_leads_to_own_pages_only(liar: Liar, browser: Client, path: str):
    liar.person = NEW

    assert go(browser, liar, next=path)["Location"] == "/"


def test_group_grants_nothing_by_itself(liar: Liar, browser: Client):
    liar.person = NEW | {"cognito:groups": ["operators-admin", "admin"]}

    go(browser, liar)

    person = User.objects.get()
    assert (person.is_staff, person.operator_role) == (False, "")


def test_group_that_has_a_meaning_gives_and_takes_the_role(
    liar: Liar, browser: Client, settings: Any
):
    settings.COGNITO_GROUP_ROLES = {"operators-support": "support", "operators-admin": "admin"}
    liar.person = NEW | {"cognito:groups": ["operators-support", "operators-finance"]}
    go(browser, liar)
    with_role = User.objects.get()
    liar.person = NEW

    go(Client(), liar)

    without = User.objects.get()
    assert (with_role.is_staff, with_role.operator_role) == (True, "support")
    assert (without.is_staff, without.operator_role) == (False, "")
    told = AuditEntry.objects.filter(action="operator.role_by_group").order_by("pk")
    assert [entry.changes for entry in told] == [
        {"operator_role": ["", "support"]}, {"operator_role": ["support", ""]},
    ]  # fmt: skip
    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "groups", ["operators-admin", {"operators-admin": 1}, 7, [["operators-admin"]]]
)
def test_group_in_another_shape_grants_nothing(
    liar: Liar, browser: Client, settings: Any, groups: object
):
    settings.COGNITO_GROUP_ROLES = {"operators-admin": "admin"}
    liar.person = NEW | {"cognito:groups": groups}

    go(browser, liar)

    assert User.objects.get().operator_role == ""


def test_name_is_filled_in_only_when_there_is_none(liar: Liar, ada: User, eve: User):
    User.objects.filter(pk=eve.pk).update(name="")
    for person, sub in ((ada, "ada-1"), (eve, "eve-1")):
        connected(person, liar, sub)
        liar.person = {"sub": sub, "name": "Told By The House"}
        go(Client(), liar)

    assert list(User.objects.order_by("pk").values_list("name", flat=True)) == [
        "Ada Martins", "Told By The House",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["N\x00ia\n\u202e" + "x" * 10000, 7, None, ["Nia"], {"a": "b"}])
def test_join_with_a_hostile_name(liar: Liar, browser: Client, name: object):
    liar.person = NEW | {"name": name}

    go(browser, liar)

    kept = User.objects.get().name
    assert len(kept) <= 120
    assert kept.isprintable()


def test_sign_out_ends_at_the_pool_that_let_one_in(liar: Liar, browser: Client, settings: Any):
    liar.person, settings.COGNITO_DOMAIN = NEW, "https://pool.example"
    go(browser, liar)

    answer = browser.post("/accounts/logout/")

    assert answer["Location"] == (
        "https://pool.example/logout?client_id=shop&logout_uri=http%3A%2F%2Ftestserver%2F"
    )
    assert person_in(browser) is None


def test_sign_out_after_a_password_stays_here(liar: Liar, ada: User):
    assert proven(ada).post("/accounts/logout/")["Location"] == "/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_join_in_eight_tabs_at_once_makes_one_account(liar: Liar):
    identity = identity_of(NEW | {"iss": liar.url})
    found: list[int] = []

    def join() -> None:
        person = services.join_with(identity, house="cognito", language="en", at=timezone.now())
        found.append(person.pk)
        connection.close()

    tabs = [threading.Thread(target=join) for _ in range(8)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()

    assert found == [User.objects.get().pk] * 8
    assert SocialAccount.objects.count() == EmailAddress.objects.count() == 1

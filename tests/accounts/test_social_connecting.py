"""An identity is connected, or taken off, only by the person of both."""

import threading

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import User
from accounts.oidc import identity_of
from makers_market.core.models import AuditEntry
from notifications.models import Mail
from tests.accounts.issuing import (
    NEW,
    START,
    Liar,
    come_back,
    connected,
    go,
    leave,
    person_in,
    proven,
)

pytestmark = pytest.mark.django_db


def test_connect_after_proof_of_both(liar: Liar, ada: User):
    browser = proven(ada)

    answer = go(browser, liar, aim="connect")
    other = Client()
    go(other, liar)

    assert answer["Location"] == "/account/security/"
    assert SocialAccount.objects.get().user == ada
    assert person_in(other) == ada.pk
    assert [mail.kind for mail in Mail.objects.all()] == ["account_connected"]


def test_connect_asks_for_the_password_first(liar: Liar, ada: User):
    browser = Client()
    browser.force_login(ada)

    answer = browser.post(START.format(house="cognito"), {"aim": "connect"})

    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert liar.asked == []


def test_connect_after_the_password_goes_on_to_the_house(liar: Liar, ada: User):
    browser = Client()
    browser.force_login(ada)
    asked = browser.post(START.format(house="cognito"), {"aim": "connect"})

    answer = browser.post(asked["Location"], {"password": "pw"})

    assert answer["Location"].startswith(f"{liar.url}/oauth2/authorize?")


def test_connect_without_a_password_asks_to_sign_in_once_more(liar: Liar, browser: Client):
    liar.person = NEW
    go(browser, liar)
    session = browser.session
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()
    liar.asked.clear()

    answer = browser.post(START.format(house="cognito"), {"aim": "connect"})

    assert answer["Location"].startswith("/accounts/login/?next=")
    assert person_in(browser) is None
    assert liar.asked == []


def test_connect_an_identity_of_another_is_refused(liar: Liar, ada: User, eve: User):
    connected(ada, liar)

    answer = go(proven(eve), liar, aim="connect")

    assert answer.status_code == 409
    assert SocialAccount.objects.get().user == ada


def test_connect_for_one_person_cannot_end_in_another(liar: Liar, ada: User, eve: User):
    browser = proven(ada)
    asked = leave(browser, aim="connect")
    browser.force_login(eve)

    answer = come_back(browser, liar, asked)

    assert answer.status_code == 400
    assert SocialAccount.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_connect_to_two_accounts_at_once_connects_one(liar: Liar, ada: User, eve: User):
    identity = identity_of(NEW | {"iss": liar.url})
    ends: list[str] = []

    def connect(person: User) -> None:
        try:
            services.connect_identity(
                user_id=person.pk, identity=identity, house="cognito", by="test", at=timezone.now()
            )
            ends.append("connected")
        except services.IdentityTaken:
            ends.append("taken")
        connection.close()

    tabs = [threading.Thread(target=connect, args=(person,)) for person in (ada, eve) * 3]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()

    owner = SocialAccount.objects.get().user
    assert owner in (ada, eve)
    assert sorted(ends) == ["connected"] * 3 + ["taken"] * 3
    assert AuditEntry.objects.filter(action="identity.connected").count() == 1


def test_connect_twice_changes_nothing(liar: Liar, ada: User):
    browser = proven(ada)

    for _ in range(2):
        go(browser, liar, aim="connect")

    assert SocialAccount.objects.count() == 1
    assert AuditEntry.objects.filter(action="identity.connected").count() == 1


def test_disconnect(liar: Liar, ada: User):
    row = connected(ada, liar)

    answer = proven(ada).post("/accounts/connected/disconnect/", {"identity": row.pk})

    assert answer["Location"] == "/account/security/"
    assert SocialAccount.objects.count() == 0
    assert AuditEntry.objects.filter(action="identity.disconnected").count() == 1
    assert [mail.kind for mail in Mail.objects.all()] == ["account_disconnected"]


def test_disconnect_asks_for_the_password_first(liar: Liar, ada: User):
    row = connected(ada, liar)
    browser = Client()
    browser.force_login(ada)

    browser.post("/accounts/connected/disconnect/", {"identity": row.pk})

    assert SocialAccount.objects.count() == 1


def test_disconnect_the_last_way_in_is_refused(liar: Liar, browser: Client):
    liar.person = NEW
    go(browser, liar)
    row = SocialAccount.objects.get()

    answer = browser.post("/accounts/connected/disconnect/", {"identity": row.pk}, follow=True)

    assert b"Set a password first" in answer.content
    assert SocialAccount.objects.get() == row


@pytest.mark.parametrize(
    "key", ["", "-1", "0", "1.5", "1e9", "2147483648", "9" * 10000, "Ada", "²"]
)
def test_disconnect_nonsense_is_not_found(liar: Liar, ada: User, key: str):
    connected(ada, liar)

    answer = proven(ada).post("/accounts/connected/disconnect/", {"identity": key})

    assert answer.status_code == 404
    assert SocialAccount.objects.count() == 1


def test_disconnect_another_s_is_not_found(liar: Liar, ada: User, eve: User):
    row = connected(ada, liar)

    answer = proven(eve).post("/accounts/connected/disconnect/", {"identity": row.pk})

    assert answer.status_code == 404
    assert SocialAccount.objects.get() == row

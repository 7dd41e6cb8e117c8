"""Signing in, joining and moving to another address, by e-mail and password."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Consent, User
from makers_market.core.models import AuditEntry
from notifications.models import Mail
from tests import factories
from tests.accounts.mailbox import code_for, subjects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PASSWORD = "three blue jugs 41"
JOINING = {"email": "new@example.com", "password1": PASSWORD, "name": "Ada M", "terms": "on"}


def sign_in(client: Client, email: str, word: str = "pw", **more: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": word} | more)


def is_in(client: Client, person: User | None = None) -> bool:
    known = client.session.get("_auth_user_id")
    return known == str(person.pk) if person else known is not None


def test_signs_in_by_password(shopper: Client, ada: User):
    answer = sign_in(shopper, "ADA@example.com")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(shopper, ada)


def test_signs_in_by_code_from_the_mail(shopper: Client, ada: User):
    shopper.post("/accounts/login/code/", {"email": "ada@example.com"})
    page = shopper.get("/accounts/login/code/confirm/")

    shopper.post("/accounts/login/code/confirm/", {"code": code_for("ada@example.com").lower()})

    assert "ada@example.com" in page.text
    assert is_in(shopper, ada)


def test_joins_and_proves_the_address(shopper: Client):
    joined = shopper.post("/accounts/signup/", JOINING)
    before = is_in(shopper)
    waits = shopper.get(joined["Location"])

    shopper.post(joined["Location"], {"code": code_for("new@example.com")})

    person = User.objects.get(email="new@example.com")
    assert not before
    assert "Confirm your email address" in waits.text
    assert is_in(shopper, person)
    assert (person.name, person.language, person.check_password(PASSWORD)) == ("Ada M", "en", True)
    given = Consent.objects.filter(user=person, is_given=True, source="signup")
    assert set(given.values_list("kind", flat=True)) == {"terms", "privacy"}
    assert AuditEntry.objects.filter(action="account.joined").count() == 1


def test_joins_in_portuguese_and_gets_a_portuguese_mail(shopper: Client):
    shopper.post("/pt/accounts/signup/", JOINING)

    mail = Mail.objects.get(recipient="new@example.com")
    assert User.objects.get(email="new@example.com").language == "pt"
    assert mail.language == "pt"
    assert 'lang="pt"' in mail.content["html"]


@pytest.mark.parametrize(
    "wrong",
    [{"terms": ""}, {"email": ""}, {"email": "x"}, {"email": "a" * 250 + "@example.com"},
     {"password1": ""}, {"password1": "short"}, {"password1": "password1"}, {"name": "a\x00b"},
     {"password1": "a" * 600}, {"name": "a" * 200}, {"name": "Ada\u2028Bcc: x"}, {"email": "\x00"}],
)  # fmt: skip
def test_joins_nobody_with_a_wrong_form(shopper: Client, wrong: dict[str, str]):
    page = shopper.post("/accounts/signup/", JOINING | wrong)

    assert page.status_code == 200
    assert "There is a problem" in page.text
    assert not User.objects.exists()
    assert not Mail.objects.exists()


def test_ignores_fields_nobody_offered(shopper: Client):
    forged = {
        "is_staff": "1",
        "operator_role": "admin",
        "is_active": "0",
        "erased_at": "2020-01-01",
    }

    shopper.post("/accounts/signup/", JOINING | forged)

    person = User.objects.get(email="new@example.com")
    assert (person.is_staff, person.operator_role, person.is_active) == (False, "", True)


def test_keeps_basket_through_sign_in_and_out(shopper: Client, ada: User):
    variant = factories.variant("mug")
    shopper.post("/basket/add/", {"variant": variant.sku, "quantity": 1})

    sign_in(shopper, "ada@example.com")
    inside = shopper.get("/basket/").text
    shopper.post("/accounts/logout/")
    outside = shopper.get("/basket/").text

    assert not is_in(shopper)
    assert ["Mug" in page for page in (inside, outside)] == [True, True]


@pytest.mark.parametrize(
    ("asked", "lands"),
    [("/checkout/address/", "/checkout/address/"), ("//evil.example/", "/"),
     ("https://evil.example/", "/"), ("https:evil.example", "/"), ("/\\evil.example", "/"),
     ("http://testserver/x", "/"), ("javascript:alert(1)", "/"), ("/\nx", "/")],
)  # fmt: skip
def test_leads_only_to_own_paths(shopper: Client, ada: User, asked: str, lands: str):
    answer = sign_in(shopper, "ada@example.com", next=asked)

    assert answer["Location"] == lands


def test_signs_in_nobody_before_the_address_is_proven(shopper: Client):
    shopper.post("/accounts/signup/", JOINING)
    other = Client()

    sign_in(other, "new@example.com", PASSWORD)

    assert not is_in(other)
    assert subjects("new@example.com") == ["Your code to open your account"] * 2


def test_proving_a_squatted_address_drops_the_squatters_password(shopper: Client):
    squatter = Client()
    squatter.post("/accounts/signup/", JOINING | {"name": "Fool"})

    shopper.post("/accounts/login/code/", {"email": "new@example.com"})
    shopper.post("/accounts/login/code/confirm/", {"code": code_for("new@example.com")})
    sign_in(squatter, "new@example.com", PASSWORD)

    person = User.objects.get(email="new@example.com")
    assert is_in(shopper, person)
    assert not is_in(squatter)
    assert (person.has_usable_password(), person.name) == (False, "")


def test_resets_password_by_code(shopper: Client, ada: User):
    shopper.post("/accounts/password/reset/", {"email": "ada@example.com"})
    code = code_for("ada@example.com")
    confirmed = shopper.post("/accounts/password/reset/confirm/", {"code": code})

    done = shopper.post(confirmed["Location"], {"password1": PASSWORD})

    ada.refresh_from_db()
    assert done["Location"] == "/accounts/password/reset/done/"
    assert shopper.get(done["Location"]).status_code == 200
    assert ada.check_password(PASSWORD)
    assert not is_in(shopper)
    assert subjects("ada@example.com")[-1] == "Your password was changed"


def test_code_page_without_a_request_leads_to_its_beginning(shopper: Client):
    paths = ["login/code/confirm/", "password/reset/confirm/", "password/reset/complete/",
             "confirm-email/"]  # fmt: skip

    answers = [shopper.get(f"/accounts/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [302] * 4


def test_code_works_once_and_only_in_its_browser(shopper: Client, ada: User):
    thief = Client()
    thief.post("/accounts/login/code/", {"email": "eve@example.com"})
    shopper.post("/accounts/login/code/", {"email": "ada@example.com"})
    code = code_for("ada@example.com")

    thief.post("/accounts/login/code/confirm/", {"code": code})
    shopper.post("/accounts/login/code/confirm/", {"code": code})
    shopper.post("/accounts/logout/")
    shopper.post("/accounts/login/code/confirm/", {"code": code})

    assert not is_in(thief)
    assert not is_in(shopper)


def test_changes_address_after_password_and_code(ada: User):
    client = Client()
    sign_in(client, "ada@example.com")

    asked = client.post("/accounts/email/", {"email": "neu@example.com", "action_add": "1"})
    resumed = client.post(asked["Location"], {"password": "pw"})
    unchanged = User.objects.get(pk=ada.pk).email
    client.post(resumed["Location"], {"code": code_for("neu@example.com")})

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert unchanged == "ada@example.com"
    assert User.objects.get(pk=ada.pk).email == "neu@example.com"
    assert subjects("ada@example.com") == ["Your account has a new email address"]
    assert AuditEntry.objects.get(action="account.address_changed").subject == f"user:{ada.pk}"
    assert not is_in_with(Client(), "ada@example.com")
    assert is_in_with(Client(), "neu@example.com")


def is_in_with(client: Client, email: str) -> bool:
    sign_in(client, email)
    return is_in(client)


def test_changes_address_to_nobody_elses(ada: User, eve: User):
    client = Client()
    sign_in(client, "eve@example.com")
    asked = client.post("/accounts/email/", {"email": "ada@example.com", "action_add": "1"})

    resumed = client.post(asked["Location"], {"password": "pw"})
    client.post(resumed["Location"], {"code": code_for("ada@example.com")})

    assert set(User.objects.values_list("email", flat=True)) == {
        "ada@example.com",
        "eve@example.com",
    }


def test_changes_password_with_the_old_one_only(ada: User):
    client = Client()
    sign_in(client, "ada@example.com")

    wrong = client.post("/accounts/password/change/", {"oldpassword": "x", "password1": PASSWORD})
    ada.refresh_from_db()
    still_old = ada.check_password("pw")
    client.post("/accounts/password/change/", {"oldpassword": "pw", "password1": PASSWORD})
    ada.refresh_from_db()

    assert "This is not your present password." in wrong.text
    assert still_old
    assert ada.check_password(PASSWORD)
    assert is_in(client, ada)
    assert subjects("ada@example.com") == ["Your password was changed"]


def test_closed_account_is_told_so(shopper: Client, ada: User):
    User.objects.update(is_active=False)

    answer = sign_in(shopper, "ada@example.com")

    assert answer["Location"] == "/accounts/inactive/"
    assert "hello@makersmarket.example" in shopper.get(answer["Location"]).text
    assert not is_in(shopper)


def test_session_id_is_new_after_sign_in(shopper: Client, ada: User):
    shopper.post("/basket/add/", {"variant": factories.variant("mug").sku, "quantity": 1})
    before = shopper.session.session_key

    sign_in(shopper, "ada@example.com")

    assert shopper.session.session_key != before

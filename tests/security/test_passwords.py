"""A password counts as it was typed, whatever it is made of, and is hidden while it is typed."""

import re

import pytest
from django.test import Client

from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
# Space at both ends, letters of four scripts, quotes, no digit: 84 characters.
PASSWORD = "  Zwölf 'blaue' Krüge, 青い壺, синий кувшин 🫖 " + "and far away a Boat " * 2 + " "
CHANGE = "/accounts/password/change/"
FIELD = re.compile(r'<input[^>]*name="(?:old)?password1?"[^>]*>')


def opens(word: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": "ada@example.com", "password": word})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "password",
    [PASSWORD, "just small letters", "8" * 3 + "31" * 31],
    ids=["all kinds", "small letters", "65 digits"],
)
def test_change_takes_any_characters_and_64_of_them(ada: User, password: str):
    client = Client()
    client.post("/accounts/login/", {"login": "ada@example.com", "password": "pw"})

    client.post(CHANGE, {"oldpassword": "pw", "password1": password})

    assert opens(password)
    assert not opens("pw")


@pytest.mark.parametrize(
    "nearly",
    [PASSWORD.strip(), PASSWORD.rstrip(), PASSWORD.lower(), PASSWORD.swapcase(), PASSWORD[:-1],
     PASSWORD[:64], PASSWORD[:72], PASSWORD + " ", PASSWORD + "\x00", PASSWORD.replace("ö", "o")],
    ids=["no space around", "no space behind", "small letters", "letters swapped", "one less",
         "64 of them", "72 of them", "one space more", "NUL behind", "another letter"],
)  # fmt: skip
def test_sign_in_takes_the_password_exactly(ada: User, nearly: str):
    ada.set_password(PASSWORD)
    ada.save()

    assert not opens(nearly)
    assert opens(PASSWORD)


@pytest.mark.parametrize(
    ("page", "count"), [("/accounts/login/", 1), ("/accounts/signup/", 1), (CHANGE, 2)]
)
def test_field_hides_what_is_typed_and_lets_it_be_pasted(ada: User, page: str, count: int):
    client = Client()
    if page == CHANGE:
        client.force_login(ada)

    fields = FIELD.findall(client.get(page).text)

    assert len(fields) == count
    assert [field for field in fields if 'type="password"' not in field] == []
    assert [field for field in fields if "-password" not in field] == []
    assert [field for field in fields if "onpaste" in field or "readonly" in field] == []

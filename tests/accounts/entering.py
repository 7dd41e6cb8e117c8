"""What tests about the second factor do at the door."""

import time
from typing import Any

from django.test import Client

from accounts.models import User
from tests import factories

LOGIN = "/accounts/login/"
CODE, CODE_AGAIN = "/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/"
SET_UP, TAKE_OFF = "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"


def code(steps: int = 0) -> str:
    """Give the cast's code of now, or of so many steps before or after."""
    return factories.code_of(time.time() + 30 * steps)


def with_password(person: User, back: str = "", client: Client | None = None) -> tuple[Client, Any]:
    """Enter e-mail address and password, as at the start of every sign-in with a password."""
    client = client or Client(headers={"Sec-Fetch-Site": "same-origin"})
    answer = client.post(LOGIN, {"login": person.email, "password": "pw", "next": back})
    return client, answer


def is_in(client: Client, room: str = "/workshop/") -> bool:
    return client.get(room).status_code == 200


def prove(client: Client) -> None:
    """Enter the password again, as sensitive pages ask."""
    client.post("/accounts/reauthenticate/", {"password": "pw"})

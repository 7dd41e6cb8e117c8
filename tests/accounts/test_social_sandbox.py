"""The sandbox's own user pool lets its people into the shop, each as its button says."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client
from werkzeug.serving import make_server

from accounts.models import User
from sandbox.world.signin.__main__ import create_app
from sandbox.world.signin.people import PEOPLE
from sandbox.world.signin.tokens import Client as KnownShop
from sandbox.world.signin.tokens import Pool
from tests import world
from tests.accounts.issuing import CALLBACK, CLIENT, SECRET, leave

pytestmark = pytest.mark.django_db
BACK = "http://testserver" + CALLBACK.format(house="cognito")


@pytest.fixture(scope="module")
def running_pool() -> Iterator[str]:
    port = world.free_port()
    shop = KnownShop(id=CLIENT, secret=SECRET, redirect_uri=BACK)
    app = create_app(Pool(f"http://localhost:{port}", shop))
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{port}"
    server.shutdown()


@pytest.fixture
def pool(running_pool: str, settings: Any) -> str:
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = CLIENT, SECRET
    settings.COGNITO_ISSUER = settings.COGNITO_DOMAIN = running_pool
    settings.COGNITO_GROUP_ROLES = {"operators-support": "support"}
    cache.clear()
    return running_pool


@pytest.mark.parametrize(
    ("name", "status", "role"),
    [
        ("Ada Martins", 409, ""),
        ("Nadia Nunes", 302, ""),
        ("Mo Fonte", 409, ""),
        ("Sofia Santos", 302, "support"),
        ("Una Unger", 403, ""),
    ],
)
def test_click_on_a_person(
    pool: str, browser: Client, ada: User, mo: Any, name: str, status: int, role: str
):
    (person,) = [each for each in PEOPLE if each.claims["name"] == name]

    chosen = requests.post(
        f"{pool}/oauth2/authorize", leave(browser) | {"person": person.sub},
        timeout=10, allow_redirects=False,
    )  # fmt: skip
    answer = browser.get(chosen.headers["Location"])

    is_in = "_auth_user_id" in browser.session
    assert (answer.status_code, is_in) == (status, status == 302)
    assert SocialAccount.objects.count() == int(is_in)
    if is_in:
        assert User.objects.get(email=person.claims["email"]).operator_role == role

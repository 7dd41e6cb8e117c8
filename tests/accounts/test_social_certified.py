"""The shop and the certified issuer understand each other, step by step as a browser would."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.accounts.issuing import CALLBACK, leave
from tests.oidc.certified import CLIENT, SECRET, Certified

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ACTION = re.compile(r'<form[^>]* action="([^"]+)"')


@pytest.fixture(scope="module")
def running() -> Iterator[Certified]:
    issuer = Certified("http://testserver" + CALLBACK.format(house="cognito"))
    issuer.start()
    yield issuer
    issuer.kill()


@pytest.fixture
def pool(running: Certified, settings: Any) -> Certified:
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = CLIENT, SECRET
    settings.COGNITO_ISSUER = settings.COGNITO_DOMAIN = running.url
    cache.clear()
    return running


@pytest.fixture
def browser(built: None) -> Client:
    return Client()


def authorize(pool: Certified, asked: dict[str, str], name: str = "nia") -> requests.Response:
    """Log in at the issuer; gives the answer whose redirect leads back to the shop, or not."""
    http = requests.Session()
    page = follow(http, pool, f"{pool.url}/oauth2/authorize?{urlencode(asked)}")
    form = ACTION.search(page.text)
    if form is None:
        return page
    answer = http.post(
        urljoin(pool.url, form[1]), {"login": name}, timeout=10, allow_redirects=False
    )
    return follow(http, pool, urljoin(pool.url, answer.headers["Location"]))


def follow(http: requests.Session, pool: Certified, address: str) -> requests.Response:
    """Follow redirects that stay with the issuer; gives the first answer that is none of them."""
    answer = http.get(address, timeout=10, allow_redirects=False)
    while answer.is_redirect and (there := urljoin(address, answer.headers["Location"])):
        if not there.startswith(pool.url):
            break
        answer = http.get(there, timeout=10, allow_redirects=False)
    return answer


def way_back(answer: requests.Response) -> dict[str, str]:
    assert answer.is_redirect, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_join_and_sign_in_again(pool: Certified, browser: Client):
    callback = CALLBACK.format(house="cognito")

    first = browser.get(callback, way_back(authorize(pool, leave(browser))))
    other = Client()
    second = other.get(callback, way_back(authorize(pool, leave(other))))

    person = User.objects.get()
    assert (first.status_code, second.status_code) == (302, 302)
    assert (person.email, person.name, person.operator_role) == ("nia@example.com", "Nia", "")
    assert SocialAccount.objects.get().uid.startswith(f"{pool.url} ")
    assert other.session["_auth_user_id"] == str(person.pk)


def test_unchecked_address_opens_nothing(pool: Certified, browser: Client):
    back = way_back(authorize(pool, leave(browser), name="unchecked-una"))

    answer = browser.get(CALLBACK.format(house="cognito"), back)

    assert answer.status_code == 403
    assert User.objects.count() == 0


def test_code_is_good_once(pool: Certified, browser: Client):
    asked = leave(browser)
    back = way_back(authorize(pool, asked))
    browser.get(CALLBACK.format(house="cognito"), back)
    thief = Client()

    answer = thief.get(CALLBACK.format(house="cognito"), back | {"state": leave(thief)["state"]})

    assert answer.status_code == 403
    assert "_auth_user_id" not in thief.session


def test_code_without_its_verifier_is_refused(pool: Certified, browser: Client):
    back = way_back(authorize(pool, leave(Client())))

    answer = browser.get(
        CALLBACK.format(house="cognito"), back | {"state": leave(browser)["state"]}
    )

    assert answer.status_code == 403
    assert User.objects.count() == 0


@pytest.mark.parametrize("name", ["code_challenge", "redirect_uri"])
def test_issuer_demands_pkce_and_the_address_it_knows(pool: Certified, browser: Client, name: str):
    asked = leave(browser) | {"redirect_uri": "https://evil.example/"}
    if name == "code_challenge":
        asked = {key: value for key, value in leave(browser).items() if key != name}

    answer = authorize(pool, asked)

    assert "code=" not in answer.headers.get("Location", "")
    assert "invalid_re" in answer.text + answer.headers.get("Location", "")


def test_wrong_secret_is_refused(pool: Certified, browser: Client, settings: Any):
    asked = leave(browser)
    back = way_back(authorize(pool, asked))
    settings.COGNITO_CLIENT_SECRET = "another"

    answer = browser.get(CALLBACK.format(house="cognito"), back)

    assert answer.status_code == 403
    assert User.objects.count() == 0

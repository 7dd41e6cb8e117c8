"""The sandbox's user pool: one click, and never easier on the shop than Cognito is."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from flask.testing import FlaskClient

from sandbox.world.signin.__main__ import create_app
from sandbox.world.signin.people import PEOPLE
from sandbox.world.signin.tokens import Client, Pool

ISSUER, BACK = "http://localhost:8604", "http://localhost:8000/callback/"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
    "client_id": "shop", "redirect_uri": BACK, "response_type": "code", "state": "s", "nonce": "n",
    "code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256",
}  # fmt: skip


@pytest.fixture
def http() -> FlaskClient:
    pool = Pool(ISSUER, Client(id="shop", secret="secret", redirect_uri=BACK))
    return create_app(pool).test_client()


def choose(http: FlaskClient, sub: str = PEOPLE[0].sub) -> dict[str, str]:
    """Click on a person; gives what the shop is told."""
    answer = http.post("/oauth2/authorize", data=ASKED | {"person": sub})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def trade(http: FlaskClient, code: str, **changes: str) -> Any:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
        "code_verifier": VERIFIER, "client_id": "shop", "client_secret": "secret",
    }  # fmt: skip
    return http.post("/oauth2/token", data=form | changes)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.title)
def test_choose_and_trade_gives_a_signed_token(http: FlaskClient, person: Any):
    told = choose(http, person.sub)
    token = trade(http, told["code"]).json["id_token"]
    (key,) = http.get("/.well-known/jwks.json").json["keys"]

    claims = jwt.decode(token, jwt.PyJWK(key), ["RS256"], audience="shop", issuer=ISSUER)

    assert (told["state"], told["iss"]) == ("s", ISSUER)
    assert (claims["sub"], claims["nonce"]) == (person.sub, "n")
    assert {name: claims[name] for name in person.claims} == person.claims


def test_google_shows_those_whom_google_knows(http: FlaskClient):
    page = http.get("/oauth2/authorize", query_string=ASKED | {"identity_provider": "Google"})

    shown = {person.title for person in PEOPLE if person.title in page.text}
    assert shown == {person.title for person in PEOPLE if person.through == "Google"}
    assert "form-action 'self' http://localhost:8000" in page.headers["Content-Security-Policy"]


def test_code_is_good_once(http: FlaskClient):
    code = choose(http)["code"]

    assert [trade(http, code).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("code_verifier", "", 400),
        ("code_verifier", "w" * 64, 400),
        ("redirect_uri", "https://evil.example/", 400),
        ("client_secret", "", 401),
        ("client_id", "evil", 401),
    ],
)
def test_trade_of_a_stranger_is_refused(http: FlaskClient, name: str, value: str, status: int):
    answer = trade(http, choose(http)["code"], **{name: value})

    assert answer.status_code == status
    assert "id_token" not in answer.json


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "evil"),
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
        ("code_challenge", ""),
        ("code_challenge_method", "plain"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_wish_that_is_not_the_shop_s_is_refused(
    http: FlaskClient, method: str, name: str, value: str
):
    answer = getattr(http, method)("/oauth2/authorize", query_string=ASKED | {name: value})

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_going_back_is_an_error_for_the_shop(http: FlaskClient):
    assert choose(http, "")["error"] == "access_denied"


def test_logout_leads_to_the_shop_only(http: FlaskClient):
    home = http.get("/logout", query_string={"logout_uri": "http://localhost:8000/"})
    away = http.get("/logout", query_string={"logout_uri": "https://evil.example/"})

    assert (home.status_code, home.headers["Location"]) == (302, "http://localhost:8000/")
    assert away.status_code == 400

"""What comes back from a house, forged, stolen, stale or never: nobody gets in by it."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from makers_market.core.logs import JsonFormatter
from tests.accounts.issuing import (
    CALLBACK,
    CLIENT,
    KEY,
    SECRET,
    START,
    Liar,
    come_back,
    connected,
    go,
    leave,
    sign,
)

pytestmark = pytest.mark.django_db
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def ada_connected(liar: Liar, ada: User) -> None:
    """Ada is connected with the issuer: an honest token of hers would let her in."""
    connected(ada, liar)


def refused(answer: HttpResponse, browser: Client, status: int, words: str) -> None:
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "_auth_user_id" not in browser.session


def unsigned(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none", "kid": "k1"}, claims]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*coded, b""]).decode()


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """Take the issuer's public key for a shared secret, as a careless check would."""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head = {"alg": "HS256", "kid": "k1", "typ": "JWT"}
    coded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)
    ]
    mark = base64.urlsafe_b64encode(algorithm.sign(b".".join(coded), pem)).rstrip(b"=")
    return b".".join([*coded, mark]).decode()


def tampered(claims: dict[str, Any]) -> str:
    head, _body, mark = sign(claims).split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "ada-1"}).encode()).rstrip(b"=")
    return f"{head}.{other.decode()}.{mark}"


def without(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda claims: sign({key: value for key, value in claims.items() if key != name})


def but(**changes: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: sign(claims | changes)


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another audience": but(aud="another-shop"),
    "another client among several": but(aud=[CLIENT, "another-shop"], azp="another-shop"),
    "another issuer": but(iss="https://evil.example"),
    "expired": but(exp=int(time.time()) - 3600),
    "from the future": but(iat=int(time.time()) + 3600),
    "another kind": but(token_use="access"),
    "another nonce": but(nonce="replayed"),
    "nonce of another type": but(nonce=7),
    "another subject's type": but(sub=7),
    "empty subject": but(sub=" "),
    "subject with a NUL": but(sub="ada\x00-1"),
    "endless subject": but(sub="a" * 5000),
    "without nonce": without("nonce"),
    "without expiry": without("exp"),
    "without issuer": without("iss"),
    "without audience": without("aud"),
    "without subject": without("sub"),
    "unsigned": unsigned,
    "signed with the public key": signed_with_the_public_key,
    "tampered with": lambda claims: tampered(claims | {"sub": "eve-1"}),
    "key nobody knows": lambda claims: jwt.encode(
        claims, STRANGER, algorithm="RS256", headers={"kid": "stranger"}
    ),
    "key of the same name": lambda claims: jwt.encode(
        claims, STRANGER, algorithm="RS256", headers={"kid": "k1"}
    ),
    "key without a name": lambda claims: jwt.encode(claims, KEY, algorithm="RS256"),
    "no token": lambda claims: None,
    "no text": lambda claims: {"sub": "ada-1"},
    "nonsense": lambda claims: "a.b.c",
    "endless nonsense": lambda claims: "a" * 100_000,
}


@pytest.mark.parametrize("lie", LIES)
def test_token_that_lies_is_refused(liar: Liar, browser: Client, lie: str):
    liar.write = LIES[lie]

    refused(go(browser, liar), browser, 403, "did not pass our checks")
    assert User.objects.count() == 1


def test_honest_token_is_believed(liar: Liar, browser: Client, ada: User):
    assert go(browser, liar).status_code == 302
    assert browser.session["_auth_user_id"] == str(ada.pk)


def test_new_key_of_the_issuer_is_fetched(liar: Liar, browser: Client, ada: User):
    honest = liar.keys()
    liar.answers["/jwks"] = (200, json.dumps({"keys": []}).encode())
    go(browser, liar)
    liar.answers["/jwks"] = (200, json.dumps(honest).encode())

    go(browser, liar)

    assert browser.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize("state", ["", "x" * 10000, "2147483648", "-1", "foreign"])
def test_state_that_is_not_ours_is_refused(liar: Liar, browser: Client, state: str):
    asked = leave(browser)

    answer = come_back(browser, liar, asked, state=state)

    refused(answer, browser, 400, "This way back is closed")
    assert "/oauth2/token" not in liar.asked


def test_state_with_a_nul_is_refused(liar: Liar, browser: Client):
    leave(browser)

    answer = browser.get(CALLBACK.format(house="cognito") + "?state=%00&code=code-1")

    assert answer.status_code == 400


def test_link_of_another_browser_is_refused(liar: Liar, browser: Client):
    asked = leave(Client())

    refused(come_back(browser, liar, asked), browser, 400, "This way back is closed")
    assert "/oauth2/token" not in liar.asked


def test_code_stolen_into_another_browser_is_refused(liar: Liar, browser: Client):
    stolen = leave(Client())
    own = leave(browser)
    liar.grants["code-1"] = stolen

    answer = browser.get(
        CALLBACK.format(house="cognito"), {"code": "code-1", "state": own["state"]}
    )

    refused(answer, browser, 403, "did not pass our checks")


def test_answer_played_back_is_refused(liar: Liar, browser: Client):
    asked = leave(browser)
    come_back(browser, liar, asked)
    browser.post("/accounts/logout/")

    refused(come_back(browser, liar, asked), browser, 400, "This way back is closed")


def test_answer_after_ten_minutes_is_refused(liar: Liar, browser: Client):
    asked = leave(browser)
    session = browser.session
    session["socialaccount_states"][asked["state"]][1] -= 601
    session.save()

    refused(come_back(browser, liar, asked), browser, 400, "This way back is closed")


def test_state_of_another_house_is_refused(liar: Liar, browser: Client, settings: Any):
    settings.GOOGLE_CLIENT_ID = settings.GOOGLE_CLIENT_SECRET = "g"
    asked = leave(browser)

    answer = come_back(browser, liar, asked, house="google")

    refused(answer, browser, 400, "This way back is closed")


def test_answer_in_another_issuer_s_name_is_refused(liar: Liar, browser: Client):
    answer = come_back(browser, liar, leave(browser), iss="https://evil.example")

    refused(answer, browser, 403, "did not pass our checks")
    assert "/oauth2/token" not in liar.asked


def test_answer_by_post_is_refused(liar: Liar, browser: Client):
    asked = leave(browser)

    answer = browser.post(
        CALLBACK.format(house="cognito"), {"code": "code-1", "state": asked["state"]}
    )

    assert answer.status_code == 405
    assert "_auth_user_id" not in browser.session


def test_stopping_on_the_way_is_said(liar: Liar, browser: Client):
    told = {"error": "access_denied", "state": leave(browser)["state"]}

    answer = browser.get(CALLBACK.format(house="cognito"), told)

    refused(answer, browser, 400, "You stopped on the way")


def test_error_of_the_issuer_is_not_repeated(liar: Liar, browser: Client):
    told = {
        "error": "server_error", "error_description": "<script>alert(1)</script>call 555-0100",
        "state": leave(browser)["state"],
    }  # fmt: skip

    answer = browser.get(CALLBACK.format(house="cognito"), told)

    refused(answer, browser, 403, "did not pass our checks")
    assert b"555-0100" not in answer.content


def test_error_is_said_in_the_language_one_left_in(liar: Liar, browser: Client):
    told = {"error": "access_denied", "state": leave(browser, prefix="/pt")["state"]}

    answer = browser.get(CALLBACK.format(house="cognito"), told)

    assert b'<html lang="pt"' in answer.content
    assert b'href="/pt/accounts/login/"' in answer.content


@pytest.mark.parametrize("status", [500, 502, 503, 429])
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks"])
def test_issuer_in_trouble_is_said(liar: Liar, browser: Client, path: str, status: int):
    asked = leave(browser)
    cache.clear()
    liar.answers[path] = (status, b"")

    refused(come_back(browser, liar, asked), browser, 503, "Amazon Cognito does not answer")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"7", b"{}", b'{"issuer": 7}'])
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks"])
def test_issuer_that_talks_nonsense_is_refused(liar: Liar, browser: Client, path: str, body: bytes):
    asked = leave(browser)
    cache.clear()
    liar.answers[path] = (200, body)

    refused(come_back(browser, liar, asked), browser, 403, "did not pass our checks")


def test_configuration_of_another_issuer_is_refused(liar: Liar, browser: Client):
    evil = liar.configuration() | {"issuer": "https://evil.example"}
    liar.answers["/.well-known/openid-configuration"] = (200, json.dumps(evil).encode())

    answer = browser.post(START.format(house="cognito"))

    refused(answer, browser, 403, "did not pass our checks")


def test_issuer_away_is_said(liar: Liar, browser: Client, settings: Any):
    settings.COGNITO_ISSUER = "http://127.0.0.1:9"

    answer = browser.post(START.format(house="cognito"))

    refused(answer, browser, 503, "Amazon Cognito does not answer")


@pytest.mark.slow
def test_slow_issuer_keeps_nobody_waiting(liar: Liar, browser: Client):
    asked = leave(browser)
    cache.clear()
    liar.silence = 3
    began = time.monotonic()

    answer = come_back(browser, liar, asked)

    assert time.monotonic() - began < 6
    refused(answer, browser, 503, "Amazon Cognito does not answer")


def test_secret_and_code_are_in_no_log(liar: Liar, browser: Client, caplog: Any):
    liar.write = LIES["unsigned"]

    go(browser, liar)

    logged = " ".join(JsonFormatter().format(record) for record in caplog.records)
    assert "sign_in_elsewhere_failed" in logged
    assert not [word for word in (SECRET, "code-1", "ada@example.com") if word in logged]

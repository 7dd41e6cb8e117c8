"""An issuer that speaks as Cognito does, and lies when it is told to; and a way there and back."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.http import HttpResponse
from django.test import Client

from accounts.models import User

START = "/accounts/oidc/{house}/login/"
CALLBACK = "/accounts/oidc/{house}/login/callback/"
CLIENT, SECRET = "shop", "the-shops-secret"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NEW = {"sub": "nia-1", "email": "nia@example.com", "email_verified": True, "name": "Nia Nunes"}
ADA = {"sub": "ada-1", "email": "ada@example.com", "email_verified": True, "name": "Ada Martins"}


def sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "k1"})


@dataclass
class Liar:
    """What the issuer says next; the tests change it."""

    url: str
    person: dict[str, Any] = field(default_factory=lambda: dict(ADA))
    # Makes the ID token of its claims.
    write: Callable[[dict[str, Any]], Any] = sign
    # Laid over what the addresses would answer: path → (status, body), seconds of silence.
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    silence: float = 0
    asked: list[str] = field(default_factory=list)
    # What each code was given out for: nonce and challenge.
    grants: dict[str, dict[str, str]] = field(default_factory=dict)

    def be_honest(self) -> None:
        """Forget what it was told to say."""
        self.__init__(self.url)  # type: ignore[misc]

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth2/authorize",
            "token_endpoint": f"{self.url}/oauth2/token",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [public | {"kid": "k1", "alg": "RS256", "use": "sig"}]}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Trade a code as RFC 7636 asks: once, for its verifier and the client's secret."""
        grant = self.grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        client = (form.get("client_id"), form.get("client_secret"))
        if grant is None or challenge != grant["code_challenge"] or client != (CLIENT, SECRET):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 600,
            "nonce": grant["nonce"], "token_use": "id",
        }  # fmt: skip
        return 200, {"id_token": self.write(claims | self.person), "access_token": "a"}


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        liar = self.server.liar
        pages = {"/.well-known/openid-configuration": liar.configuration, "/jwks": liar.keys}
        self._answer(200, pages[self.path]())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(*self.server.liar.token(dict(parse_qsl(body))))

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        liar = self.server.liar
        liar.asked.append(self.path)
        time.sleep(liar.silence)
        status, body = liar.answers.get(self.path, (status, json.dumps(said).encode()))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # Who has lost patience is gone by now.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    liar: Liar


@contextmanager
def lying() -> Iterator[Liar]:
    """Run a Liar."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.liar = Liar(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.liar
    server.shutdown()
    server.server_close()


def leave(
    browser: Client, *, prefix: str = "", house: str = "cognito", **form: str
) -> dict[str, str]:
    """Press the button; gives what the issuer is asked."""
    answer = browser.post(prefix + START.format(house=house), form)
    assert answer.status_code == 302, answer.content
    return {key: values[0] for key, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def come_back(
    browser: Client, liar: Liar, asked: dict[str, str], *, house: str = "cognito", **told: str
) -> HttpResponse:
    """Be redirected back with a fresh code."""
    liar.grants["code-1"] = asked
    answer = {"code": "code-1", "state": asked["state"]} | told
    return browser.get(CALLBACK.format(house=house), answer)


def go(browser: Client, liar: Liar, **form: str) -> HttpResponse:
    """Go there and back."""
    return come_back(browser, liar, leave(browser, **form))


def proven(person: User) -> Client:
    """Give a browser whose person has just typed the password again."""
    client = Client()
    client.force_login(person)
    answer = client.post("/accounts/reauthenticate/", {"password": "pw"})
    assert answer.status_code == 302, answer.content
    return client


def person_in(browser: Client) -> int | None:
    key = browser.session.get("_auth_user_id")
    return int(key) if key else None


def uid(liar: Liar, sub: str = "ada-1") -> str:
    return f"{liar.url} {sub}"


def connected(person: User, liar: Liar, sub: str = "ada-1") -> SocialAccount:
    return SocialAccount.objects.create(user=person, provider="cognito", uid=uid(liar, sub))

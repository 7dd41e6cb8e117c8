"""OpenID Connect, the part a shop needs: where to send a person, and who it is that came back.

Nothing an issuer says is believed before its signature, its times and whom it was said to are
checked; the address it gives counts as proven only when the issuer says exactly that. Sources:
OpenID Connect Core 1.0, 3.1.3.7 (what to check), Discovery 1.0, 4.3 (whose document it is),
RFC 7636 (PKCE), RFC 9207 (whose answer it is).
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import requests
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from opentelemetry.trace import SpanKind

from makers_market.core import tracing

# One visit to the callback asks the issuer for up to three things: all of it in this many seconds.
PATIENCE = 5.0
KEPT_SECONDS = 600
CLOCKS_DIFFER_SECONDS = 30
# What Cognito and Google sign with; "none" and shared secrets are not on the list.
ALGORITHMS = ["RS256", "ES256"]
LONGEST_UID = 191
SCOPE = "openid email profile"


class Away(Exception):
    """The issuer does not answer, or not in time."""


class Distrusted(Exception):
    """What was said in the issuer's name cannot be believed; the text is for the log."""


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who vouches for people, and by which name and secret it knows the shop."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What only this browser's session knows of one way out and back; all of it is random."""

    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> "Attempt":
        return cls(nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(64))

    @property
    def challenge(self) -> str:
        """Give what may be told in public of the verifier (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who came back: the issuer and its own id of the person say who, nothing else does."""

    issuer: str
    subject: str
    # In lower case; empty when there is none that could be an address.
    email: str
    is_email_verified: bool
    name: str
    groups: tuple[str, ...]

    @property
    def uid(self) -> str:
        """Name the person among all people of all issuers."""
        return f"{self.issuer} {self.subject}"


def way_out(
    issuer: Issuer, attempt: Attempt, *, state: str, callback: str, more: Mapping[str, str]
) -> str:
    """Give the address at the issuer where a person proves who they are; raises Away, Distrusted.

    `callback` is the absolute address they come back to, `more` the issuer's own parameters.
    """
    found = _Line().configuration(issuer)
    asked = {
        **more,
        "client_id": issuer.client_id,
        "redirect_uri": callback,
        "response_type": "code",
        "scope": SCOPE,
        "state": state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in found["authorization_endpoint"] else "?"
    return f"{found['authorization_endpoint']}{joint}{urlencode(asked)}"


def who_came_back(
    issuer: Issuer, attempt: Attempt, *, code: str, callback: str, told_issuer: str | None
) -> Identity:
    """Trade the code for the person it stands for; raises Away, Distrusted.

    `told_issuer` is the `iss` of the callback, if there was one: it keeps one issuer from
    answering in another's place.
    """
    if told_issuer is not None and told_issuer != issuer.url:
        raise Distrusted("another issuer answered")
    line = _Line()
    token = line.id_token(issuer, attempt, code=code, callback=callback)
    return identity_of(_believed(line, issuer, token, attempt.nonce))


def identity_of(claims: Mapping[str, Any]) -> Identity:
    """Take the person out of claims that are believed already; raises Distrusted without one."""
    subject = claims["sub"]
    groups = claims.get("cognito:groups")
    identity = Identity(
        issuer=claims["iss"],
        subject=subject,
        email=_address(claims.get("email")),
        # Cognito writes the word; any other word, "false" and "False" first, is a no.
        is_email_verified=claims.get("email_verified") is True
        or claims.get("email_verified") == "true",
        name=_line_of(claims.get("name"), 120),
        groups=tuple(str(group) for group in groups) if isinstance(groups, list) else (),
    )
    if not isinstance(subject, str) or not subject.isprintable() or not subject.strip():
        raise Distrusted("no person in it")
    if len(identity.uid) > LONGEST_UID:
        raise Distrusted("the person's id is too long")
    return identity


class _Line:
    """One visit's talk with an issuer, which ends when its patience does."""

    def __init__(self) -> None:
        self.ends = time.monotonic() + PATIENCE

    def configuration(self, issuer: Issuer) -> dict[str, Any]:
        """Give what the issuer says of itself, kept for some minutes."""
        address = f"{issuer.url.rstrip('/')}/.well-known/openid-configuration"
        found = self._kept(address)
        if found.get("issuer") != issuer.url:
            raise Distrusted("the configuration is another issuer's")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(isinstance(found.get(name), str) for name in wanted):
            raise Distrusted("the configuration lacks an address")
        return found

    def key(self, issuer: Issuer, name: object) -> jwt.PyJWK:
        """Give the issuer's key of this name; asks again for one that is new."""
        address = self.configuration(issuer)["jwks_uri"]
        for fresh in (False, True):
            keys = self._kept(address, fresh=fresh).get("keys")
            for each in keys if isinstance(keys, list) else []:
                if isinstance(each, dict) and name and each.get("kid") == name:
                    return jwt.PyJWK(each)
        raise Distrusted("signed with a key the issuer does not have")

    def id_token(self, issuer: Issuer, attempt: Attempt, *, code: str, callback: str) -> str:
        """Trade a code, which is good once, for the token that tells who it stands for."""
        found = self.configuration(issuer)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": attempt.verifier,
            "client_id": issuer.client_id,
        }
        auth = None
        if "client_secret_post" in found.get("token_endpoint_auth_methods_supported", []):
            form["client_secret"] = issuer.client_secret
        else:
            auth = (quote(issuer.client_id, safe=""), quote(issuer.client_secret, safe=""))
        token = self._ask("POST", found["token_endpoint"], data=form, auth=auth).get("id_token")
        if not isinstance(token, str):
            raise Distrusted("no ID token")
        return token

    def _kept(self, address: str, *, fresh: bool = False) -> dict[str, Any]:
        key = f"oidc:{hashlib.sha256(address.encode()).hexdigest()}"
        found = None if fresh else cache.get(key)
        if not isinstance(found, dict):
            found = self._ask("GET", address)
            cache.set(key, found, KEPT_SECONDS)
        return found

    def _ask(self, method: str, address: str, **options: Any) -> dict[str, Any]:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Away("out of patience")
        try:
            with tracing.span("sign-in house", SpanKind.CLIENT, peer_service="sign-in"):
                answer = requests.request(
                    method,
                    address,
                    timeout=(min(2.0, left), left),
                    allow_redirects=False,
                    **options,
                )
        except requests.RequestException as error:
            raise Away(type(error).__name__) from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Away(f"status {answer.status_code}")
        try:
            said = answer.json() if answer.status_code == 200 else None
        except ValueError as error:
            raise Distrusted("not JSON") from error
        if not isinstance(said, dict):
            raise Distrusted(f"no answer we know, status {answer.status_code}")
        return said


def _believed(line: _Line, issuer: Issuer, token: str, nonce: str) -> dict[str, Any]:
    """Check an ID token as OpenID Connect Core 1.0, 3.1.3.7 asks, and give its claims."""
    try:
        key = line.key(issuer, jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=issuer.client_id,
            issuer=issuer.url,
            leeway=CLOCKS_DIFFER_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise Distrusted(type(error).__name__) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Distrusted("the token is not of this attempt")
    if claims.get("azp", issuer.client_id) != issuer.client_id:
        raise Distrusted("the token is another client's")
    if claims.get("token_use", "id") != "id":
        raise Distrusted("the token is of another kind")
    return claims


def _address(given: object) -> str:
    if not isinstance(given, str):
        return ""
    try:
        validate_email(given)
    except ValidationError:
        return ""
    return given.lower()


def _line_of(given: object, longest: int) -> str:
    """Give a short text without line breaks and the like."""
    if not isinstance(given, str):
        return ""
    return "".join(each for each in given if each.isprintable()).strip()[:longest]

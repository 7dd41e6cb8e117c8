"""The pool's keys and codes: a code is good once, for minutes, for whoever has the verifier."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.world.signin.people import Person

CODE_SECONDS = 300
TOKEN_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Client:
    """The one shop the pool knows."""

    id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a code stands for."""

    person: Person
    nonce: str
    challenge: str
    at: float


class Pool:
    """Hands out codes and trades them for signed tokens."""

    def __init__(self, issuer: str, client: Client) -> None:
        self.issuer = issuer
        self.client = client
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = secrets.token_hex(8)
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def keys(self) -> dict[str, Any]:
        """Return the public key as a JWK set."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [key | {"kid": self._key_id, "alg": "RS256", "use": "sig"}]}

    def code_for(self, person: Person, *, nonce: str, challenge: str) -> str:
        """Return a new code for `person`."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            grant = Grant(person=person, nonce=nonce, challenge=challenge, at=time.time())
            self._grants[code] = grant
        return code

    def is_client(self, given_id: str, given_secret: str) -> bool:
        """Say whether these are the shop's own."""
        return given_id == self.client.id and hmac.compare_digest(given_secret, self.client.secret)

    def trade(self, code: str, *, redirect_uri: str, verifier: str) -> dict[str, Any] | None:
        """Return the tokens a code stands for, or None; the code is used up either way."""
        with self._lock:
            grant = self._grants.pop(code, None)
        if grant is None or time.time() - grant.at > CODE_SECONDS:
            return None
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if redirect_uri != self.client.redirect_uri or challenge != grant.challenge:
            return None
        return {
            "id_token": self._id_token(grant),
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
        }

    def _id_token(self, grant: Grant) -> str:
        now = int(time.time())
        claims = grant.person.claims | {
            "iss": self.issuer,
            "sub": grant.person.sub,
            "aud": self.client.id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": secrets.token_hex(16),
            "token_use": "id",
        }
        if grant.nonce:
            claims["nonce"] = grant.nonce
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})

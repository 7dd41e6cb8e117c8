"""What a deployment with TLS sends: the tests' own shop has none."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests import world
from tests.security.test_boot import OWN

pytestmark = pytest.mark.slow
ASK = """
import django, json
django.setup()
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from accounts import known_devices
from catalog import visitor

plain = Client().get("/healthz/x")
by_edge = {"X-Forwarded-Proto": "https", "X-Origin-Secret": settings.EDGE_SECRETS[0]}
secure = Client(headers=by_edge).get("/healthz")
cookies = {
    kind: [getattr(settings, f"{kind}_COOKIE_{of}") for of in
           ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")]
    for kind in ("SESSION", "CSRF")
}
print(json.dumps({
    "cookies": cookies,
    "device": known_devices.COOKIE,
    "seen": visitor.SEEN_COOKIE,
    "hsts": secure.headers["Strict-Transport-Security"],
    "plain": [plain.status_code, plain.headers["Location"]],
    "password": make_password("a b c").split("$")[:2],
}))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """Let a shop with TLS say what it sends."""
    deployment = world.environment(
        database=world.postgres.url("market"), SANDBOX="0", SECURE_COOKIES="1",
        SITE_URL="https://testserver",
    )  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", ASK], cwd=world.ROOT, check=False, text=True,
        env=os.environ | deployment | OWN, capture_output=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def test_cookies_belong_to_this_host_alone(said: dict[str, Any]):
    flags = [True, True, "Lax", "/", None]

    assert said["cookies"] == {
        "SESSION": ["__Host-session", *flags],
        "CSRF": ["__Host-csrf", *flags],
    }
    assert said["device"] == "__Host-device"
    assert said["seen"] == "__Host-seen"


def test_browsers_keep_to_tls(said: dict[str, Any]):
    assert said["hsts"] == "max-age=63072000; includeSubDomains; preload"
    assert said["plain"] == [301, "https://testserver/healthz/x"]


def test_passwords_are_hashed_slowly(said: dict[str, Any]):
    kind, count = said["password"]

    assert kind == "pbkdf2_sha256"
    # OWASP's count for PBKDF2 with SHA-256.
    assert int(count) >= 600_000

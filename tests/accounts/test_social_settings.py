"""What a deployment says of Google and Cognito, and what stops it from starting."""

import json
import os
import subprocess
import sys

import pytest

from tests import world

POOL = {
    "COGNITO_CLIENT_ID": "shop",
    "COGNITO_CLIENT_SECRET": "a-secret-of-our-own",
    "COGNITO_ISSUER": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool",
    "COGNITO_DOMAIN": "https://market.auth.eu-west-1.amazoncognito.com",
}
DIRECT = {"GOOGLE_CLIENT_ID": "shop", "GOOGLE_CLIENT_SECRET": "a-secret-of-our-own"}
POOL_ORIGINS = {
    "https://cognito-idp.eu-west-1.amazonaws.com",
    "https://market.auth.eu-west-1.amazoncognito.com",
}
GOOGLE_ORIGIN = "https://accounts.google.com"
TELL = (
    "import django, json; django.setup(); from django.conf import settings;"
    " from accounts.social import ways;"
    " print(json.dumps([settings.SECURE_CSP['form-action'], [way.name for way in ways()]]))"
)
pytestmark = pytest.mark.slow


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Load the shop with this said of it."""
    said = world.environment(database=world.postgres.url("market"), **changes)
    return subprocess.run(
        [sys.executable, "-c", TELL], cwd=world.ROOT, check=False, text=True,
        env=os.environ | said, capture_output=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "origins", "buttons"),
    [
        ({}, set(), []),
        (POOL, POOL_ORIGINS, ["Amazon Cognito"]),
        (
            POOL | {"COGNITO_GOOGLE": "1", "COGNITO_NAME": "Guild"},
            POOL_ORIGINS | {GOOGLE_ORIGIN},
            ["Google", "Guild"],
        ),
        (DIRECT, {GOOGLE_ORIGIN}, ["Google"]),
        (POOL | DIRECT, POOL_ORIGINS | {GOOGLE_ORIGIN}, ["Google", "Amazon Cognito"]),
    ],
    ids=["none", "pool", "Google in the pool", "Google", "both"],
)
def test_forms_may_lead_to_the_houses_and_nowhere_else(
    said: dict[str, str], origins: set[str], buttons: list[str]
):
    ended = start(**said)

    allowed, shown = json.loads(ended.stdout)
    assert set(allowed) == origins | {"'self'", f"http://localhost:{world.PORTS['stripe']}"}
    assert shown == buttons


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("COGNITO_CLIENT_SECRET", " ", "COGNITO_CLIENT_SECRET is empty"),
        ("COGNITO_ISSUER", "", "COGNITO_ISSUER must look like https://"),
        ("COGNITO_ISSUER", "http://pool.example", "COGNITO_ISSUER must look like https://"),
        ("COGNITO_DOMAIN", "pool.example", "COGNITO_DOMAIN must look like https://"),
        ("COGNITO_GROUP_ROLES", "operators=owner", "not name=value"),
        ("COGNITO_GROUP_ROLES", "operators", "not name=value"),
    ],
)
def test_half_a_pool_stops_it(name: str, value: str, words: str):
    ended = start(**POOL | {name: value})

    assert ended.returncode == 1
    assert words in ended.stderr

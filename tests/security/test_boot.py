"""The shop does not start with an empty secret, nor with one that everybody can read."""

import os
import subprocess
import sys

import pytest

from sandbox.env import read_env
from tests import world

pytestmark = pytest.mark.slow
SECRETS = [
    "SECRET_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "RESEND_API_KEY",
    "DELIVERY_CALLBACK_SECRETS",
]
OWN = dict.fromkeys(SECRETS, f"our-own-secret-{'k' * 40}")
START = "import django; django.setup()"


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Load the shop as a deployment does, far from the sandbox."""
    deployment = world.environment(database=world.postgres.url("market"), SANDBOX="0")
    return subprocess.run(
        [sys.executable, "-c", START], cwd=world.ROOT, check=False, text=True,
        env=os.environ | deployment | OWN | changes, capture_output=True, timeout=60,
    )  # fmt: skip


def test_starts_with_secrets_of_its_own():
    assert start().returncode == 0


@pytest.mark.parametrize("name", [*SECRETS, "DATABASE_URL"])
def test_empty_secret_stops_it(name: str):
    ended = start(**{name: " "})

    assert ended.returncode == 1
    assert f"{name} is empty" in ended.stderr


@pytest.mark.parametrize("name", SECRETS)
def test_secret_of_the_example_stops_it(name: str):
    published = read_env(world.ROOT / ".env.example")[name]

    ended = start(**{name: published})

    assert ended.returncode == 1
    assert f"{name} is the example's" in ended.stderr


@pytest.mark.parametrize("name", ["STRIPE_WEBHOOK_SECRETS", "DELIVERY_CALLBACK_SECRETS"])
@pytest.mark.parametrize("value", [",", "one-key,", "whsec_"])
def test_empty_key_among_several_stops_it(name: str, value: str):
    ended = start(**{name: value})

    assert ended.returncode == 1
    assert name in ended.stderr


def test_crash_point_stops_it():
    ended = start(CRASH_AT="order_placed")

    assert ended.returncode == 1
    assert "CRASH_AT kills the process" in ended.stderr


def test_crash_point_is_for_the_sandbox():
    assert start(CRASH_AT="order_placed", SANDBOX="1").returncode == 0


def test_error_does_not_tell_the_secret():
    secret = "example-" + "canary" * 9

    ended = start(SECRET_KEY=secret)

    assert ended.returncode == 1
    assert secret not in ended.stderr + ended.stdout


def test_deployment_passes_django_s_own_checks():
    deployment = world.environment(
        database=world.postgres.url("market"), SANDBOX="0", SECURE_COOKIES="1",
        SITE_URL="https://makersmarket.example",
        ALLOWED_HOSTS="makersmarket.example",
    )  # fmt: skip
    environment = os.environ | deployment | OWN
    del environment["DJANGO_ALLOW_ASYNC_UNSAFE"]

    ended = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=world.ROOT, check=False, text=True, env=environment, capture_output=True, timeout=60,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr

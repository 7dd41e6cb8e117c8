"""A start that cannot succeed says why, all at once; one that can waits for what it needs."""

import os
import time

import pytest
from django.test import override_settings

from makers_market.core import waiting
from sandbox.env import read_env
from tests import world
from tests.faults.commands import Commands, answers, run
from tests.faults.commands import commands as commands
from tests.faults.servers import silent_postgres
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WRONG = "?! wrong ;"
# Anything is a value for these: words that people read, secrets, folders, names at others.
FREE = {
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "EDGE_SECRETS", "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY", "DELIVERY_CALLBACK_SECRETS", "COGNITO_CLIENT_ID",
    "COGNITO_CLIENT_SECRET", "COGNITO_NAME", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET",
    "STATIC_ROOT", "MEDIA_ROOT", "MARKET_LEGAL_NAME", "MARKET_ADDRESS", "MARKET_EMAIL",
    "MARKET_NIF",
}  # fmt: skip


def test_every_wrong_variable_is_named_at_once():
    names = set(read_env(world.ROOT / ".env.example")) - FREE

    ended = run("web", **dict.fromkeys(names, WRONG))

    told = {line.split()[1] for line in ended.stderr.splitlines() if line.startswith("- ")}
    assert told == names
    assert ended.returncode == os.EX_CONFIG
    assert "Traceback" not in ended.stderr


def test_missing_secrets_are_named_at_once_and_present_ones_not_told():
    canary = "canary" * 9
    missing = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY"]

    ended = run("worker", SECRET_KEY=canary, **dict.fromkeys(missing, ""))

    assert ended.stderr.splitlines() == [
        "The environment is wrong in 3 places:",
        *(f"- {name} is empty. It is a secret and must have a value." for name in missing),
    ]
    assert ended.returncode == os.EX_CONFIG


def test_absent_postgres_is_waited_for_and_then_told():
    port = world.free_port()
    started = time.monotonic()

    ended = run("web", WAIT_SECONDS="2", DATABASE_URL=f"postgres://me:canary@127.0.0.1:{port}/shop")

    assert ended.returncode == os.EX_TEMPFAIL
    first, last = ended.stderr.splitlines()
    assert first.startswith(f"Waiting: PostgreSQL at 127.0.0.1:{port} cannot be used: ")
    assert last.startswith(f"Given up. PostgreSQL at 127.0.0.1:{port} cannot be used: ")
    assert "Check DATABASE_URL" in last
    assert "canary" not in ended.stderr
    assert time.monotonic() - started > 2


def test_migrate_that_cannot_ask_for_its_administrator_says_so():
    ended = run(
        "migrate", DATABASE_URL=f"postgres://me:canary@127.0.0.1:{world.free_port()}/shop",
        DATABASE_ADMIN_SECRET_ARN="arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
        AWS_ENDPOINT_URL_SECRETS_MANAGER=f"http://127.0.0.1:{world.free_port()}",
    )  # fmt: skip

    assert ended.returncode == 1
    (told,) = ended.stderr.splitlines()
    assert told.startswith("The roles are not prepared. Secrets Manager: ")
    assert "canary" not in told


def test_web_opens_when_a_silent_postgres_answers_again(commands: Commands):
    port = world.free_port()
    with silent_postgres():
        web = commands.start("web", PORT=str(port))
        wait_until(lambda: "Waiting: PostgreSQL" in commands.logged("web"), seconds=60)
        is_early = answers(port, "/healthz")

    wait_until(lambda: answers(port, "/readyz"), seconds=30, what="ready")
    assert not is_early
    assert web.poll() is None


def test_absent_cache_is_told_and_no_reason_to_stay_away():
    port = world.free_port()
    with override_settings(CACHE_URL=f"redis://me:canary@127.0.0.1:{port}/0"):
        told = waiting.cache_trouble()

    assert told.startswith(f"The cache at 127.0.0.1:{port} does not answer (ConnectionError).")
    assert "canary" not in told


def test_two_migrate_runs_at_once_and_a_web_that_waits_for_them(commands: Commands):
    """On an empty database: the web waits, one run does it all, the other finds nothing to do."""
    name = f"fresh_{os.getpid()}"
    world.postgres.create(name)
    url, port = world.postgres.url(name), world.free_port()
    refused = run("worker", DATABASE_URL=url, WAIT_SECONDS="0")
    web = commands.start("web", PORT=str(port), DATABASE_URL=url, WAIT_SECONDS="200")
    runs = [commands.start("migrate", DATABASE_URL=url, WAIT_SECONDS="200") for _each in range(2)]

    ends = [process.wait(timeout=200) for process in runs]

    assert ends == [0, 0]
    told = commands.logged("migrate").splitlines()
    assert told.count("The database is at this release.") == 1
    assert told.count("Nothing to do: the database is at this release.") == 1
    wait_until(lambda: answers(port, "/readyz"), seconds=30, what="ready")
    assert web.poll() is None
    assert "migrations are not applied: " in commands.logged("web")
    assert "Run: python -m makers_market migrate." in commands.logged("web")
    assert refused.returncode == os.EX_TEMPFAIL
    assert refused.stderr.startswith("Given up. ")
    commands.end()
    world.postgres.drop(name)


def test_check_is_content_with_a_deployment():
    own = f"our-own-secret-{'k' * 40}"
    names = [
        "SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY",
        "DELIVERY_CALLBACK_SECRETS",
    ]  # fmt: skip

    ended = run(
        "check", SANDBOX="0", SECURE_COOKIES="1", SITE_URL="https://makersmarket.example",
        ALLOWED_HOSTS="makersmarket.example",
        DJANGO_ALLOW_ASYNC_UNSAFE="", **dict.fromkeys(names, own),
    )  # fmt: skip

    assert ended.stderr.splitlines() == ["ok: settings", "ok: database", "ok: migrations"]
    assert ended.returncode == 0

"""The roles are made by RDS's administrator, once; then the app's login needs nobody."""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from makers_market.core.roles import RolesNotPrepared, administrator
from tests import world
from tests.files.certificates import Authority
from tests.files.rds import MASTER, PASSWORD, Rds

pytestmark = pytest.mark.slow


@pytest.fixture
def secret(aws: str) -> Iterator[str]:
    """Give the name of the secret in which RDS keeps the administrator's login."""
    client = boto3.client("secretsmanager", region_name="eu-west-1", endpoint_url=aws)
    kept = json.dumps({"username": MASTER, "password": PASSWORD})
    arn = client.create_secret(Name="rds!db-master", SecretString=kept)["ARN"]
    yield arn
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def bare(rds: Rds) -> Rds:
    """An RDS before our first release."""
    rds.run("DROP DATABASE market WITH (FORCE)")
    rds.run("DROP ROLE IF EXISTS market; DROP ROLE IF EXISTS mm_workshop")
    rds.run(f"CREATE DATABASE market OWNER {MASTER} TEMPLATE template0")
    return rds


def manage(rds: Rds, authority: Authority, *words: str, **env: str) -> subprocess.CompletedProcess:
    """Run a command of the shop as the migrating task does."""
    database = (
        f"postgres://market@localhost:{rds.port}/market"
        f"?sslmode=verify-full&sslrootcert={authority.file}"
    )
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=world.ROOT, check=False, text=True,
        env=os.environ | world.environment(database=database) | env,
        capture_output=True, timeout=120,
    )  # fmt: skip


def test_first_release_makes_the_roles(bare: Rds, authority: Authority, aws: str, secret: str):
    task = {"DATABASE_ADMIN_SECRET_ARN": secret, "AWS_ENDPOINT_URL_SECRETS_MANAGER": aws}

    first = manage(bare, authority, "prepare_roles", **task)
    second = manage(bare, authority, "prepare_roles")

    assert (first.stdout, first.stderr) == ("Roles prepared.\n", "")
    assert (second.stdout, second.stderr) == ("Roles are in place.\n", "")
    rights = bare.run(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
        " FROM pg_roles WHERE rolname = 'market'"
    )
    assert rights == [(True, False, False, False, False)]
    workshop = "SELECT pg_has_role('market', 'mm_workshop', '{}')"
    assert bare.run(workshop.format("SET")) == [(True,)]
    assert bare.run(workshop.format("USAGE")) == [(False,)]
    extend = "SET ROLE market; CREATE EXTENSION citext; CREATE TABLE own (word citext)"
    bare.run(extend, "market")


@pytest.mark.long
def test_app_s_login_migrates_by_itself(bare: Rds, authority: Authority):
    bare.prepare(auth="password")

    migrated = manage(bare, authority, "migrate", "--verbosity", "0")

    assert (migrated.returncode, migrated.stderr) == (0, "")
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert bare.run(owners, "market") == [("market",)]


def test_administrator_does_not_become_a_member_of_the_app(bare: Rds):
    """Nor by that of rds_iam, whose members RDS lets in by no password."""
    for _ in range(2):
        bare.prepare(auth="iam")

    members = (
        "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members"
        " WHERE 'market'::regrole IN (roleid, member)"
    )
    assert sorted(bare.run(members)) == [("mm_workshop", "market"), ("rds_iam", "market")]
    passing = "SELECT rolname FROM pg_roles WHERE rolname = 'mm_passing'"
    assert bare.run(passing) == []


def test_password_stays_where_no_token_is_used(bare: Rds):
    bare.prepare(auth="password")

    assert bare.run("SELECT pg_has_role('market', 'rds_iam', 'MEMBER')") == [(False,)]


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("not JSON but canary", "without username and password"),
        ('["canary"]', "without username and password"),
        ('{"username": "master"}', "without username and password"),
        ("", "ResourceNotFoundException"),
    ],
)
def test_odd_secret_is_told_without_its_content(
    aws: str, settings: Any, monkeypatch: pytest.MonkeyPatch, kept: str, told: str
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws)
    settings.DATABASE_ADMIN_SECRET_ARN = f"odd-{len(kept)}"
    if kept:
        client = boto3.client("secretsmanager", region_name="eu-west-1")
        client.create_secret(Name=f"odd-{len(kept)}", SecretString=kept)

    with pytest.raises(RolesNotPrepared) as refused:
        administrator()

    assert told in str(refused.value)
    assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_missing_roles_without_an_administrator_say_what_to_do(settings: Any):
    settings.DATABASE_ADMIN_SECRET_ARN = ""

    with pytest.raises(RolesNotPrepared, match="DATABASE_ADMIN_SECRET_ARN, or run deploy/sql"):
        administrator()

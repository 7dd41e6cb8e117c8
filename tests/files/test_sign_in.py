"""PostgreSQL over TLS, and signed in to by tokens: the shop's own backend and the worker's pool."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.db import OperationalError, connections
from django.db.utils import ConnectionHandler

from makers_market.core import env
from makers_market.core.iam_postgres.base import token
from makers_market.core.job_connector import FreshConnector
from tests import world
from tests.files.certificates import Authority
from tests.files.rds import Rds, TokenDoor
from tests.stand_ins import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def may_connect(django_db_blocker: Any) -> Iterator[None]:
    """Let a test connect to servers of its own: it asks for no test database."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def prepared(rds: Rds) -> Rds:
    rds.prepare(auth="iam")
    return rds


@pytest.fixture(scope="module")
def seen() -> list[str]:
    """The passwords that the door was given."""
    return []


@pytest.fixture(scope="module")
def door(prepared: Rds, localhost: tuple[Path, Path], seen: list[str]) -> Iterator[TokenDoor]:
    """RDS's own sign-in: it believes a token that names the server, the role and 15 minutes."""

    def judge(user: str, password: str) -> bool:
        seen.append(password)
        signed = urlsplit(f"https://{password}")
        said = {name: values[0] for name, values in parse_qs(signed.query).items()}
        wanted = {"Action": "connect", "DBUser": user, "X-Amz-Expires": "900"}
        return (
            signed.netloc == f"localhost:{running.port}"
            and wanted.items() <= said.items()
            and said.get("X-Amz-Credential", "").endswith("/eu-west-1/rds-db/aws4_request")
        )

    running = TokenDoor(prepared.port, *localhost, judge=judge)
    yield running
    running.close()


def address(port: int, tls: str, host: str = "localhost") -> str:
    return f"postgres://market@{host}:{port}/market?connect_timeout=5&{tls}"


def connect(monkeypatch: pytest.MonkeyPatch, url: str, auth: str = "password") -> Any:
    """Give a connection of Django's made of this environment."""
    monkeypatch.setenv("DATABASE_URL", url)
    return ConnectionHandler({"default": env.database("DATABASE_URL", auth=auth)})["default"]


def asked(connection: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        answer = list(cursor.fetchone())
    connection.close()
    return answer


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_server_of_our_authority_is_believed(
    prepared: Rds, authority: Authority, monkeypatch: pytest.MonkeyPatch, host: str
):
    tls = f"sslmode=verify-full&sslrootcert={authority.file}"

    answer = asked(connect(monkeypatch, address(prepared.port, tls, host)))

    assert answer == ["market", True]


def test_server_of_a_strange_authority_is_refused(
    prepared: Rds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stranger = Authority(tmp_path, "stranger")
    tls = f"sslmode=verify-full&sslrootcert={stranger.file}"

    with pytest.raises(OperationalError, match="certificate verify failed"):
        asked(connect(monkeypatch, address(prepared.port, tls)))


def test_server_of_another_name_is_refused(
    prepared: Rds, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    elsewhere = Authority(tmp_path, "another")
    door = TokenDoor(prepared.port, *elsewhere.sign("elsewhere"), judge=lambda *_words: False)
    tls = f"sslmode=verify-full&sslrootcert={elsewhere.file}"

    with pytest.raises(OperationalError, match='does not match host name "localhost"'):
        asked(connect(monkeypatch, address(door.port, tls)))
    door.close()


def test_plain_connection_is_refused(prepared: Rds, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(OperationalError, match="no encryption"):
        asked(connect(monkeypatch, address(prepared.port, "sslmode=disable")))


def test_each_connection_signs_in_by_a_token_of_its_own(
    door: TokenDoor, authority: Authority, seen: list[str], monkeypatch: pytest.MonkeyPatch
):
    seen.clear()
    tls = f"sslmode=verify-full&sslrootcert={authority.file}"
    connection = connect(monkeypatch, address(door.port, tls), auth="iam")

    answers = [asked(connection), asked(connection)]

    assert answers == [["market", True]] * 2
    assert len(seen) == 2
    assert connection.settings_dict["PASSWORD"] == ""


def test_token_for_somebody_else_is_refused(
    door: TokenDoor, authority: Authority, monkeypatch: pytest.MonkeyPatch
):
    other = quote(token(host="localhost", port=door.port, user="postgres"), safe="")
    url = address(door.port, f"sslmode=verify-full&sslrootcert={authority.file}")

    with pytest.raises(OperationalError, match="PAM authentication failed"):
        asked(connect(monkeypatch, url.replace("market@", f"market:{other}@", 1)))


def test_worker_s_pool_signs_in_anew_after_the_server_let_it_go(
    door: TokenDoor, prepared: Rds, authority: Authority, seen: list[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    seen.clear()
    tls = f"sslmode=verify-full&sslrootcert={authority.file}"
    backend = connect(monkeypatch, address(door.port, tls), auth="iam")
    monkeypatch.setitem(connections.settings, "tokens", backend.settings_dict)

    async def work() -> int:
        connector = FreshConnector(alias="tokens").get_worker_connector()
        await connector.open_async()
        before = len(seen)
        prepared.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'market'"
        )
        await connector.execute_query_async("SELECT 1")
        await connector.close_async()
        return before

    # A browser's test before this one may have left a loop running in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        before = elsewhere.submit(asyncio.run, work()).result()

    assert len(seen) > before >= 1


def test_running_worker_signs_in_by_tokens_alone(
    door: TokenDoor, prepared: Rds, authority: Authority, seen: list[str], tmp_path: Path
):
    """It has no schema to work on here: it gets as far as asking for its tables."""
    seen.clear()
    log = (tmp_path / "worker.log").open("w+b")
    url = address(door.port, f"sslmode=verify-full&sslrootcert={authority.file}")
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"],
        cwd=world.ROOT, stdout=log, stderr=log,
        env=os.environ | world.environment(database=url, DATABASE_AUTH="iam", LOG_LEVEL="INFO"),
    )  # fmt: skip

    wait_until(lambda: worker.poll() is not None, seconds=60, what="worker")

    log.seek(0)
    told = log.read().decode()
    assert "procrastinate_" in told
    assert len(seen) >= 1
    assert not any(each in told for each in (*seen, "X-Amz-Signature"))


def test_task_without_credentials_is_a_database_that_is_away(authority: Authority, tmp_path: Path):
    script = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "print(Client().get('/readyz').status_code)"
    )
    url = address(world.free_port(), f"sslmode=verify-full&sslrootcert={authority.file}")
    nobody = {
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "HOME": str(tmp_path),
    }  # fmt: skip

    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=world.ROOT, check=False, text=True,
        env=os.environ | world.environment(database=url, DATABASE_AUTH="iam") | nobody,
        capture_output=True, timeout=60,
    )  # fmt: skip

    assert ended.stdout == "503\n", ended.stderr

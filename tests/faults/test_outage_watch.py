"""The watch over PostgreSQL: slowness is no absence, silence is, and neither outlives itself."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from django.db import InternalError, OperationalError, connections
from django.db.transaction import atomic

from makers_market.core.iam_postgres import base
from makers_market.core.outage import Watch, is_absence

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SELECT_SLOWLY = "SELECT pg_sleep(1.2)"


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Any]]:
    """Run something in a thread of its own, whose connections are new and end with it."""

    def closing(run: Callable[..., Any], *words: Any) -> Any:
        try:
            return run(*words)
        finally:
            # The pool's next run in this thread begins with the settings of then.
            for each in connections.all(initialized_only=True):
                each.close()
                del connections[each.alias]

    with ThreadPoolExecutor() as pool:
        yield lambda run, *words: pool.submit(closing, run, *words)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def query(watch: Watch, sql: str, then: threading.Event | None = None) -> str:
    """Be a request: ask the database, and once more when `then` has come."""
    with watch.running(), connections["default"].cursor() as cursor:
        cursor.execute(sql)
        if then:
            assert then.wait(10)
            cursor.execute("SELECT 'answered'")
        return str(cursor.fetchone()[0])


def look(watch: Watch) -> bool:
    watch.look()
    return watch.is_away


def test_slow_query_is_no_absence(elsewhere: Any):
    watch = Watch()
    asked = elsewhere(query, watch, SELECT_SLOWLY)

    seen = []
    while not asked.done():
        seen.append(elsewhere(look, watch).result())
        time.sleep(0.1)

    assert set(seen) == {False}
    assert asked.result() == ""
    assert watch._answered_at > 0


def test_silence_cuts_waiting_requests_and_is_over_with_the_first_answer(
    elsewhere: Any, silent_port: int, monkeypatch: pytest.MonkeyPatch
):
    watch, cut = Watch(), threading.Event()
    asked = elsewhere(query, watch, "SELECT 1", cut)
    time.sleep(0.7)
    real = connections.settings["default"]
    monkeypatch.setitem(
        connections.settings, "default", real | {"HOST": "127.0.0.1", "PORT": str(silent_port)}
    )

    assert elsewhere(look, watch).result() is True
    cut.set()
    with pytest.raises(OperationalError) as caught:
        asked.result()
    monkeypatch.setitem(connections.settings, "default", real)

    assert is_absence(caught.value)
    assert elsewhere(look, watch).result() is False


def test_task_that_cannot_sign_in_is_no_silence_and_no_flood_of_errors(
    elsewhere: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: Any
):
    watch = Watch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    base._rds.cache_clear()
    asked = elsewhere(query, watch, SELECT_SLOWLY)
    time.sleep(0.7)
    iam = connections.settings["default"] | {"ENGINE": "makers_market.core.iam_postgres"}
    monkeypatch.setitem(connections.settings, "default", iam)

    with caplog.at_level(logging.WARNING):
        is_away = elsewhere(look, watch).result()
    base._rds.cache_clear()

    assert not is_away
    assert caplog.records == []
    assert asked.result() == ""


@atomic
def write_to_standby() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute("CREATE TABLE never (word text)")


def test_write_to_a_standby_is_an_absence():
    with pytest.raises(InternalError) as caught:
        write_to_standby()

    assert is_absence(caught.value)

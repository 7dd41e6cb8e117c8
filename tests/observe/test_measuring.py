"""What a worker measures for the market's alarms: jobs, holds, and whether the books are whole."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from makers_market.core import audit
from makers_market.core.audit_chain import broken_links, seal_settled
from makers_market.core.audit_log import record
from makers_market.core.models import AuditEntry
from makers_market.desk import measuring, tasks
from tests.observe import embedded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def measured(settings: Any) -> None:
    settings.METRICS = True


@pytest.fixture
def broken() -> Iterator[list[str]]:
    """An invariant of the test's own, with rows that the test chooses."""
    rows: list[str] = []
    audit.invariant("tests: a made-up one")(lambda: list(rows))
    yield rows
    del audit._invariants["tests: a made-up one"]


def measurement(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = embedded.read(capsys.readouterr().out)
    assert len(lines) == 1
    return {name: value for name, value in lines[0].items() if name not in {"at", "Environment"}}


def jobs(*rows: tuple[str, timedelta]) -> None:
    """Write jobs of a status that were wished so long ago."""
    for status, ago in rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
                " VALUES ('default', 'tests.none', %s) RETURNING id",
                [status],
            )
            (job_id,) = cursor.fetchone()
            cursor.execute(
                "UPDATE procrastinate_events SET at = now() - %s WHERE job_id = %s", [ago, job_id]
            )


def test_measures_an_empty_shop_as_nothing_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    measuring.measure(at=timezone.now())

    assert measurement(capsys) == {
        "JobsWaiting": 0, "OldestJobSeconds": 0.0, "JobsFailed": 0, "HoldsOpen": 0,
    }  # fmt: skip


def test_measures_since_when_the_oldest_due_job_waits(capsys: pytest.CaptureFixture[str]) -> None:
    jobs(("todo", timedelta(seconds=90)), ("todo", timedelta(seconds=30)))
    jobs(("failed", timedelta(hours=5)), ("doing", timedelta(hours=1)))

    measuring.measure(at=timezone.now())

    found = measurement(capsys)
    assert (found["JobsWaiting"], found["JobsFailed"]) == (2, 1)
    assert 89 <= found["OldestJobSeconds"] <= 100


def test_counts_a_later_job_only_from_its_own_time_on(capsys: pytest.CaptureFixture[str]) -> None:
    jobs(("todo", timedelta(hours=9)), ("todo", timedelta(hours=9)))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = CASE WHEN id ="
            " (SELECT min(id) FROM procrastinate_jobs) THEN now() + interval '1 hour'"
            " ELSE now() - interval '60 seconds' END"
        )

    measuring.measure(at=timezone.now())

    found = measurement(capsys)
    assert found["JobsWaiting"] == 1
    assert 59 <= found["OldestJobSeconds"] <= 70


def test_finds_books_and_audit_log_whole(capsys: pytest.CaptureFixture[str]) -> None:
    tasks.check_books.task.func()

    assert measurement(capsys) == {"MoneyBroken": 0, "AuditBroken": 0}


def test_counts_broken_rows(capsys: pytest.CaptureFixture[str], broken: list[str]) -> None:
    broken.extend(["payment 7", "payment 8"])

    measuring.check_books(at=timezone.now())

    assert measurement(capsys)["MoneyBroken"] == 2


def test_says_nothing_of_money_it_could_not_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "MOST_SECONDS", -1)

    measuring.check_books(at=timezone.now())

    assert measurement(capsys) == {"AuditBroken": 0}


def test_tells_what_is_broken_though_a_check_took_too_long(
    capsys: pytest.CaptureFixture[str], broken: list[str]
) -> None:
    def never_ends() -> list[str]:
        raise OperationalError("canceling statement due to statement timeout")

    broken.append("payment 7")
    audit.invariant("tests: an endless one")(never_ends)
    try:
        measuring.check_books(at=timezone.now())
    finally:
        del audit._invariants["tests: an endless one"]

    assert measurement(capsys)["MoneyBroken"] == 1


def test_measures_nothing_while_off(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.METRICS = False

    tasks.measure.task.func()
    tasks.check_books.task.func()

    assert capsys.readouterr().out == ""


def test_walks_only_the_newest_links_when_asked() -> None:
    at = timezone.now()
    for number in range(6):
        record("tests.act", f"thing:{number}", by="test", at=at - timedelta(minutes=1))
    seal_settled(at=at)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditentry SET why = 'edited' WHERE position = 2")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER USER")
    assert AuditEntry.objects.exclude(position=None).count() == 6

    assert broken_links(at=at, newest=3) == []
    assert len(broken_links(at=at, newest=5)) == 1
    assert len(broken_links(at=at, newest=100)) == 1
    assert len(broken_links(at=at)) == 1

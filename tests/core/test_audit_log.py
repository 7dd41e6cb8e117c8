"""The audit log: only added to, sealed in order, and any change of the past is found."""

import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from makers_market.core import audit_chain, audit_log
from makers_market.core.logs import client_address
from makers_market.core.models import AuditEntry
from makers_market.core.tasks import seal_audit
from tests.worker import waiting

pytestmark = pytest.mark.django_db


def written(count: int = 5, *, age: timedelta = timedelta(minutes=1)) -> list[AuditEntry]:
    at = timezone.now() - age
    return [
        audit_log.record(
            "maker.approved", f"maker:{n}", by="user:7", at=at, changes={"status": ("a", "b")}
        )
        for n in range(1, count + 1)
    ]


def verify(**options: str) -> tuple[int, str]:
    """Run the command as a person would: its exit code and what it says."""
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, no_color=True, **options)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def tamper(statement: str, *values: object) -> None:
    """Change the past as somebody with the database in their hands could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER core_audit_append_only")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER core_audit_append_only")


def broken(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("BROKEN")]


def test_seal_links_settled_rows_in_order():
    rows = written(3)
    audit_log.record("maker.approved", "maker:9", by="user:7", at=timezone.now())

    seal_audit.task.func()

    sealed = AuditEntry.objects.exclude(position=None).order_by("position")
    assert [(row.pk, row.position) for row in sealed] == [
        (row.pk, n) for n, row in enumerate(rows, start=1)
    ]
    assert len({row.seal for row in sealed}) == 3
    assert AuditEntry.objects.filter(position=None).count() == 1


def test_seal_takes_more_than_one_batch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit_chain, "BATCH", 2)
    written(5)

    seal_audit.task.func()

    assert audit_chain.head().position == 5
    assert verify()[0] == 0


def test_row_of_a_slow_transaction_is_sealed_after():
    early = written(2)
    audit_chain.seal_settled(at=early[0].at + timedelta(seconds=5))
    audit_chain.seal_settled(at=timezone.now())
    slow = written(1)[0]

    audit_chain.seal_settled(at=timezone.now())

    assert AuditEntry.objects.get(pk=slow.pk).position == 3
    assert verify()[0] == 0


def test_whole_chain_is_said_to_be_whole():
    written()
    seal_audit.task.func()

    code, said = verify()

    assert code == 0
    assert f"head {audit_chain.head()}" in said
    assert "whole" in said


def test_empty_log_is_whole():
    assert verify()[0] == 0


@pytest.mark.parametrize(
    "change",
    ["actor = 'user:8'", "action = 'maker.rejected'", "subject = 'maker:99'", "why = 'x'",
     "changes = '{\"status\": [\"a\", \"c\"]}'", "at = at + interval '1 microsecond'",
     "maker = 5", "address = '#0'", "request_id = 'other'", "id = 900000",
     "seal = repeat('0', 64)"],
)  # fmt: skip
def test_verify_finds_an_edited_row(change: str):
    rows = written()
    seal_audit.task.func()

    tamper(f"UPDATE core_auditentry SET {change} WHERE id = %s", rows[2].pk)

    code, said = verify()
    assert code == 1
    assert broken(said)[0].startswith("BROKEN position 3, row ")


def test_verify_finds_a_removed_row():
    rows = written()
    seal_audit.task.func()

    tamper("DELETE FROM core_auditentry WHERE id IN (%s, %s)", rows[1].pk, rows[2].pk)

    code, said = verify()
    assert code == 1
    assert broken(said) == ["BROKEN positions 2 to 3 are missing: rows were removed"]


def test_verify_finds_a_removed_row_though_the_rest_moved_up():
    rows = written()
    seal_audit.task.func()

    tamper("DELETE FROM core_auditentry WHERE id = %s", rows[2].pk)
    for row in rows[3:]:
        tamper("UPDATE core_auditentry SET position = position - 1 WHERE id = %s", row.pk)

    assert verify()[0] == 1


def test_verify_finds_two_rows_that_changed_places():
    rows = written()
    seal_audit.task.func()

    for row, position in ((rows[1], 99), (rows[2], 2), (rows[1], 3)):
        tamper("UPDATE core_auditentry SET position = %s WHERE id = %s", position, row.pk)

    code, said = verify()
    assert code == 1
    assert broken(said)[0].startswith(f"BROKEN position 2, row {rows[2].pk} ")
    assert broken(said)[1].startswith(f"BROKEN position 3, row {rows[1].pk} ")


def test_verify_finds_an_inserted_row():
    written()
    seal_audit.task.func()

    last = audit_chain.head()
    AuditEntry.objects.create(
        at=timezone.now() - timedelta(minutes=1), actor="user:7", action="user.role_given",
        subject="user:8", position=last.position + 1, seal="f" * 64,
    )  # fmt: skip

    code, said = verify()
    assert code == 1
    assert "user.role_given user:8" in broken(said)[0]


def test_verify_finds_a_row_whose_seal_was_taken_off():
    rows = written(5, age=timedelta(hours=1))
    seal_audit.task.func()

    tamper("UPDATE core_auditentry SET position = NULL, seal = '' WHERE id = %s", rows[4].pk)

    code, said = verify()
    assert code == 1
    assert "is old and has no seal" in said


def test_kept_head_finds_a_cut_end():
    rows = written()
    seal_audit.task.func()
    kept = str(audit_chain.head())

    tamper("DELETE FROM core_auditentry WHERE id IN (%s, %s)", rows[3].pk, rows[4].pk)

    assert verify()[0] == 0
    code, said = verify(expect=kept)
    assert code == 1
    assert "cut off" in said


def test_kept_head_finds_a_chain_made_anew():
    rows = written()
    seal_audit.task.func()
    kept = str(audit_chain.head())

    tamper("UPDATE core_auditentry SET actor = 'user:8' WHERE id = %s", rows[0].pk)
    tamper("UPDATE core_auditentry SET position = NULL, seal = ''")
    seal_audit.task.func()

    assert verify()[0] == 0
    code, said = verify(expect=kept)
    assert code == 1
    assert "made anew" in said


def test_kept_head_of_a_grown_chain_fits():
    written()
    seal_audit.task.func()
    kept = str(audit_chain.head())
    written()
    seal_audit.task.func()

    assert verify(expect=kept)[0] == 0


@pytest.mark.parametrize(
    "given", ["", "5", "x:y", "-1:" + "0" * 64, "٣:" + "0" * 64, "5:" + "g" * 64]
)
def test_head_of_another_shape_is_refused(given: str):
    with pytest.raises(CommandError):
        verify(expect=given)


def test_verify_finds_the_guard_switched_off():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER core_audit_append_only")

    code, said = verify()

    assert code == 1
    assert "switched off" in said


@pytest.mark.parametrize(
    "statement",
    ["UPDATE core_auditentry SET why = 'x'", "DELETE FROM core_auditentry",
     "UPDATE core_auditentry SET position = NULL, seal = ''"],
)  # fmt: skip
def test_log_takes_no_change(statement: str):
    written()
    seal_audit.task.func()
    before = list(AuditEntry.objects.values())

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(AuditEntry.objects.values()) == before


def test_record_keeps_digests_of_where_it_came_from():
    token = client_address.set("203.0.113.9")
    try:
        row = audit_log.record("x.y", "thing:1", by="user:1", at=timezone.now())
    finally:
        client_address.reset(token)

    assert row.address == audit_log.personal("203.0.113.9")
    assert "203.0.113.9" not in str(AuditEntry.objects.values().get(pk=row.pk))


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain():
    written(40)
    at_once: list[Callable[[], None]] = [_seal_alone] * 4

    threads = [threading.Thread(target=each) for each in at_once]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    positions = AuditEntry.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, 41))
    assert verify()[0] == 0
    assert waiting() == []


def _seal_alone() -> None:
    try:
        audit_chain.seal_settled(at=timezone.now())
    finally:
        connection.close()

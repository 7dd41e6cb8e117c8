"""The audit log as a chain: each sealed row carries a digest of itself and of the seal before.

Whoever edits, takes out, moves or puts in a sealed row breaks the chain there. Whoever recomputes
the whole chain, or cuts off its end, is found by comparing with a head that was kept elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from makers_market.core.models import AuditEntry

# A row this young may have neighbours whose transactions are still open.
SETTLED_AFTER = timedelta(seconds=10)
# A row that has waited this long for its seal was forgotten, or its seal was taken off.
SEALED_WITHIN = timedelta(minutes=10)
BATCH = 1000
# One sealer at a time, in the whole database: "audit" in ASCII.
SEALERS_LOCK = 0x6175646974
GUARD = "core_audit_append_only"


@dataclass(frozen=True)
class Head:
    """The last link of the chain: kept elsewhere, it shows later whether the past is the same."""

    position: int = 0
    seal: str = ""

    def __str__(self) -> str:
        return f"{self.position}:{self.seal}"


def seal_of(before: str, row: AuditEntry) -> str:
    """Compute the seal of a row that has its position: SHA-256, 64 hexadecimal digits.

    It covers the seal before and every column but the seal itself, as JSON with sorted keys.
    """
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname != "seal"
    }
    fields["at"] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{canonical}".encode()).hexdigest()


@transaction.atomic
def seal_settled(*, at: datetime) -> int:
    """Seal the rows that are older than ten seconds, in the order of their ids; give how many.

    Takes a lock that only sealers want. A row whose transaction ended late is sealed after rows
    with greater ids: the chain's order is that of the seals.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALERS_LOCK])
    last = head()
    waiting = AuditEntry.objects.filter(position=None, at__lt=at - SETTLED_AFTER)
    count = 0
    for row in waiting.order_by("id")[:BATCH]:
        row.position = last.position + 1
        row.seal = seal_of(last.seal, row)
        row.save(update_fields=["position", "seal"])
        last = Head(row.position, row.seal)
        count += 1
    return count


def head() -> Head:
    """Give the last link of the chain; position 0 while there is none."""
    last = AuditEntry.objects.exclude(position=None).order_by("-position").first()
    return Head(last.position or 0, last.seal) if last else Head()


def broken_links(
    *, at: datetime, expected: Head | None = None, newest: int | None = None
) -> list[str]:
    """Walk the chain and say in words what does not fit; nothing when it is whole.

    `expected` is a head that was kept elsewhere: the row at its position must carry its seal.
    `newest` walks only so many links from the end, for a look that takes a bounded time.
    """
    return [
        *_walk(max(0, head().position - newest) if newest else 0),
        *_unlike(expected),
        *_never_sealed(at),
        *_unguarded(),
    ]


def _walk(after: int) -> Iterator[str]:
    """Walk the links behind the position `after`, whose own row is taken as it is."""
    start = AuditEntry.objects.filter(position=after).first() if after else None
    before = start or AuditEntry(position=after, seal="")
    rows = AuditEntry.objects.filter(position__gt=after).order_by("position")
    for row in rows.iterator(chunk_size=BATCH):
        if row.position != (before.position or 0) + 1:
            yield _gap((before.position or 0) + 1, (row.position or 0) - 1)
        elif row.seal != seal_of(before.seal, row):
            yield (
                f"{_named(row)} does not fit its seal: it was edited, moved or put in,"
                " or the row before it was replaced"
            )
        before = row


def _gap(first: int, last: int) -> str:
    if first == last:
        return f"position {first} is missing: a row was removed"
    return f"positions {first} to {last} are missing: rows were removed"


def _named(row: AuditEntry) -> str:
    return f"position {row.position}, row {row.pk} ({row.action} {row.subject} by {row.actor})"


def _unlike(expected: Head | None) -> Iterator[str]:
    if expected is None or expected.position == 0:
        return
    found = AuditEntry.objects.filter(position=expected.position).first()
    if found is None:
        yield f"position {expected.position} of the kept head is missing: the end was cut off"
    elif found.seal != expected.seal:
        yield f"{_named(found)} has another seal than the kept head: the chain was made anew"


def _never_sealed(at: datetime) -> Iterator[str]:
    forgotten = AuditEntry.objects.filter(position=None, at__lt=at - SEALED_WITHIN)
    for row in forgotten.order_by("id")[:BATCH]:
        yield f"row {row.pk} ({row.action} {row.subject} by {row.actor}) is old and has no seal"


def _unguarded() -> Iterator[str]:
    """Say so when the trigger that forbids changes is gone or switched off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_trigger WHERE tgname = %s AND tgenabled = 'O'"
            " AND tgrelid = %s::regclass",
            [GUARD, AuditEntry._meta.db_table],
        )
        if cursor.fetchone() is None:
            yield f"the trigger {GUARD} is missing or switched off: rows can be edited"

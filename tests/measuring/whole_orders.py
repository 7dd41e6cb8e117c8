"""Whole orders, from the basket to the mail: what each leaves in the database and in the log."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.models import Variant
from payments import services as payments
from sandbox.bench.machine import postgres_cpu
from sandbox.world.postgres import Postgres
from tests import factories, stand_ins, world
from tests.worker import run_jobs


@dataclass(frozen=True)
class WholeOrder:
    """The mean order: what it leaves, and what it takes of log, jobs and CPU.

    `full_pages` are the pages of 8 KB that were logged whole because a checkpoint came before: the
    busier the shop, the fewer an order. CPU is of one web or worker process, and of PostgreSQL.
    """

    count: int
    rows: dict[str, float]
    bytes_left: float
    bytes_logged: float
    full_pages: float
    commits: float
    python_ms: float
    postgres_ms: float
    jobs: dict[str, float]
    seconds: float


def sell(
    server: Postgres, variants: list[Variant], provider: stand_ins.Stripe, count: int
) -> WholeOrder:
    """Sell `count` orders of one piece one after another: placed, paid, booked, mailed."""
    _checkpoint()
    rows, size, (logged, pages, commits) = _rows(), _database_bytes(), _logged()
    jobs: Counter[str] = Counter()
    seen: set[str] = set()
    postgres, cpu, began = postgres_cpu(server), time.process_time(), time.monotonic()
    for number in range(count):
        jobs.update(_sell_one(variants[number % len(variants)], provider, seen))
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    postgres = postgres_cpu(server) - postgres
    logged_after, pages_after, commits_after = _logged()
    after = _rows()
    return WholeOrder(
        count=count,
        rows={
            name: (after[name] - before) / count
            for name, before in rows.items()
            if after[name] != before
        },
        bytes_left=(_database_bytes() - size) / count,
        bytes_logged=(logged_after - logged) / count,
        full_pages=(pages_after - pages) / count,
        commits=(commits_after - commits) / count,
        python_ms=cpu / count * 1000,
        postgres_ms=postgres / count * 1000,
        jobs={name: n / count for name, n in jobs.items()},
        seconds=seconds / count,
    )


def _sell_one(variant: Variant, provider: stand_ins.Stripe, seen: set[str]) -> list[str]:
    order = factories.order((variant, 1))
    payment = payments.start_payment(order.pk, at=timezone.now())
    provider.outcome(payment.session_id, "pay")
    done = []
    for event in _newest_events(provider):
        if event["id"] not in seen:
            seen.add(event["id"])
            payments.receive_event(event, at=timezone.now())
    done += run_jobs()
    return done


def _newest_events(provider: stand_ins.Stripe) -> list[dict[str, Any]]:
    answer = provider.http.get(
        f"{provider.url}/v1/events?limit=5",
        headers={"Authorization": f"Bearer {world.STRIPE_KEY}"},
        timeout=10,
    )
    return list(reversed(answer.json()["data"]))


def _checkpoint() -> None:
    """Begin with nothing waiting to be written, so that full-page images are counted as ours."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        return {name: _count(cursor, name) for name in connection.introspection.table_names(cursor)}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return int(cursor.fetchone()[0])


def _logged() -> tuple[int, int, int]:
    """Give so far: bytes of write-ahead log, pages logged whole, transactions of this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, wal_fpi, xact_commit"
            " FROM pg_stat_wal, pg_stat_database WHERE datname = current_database()"
        )
        logged, pages, commits = cursor.fetchone()
    return int(logged), int(pages), int(commits)


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])

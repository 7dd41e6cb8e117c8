"""Fill a shop, measure it part by part, print every figure as it comes."""

import argparse
import io
import os
import resource
import subprocess
import sys
import time
from typing import Any

from django.core.management import call_command
from django.db import connection

from makers_market.core.tasks import seal_audit
from sandbox.bench.machine import postgres_cpu
from sandbox.world.postgres import Postgres
from tests import stand_ins, world
from tests.measuring.pages import ask, running_web
from tests.measuring.placing import pieces, place_side_by_side
from tests.measuring.whole_orders import sell

SPREAD = 64


def measure(options: argparse.Namespace, server: Postgres, provider: stand_ins.Stripe) -> None:
    """Measure all of it; rates are worth something only on a machine that does nothing else."""
    say("machine", cores=os.cpu_count(), load=os.getloadavg()[0])
    for words in ("migrate", "createcachetable", "compile_translations", "collectstatic"):
        more = {"interactive": False} if words in {"migrate", "collectstatic"} else {}
        call_command(words, verbosity=0, stdout=io.StringIO(), **more)
    variants = pieces(SPREAD)
    _pages(server, variants[0].product.url, options.seconds)
    for with_payment in (False, True):
        _placing(server, variants, options.placed, with_payment=with_payment)
    _jobs(server, options.jobs)
    sold = sell(server, variants, provider, options.orders)
    say("whole order", **vars(sold), rows_in_all=round(sum(sold.rows.values()), 2))
    _tables()
    say("machine", cores=os.cpu_count(), load=os.getloadavg()[0])


def say(name: str, **figures: Any) -> None:
    """Print a line: the name, then each figure."""
    shown = (f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"
             for key, value in figures.items())  # fmt: skip
    print(f"{name}: {' '.join(shown)}", flush=True)


def _pages(server: Postgres, product: str, seconds: float) -> None:
    with running_web() as web:
        for path in ("/healthz", "/", product, "/c/ceramics/", "/basket/"):
            ask(server, web, path, seconds=1)  # templates and connections are warm then
            say("page", **vars(ask(server, web, path, seconds=seconds)))


def _placing(server: Postgres, variants: list[Any], count: int, *, with_payment: bool) -> None:
    for kind, chosen in (("one piece", variants[:1]), (f"{SPREAD} pieces", variants)):
        for processes in (1, 2, 4, 8):
            given = place_side_by_side(
                server, chosen, processes=processes, count=count, with_payment=with_payment
            )
            say(f"{'place and start' if with_payment else 'place'}, {kind}", **vars(given))


def _jobs(server: Postgres, count: int) -> None:
    """Let one worker do jobs that do little: what the queue itself costs, the start left out."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    idle = _work(server)
    for _ in range(count):
        seal_audit.defer()
    seconds, python, postgres = (
        busy - start for busy, start in zip(_work(server), idle, strict=True)
    )
    say(
        "jobs",
        count=count,
        per_second=count / seconds,
        python_ms=python / count * 1000,
        postgres_ms=postgres / count * 1000,
    )


def _work(server: Postgres) -> tuple[float, float, float]:
    """Run a worker until nothing is left; give seconds, its CPU and PostgreSQL's."""
    argv = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
    quiet = subprocess.DEVNULL
    before, postgres, began = _childrens_cpu(), postgres_cpu(server), time.monotonic()
    subprocess.run(argv, cwd=world.ROOT, stdout=quiet, stderr=quiet, check=True, timeout=300)
    seconds = time.monotonic() - began
    return seconds, _childrens_cpu() - before, postgres_cpu(server) - postgres


def _childrens_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tables() -> None:
    """Say which tables grew biggest, indexes included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders_order")
        say("orders in the database", count=cursor.fetchone()[0])
        cursor.execute(
            "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " ORDER BY pg_total_relation_size(oid) DESC LIMIT 14"
        )
        for name, table, indexes in cursor.fetchall():
            say(f"table {name}", bytes=table, index_bytes=indexes)

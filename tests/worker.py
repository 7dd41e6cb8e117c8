"""The worker inside a test's transaction: runs what is due, in order, until nothing is left."""

import json

from django.db import connection
from procrastinate.contrib.django import app

DUE = """
SELECT id, task_name, args FROM procrastinate_jobs
WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
ORDER BY priority DESC, id LIMIT 1
"""


def run_jobs(*, limit: int = 200) -> list[str]:
    """Run due jobs as the worker would; give their names. An error of a job fails the test."""
    done = []
    for _ in range(limit):
        with connection.cursor() as cursor:
            cursor.execute(DUE)
            row = cursor.fetchone()
            if row is None:
                return done
            job_id, name, args = row
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])
        app.tasks[name].func(**_decoded(args))
        done.append(name)
    raise AssertionError("jobs never end")


def waiting() -> list[tuple[str, dict[str, object]]]:
    """Give the names and ids of jobs not yet run, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(name, _without_cause(_decoded(args))) for name, args in cursor.fetchall()]


def _decoded(args: object) -> dict[str, object]:
    return json.loads(args) if isinstance(args, str) else dict(args)  # type: ignore[call-overload]


def _without_cause(args: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in args.items() if name != "cause"}

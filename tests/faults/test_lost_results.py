"""A job is done, and PostgreSQL does not take the news: the job is not lost, it runs again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.commands import Commands
from tests.faults.commands import commands as commands
from tests.faults.test_stopping import defer, jobs
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@contextmanager
def results_refused() -> Iterator[None]:
    """Let PostgreSQL refuse to take the tests' own job off the queue, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_result() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'not now'; END $$;"
            " CREATE TRIGGER refuse_result BEFORE DELETE ON procrastinate_jobs FOR EACH ROW"
            " WHEN (OLD.task_name = 'tests.mark') EXECUTE FUNCTION refuse_result()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse_result CASCADE")


def test_job_whose_result_was_refused_runs_again(commands: Commands, tmp_path: Path):
    marks = tmp_path / "marks"
    with results_refused():
        worker = commands.worker()
        defer(marks, "one")
        wait_until(lambda: marks.exists() and "end one" in marks.read_text(), seconds=40)
        wait_until(lambda: "job_result_not_kept" in commands.logged("worker"), seconds=5)

    wait_until(lambda: jobs() == [], seconds=20, what="off the queue")
    assert marks.read_text().count("end one") >= 2
    assert worker.poll() is None

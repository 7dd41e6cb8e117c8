"""What a scheduled run that failed leaves: a row that rings, until a later run made up for it."""

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from makers_market.core.job_list import count_failed
from makers_market.core.jobs import job

pytestmark = pytest.mark.django_db
NAME = "tests.moody.scheduled"
moods: list[str] = []


@job("tests.moody")
def moody() -> None:
    if moods.pop() == "bad":
        raise RuntimeError("a bad mood")


moody.every("0 0 1 1 *")


def failed_run(task_name: str) -> None:
    """Leave what a worker leaves of a run that failed in all its tries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('default', %s, 'failed') RETURNING id",
            [task_name],
        )
        cursor.execute(
            "INSERT INTO procrastinate_periodic_defers"
            " (task_name, periodic_id, defer_timestamp, job_id) VALUES (%s, 'x', %s, %s)",
            [task_name, *cursor.fetchone() * 2],
        )


def names() -> list[str]:
    return sorted(ProcrastinateJob.objects.values_list("task_name", flat=True))


def test_run_that_does_its_work_makes_up_for_failed_ones():
    for name in (NAME, NAME, "tests.moody", "tests.other.scheduled"):
        failed_run(name)
    moods.append("good")

    app.tasks[NAME].func(timestamp=1)

    assert names() == ["tests.moody", "tests.other.scheduled"]


def test_run_that_fails_too_leaves_them_to_ring():
    failed_run(NAME)
    moods.append("bad")

    with pytest.raises(RuntimeError):
        app.tasks[NAME].func(timestamp=1)

    assert (names(), count_failed()) == ([NAME], 1)


@pytest.mark.parametrize(("attempts", "is_tried_again"), [(0, True), (2, True), (3, False)])
def test_short_absence_is_bridged_and_no_more(attempts: int, is_tried_again: bool):
    failed_run(NAME)
    row = ProcrastinateJob.objects.get().procrastinate_job.evolve(attempts=attempts)

    again = app.tasks[NAME].get_retry_exception(exception=RuntimeError(), job=row)

    assert bool(again) is is_tried_again

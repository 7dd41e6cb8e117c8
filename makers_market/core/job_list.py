"""What the workers have before them, what they gave up on, and giving a job another try."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from procrastinate.exceptions import UniqueViolation

from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

FAILED, TODO, DOING = "failed", "todo", "doing"
SHOWN_MAX = 200
# A worker that was silent for longer is taken for dead (settings: stalled_worker_timeout).
SILENT_AFTER = timedelta(seconds=15)


class NotFailed(Refusal):
    """Only a job that its worker gave up on can be tried again, and only once at a time."""

    def __init__(self) -> None:
        super().__init__(_("This job is no longer among the failed ones."))


class WaitsAlready(Refusal):
    """A job of this kind runs once at a time, and the next one is in the queue."""

    def __init__(self) -> None:
        super().__init__(_("The same job is in the queue already. Nothing needs to be done."))


@dataclass(frozen=True)
class Queue:
    """How many jobs there are by status, and since when the oldest that is due has waited."""

    counts: dict[str, int]
    waits_since: datetime | None


def queue(*, at: datetime) -> Queue:
    """Count the jobs that are not done; done ones are deleted."""
    counted = ProcrastinateJob.objects.order_by().values_list("status").annotate(Count("id"))
    due = ProcrastinateJob.objects.filter(
        Q(scheduled_at=None) | Q(scheduled_at__lte=at), status=TODO
    )
    since = due.aggregate(since=Min(F("procrastinateevent__at")))["since"]
    return Queue(dict(counted), since)


def jobs_in(status: str) -> list[Any]:
    """List up to 200 jobs of a status, oldest first, with `since`, `failed_at` and `ids`."""
    jobs = list(_with_times(ProcrastinateJob.objects.filter(status=status))[:SHOWN_MAX])
    for job in jobs:
        job.ids = ", ".join(f"{n} {v}" for n, v in sorted(job.args.items()) if n != "cause")
    return jobs


def _with_times(jobs: QuerySet[Any]) -> QuerySet[Any]:
    has_failed = Q(procrastinateevent__type=FAILED)
    timed: QuerySet[Any] = jobs.order_by("id").annotate(
        since=Min("procrastinateevent__at"),
        failed_at=Max("procrastinateevent__at", filter=has_failed),
    )
    return timed


def tries_of(task_name: str, **ids: int) -> int | None:
    """Tell how often the job of these ids was tried that waits or runs; None if there is none."""
    jobs = ProcrastinateJob.objects.filter(
        task_name=task_name, args__contains=ids, status__in=[TODO, DOING]
    )
    fewest: int | None = jobs.aggregate(fewest=Min("attempts"))["fewest"]
    return fewest


def count_failed() -> int:
    return int(ProcrastinateJob.objects.filter(status=FAILED).count())


def workers(*, at: datetime) -> list[Any]:
    """List the workers, newest first, each with `is_alive`."""
    found = list(ProcrastinateWorker.objects.order_by("-id"))
    for worker in found:
        worker.is_alive = at - worker.last_heartbeat < SILENT_AFTER
    return found


@transaction.atomic
def retry_job(job_id: int, *, by: str, at: datetime) -> None:
    """Put a failed job back into the queue, once. Locks its row.

    Raises NotFailed when it is not there or not failed (another window was quicker), and
    WaitsAlready when a job of which there may be only one in the queue has one there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, attempts FROM procrastinate_jobs"
            " WHERE id = %s AND status = 'failed' FOR UPDATE",
            [job_id],
        )
        found = cursor.fetchone()
    if found is None:
        raise NotFailed
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job_id, retry_at=at)
    except UniqueViolation as error:
        raise WaitsAlready from error
    name, attempts = found
    record(
        "job.retried",
        f"job:{job_id}",
        by=by,
        at=at,
        changes={"status": (FAILED, TODO), "attempts": (attempts, attempts + 1)},
        why=name,
    )

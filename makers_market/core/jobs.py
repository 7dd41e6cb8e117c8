"""Background jobs on PostgreSQL: deferred inside the transaction that causes them.

A job therefore exists exactly when its cause does: this is the shop's transactional outbox.
Every task is safe to run twice and two at a time.
"""

import functools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import procrastinate
from django.conf import settings
from django.db import close_old_connections, connection
from opentelemetry.trace import SpanKind
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation

from makers_market.core import tracing
from makers_market.core.job_connector import sign_in_anew

log = logging.getLogger(__name__)
# A scheduled run comes again by itself: this bridges a short absence of what it needs, no more.
FEW_TRIES = procrastinate.RetryStrategy(max_attempts=3, wait=15)
FORGET_FAILED = "DELETE FROM procrastinate_jobs WHERE status = 'failed' AND task_name = %(name)s"


class Patience(procrastinate.BaseRetryStrategy):
    """Retry at 1, 2, 4, … up to 300 seconds apart, about two days in all, then give up as failed.

    A failed job stays in its table and is shown to operators, never silently dropped.
    """

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if job.attempts >= 600:
            return None
        return procrastinate.RetryDecision(retry_in={"seconds": min(2**job.attempts, 300)})


def job(name: str) -> Callable[[Callable[..., None]], Any]:
    """Make a function a background job of this name; it retries with patience.

    The job keeps the request id of its cause. Defer it with `task.defer(**ids)`.
    """

    def decorate(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def run(*, cause: str = "-", **ids: Any) -> None:
            with tracing.continued(cause, name), _logged(name):
                _drop_dead_connection()
                try:
                    function(**ids)
                finally:
                    _drop_dead_connection()

        task = app.task(name=name, retry=Patience())(run)
        return Deferrable(task)

    return decorate


@contextmanager
def _logged(name: str) -> Iterator[None]:
    """Say in the log, under the request id of its cause, how long a job took or that it failed."""
    started = time.monotonic()
    try:
        yield
    except Exception:
        log.warning("job_failed", extra={"job": name, "ms": _since(started)}, exc_info=True)
        raise
    log.info("job_done", extra={"job": name, "ms": _since(started)})


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)


def _drop_dead_connection() -> None:
    """Close a connection that broke or grew old; one inside a transaction is left alone."""
    if not connection.in_atomic_block:
        close_old_connections()


class Deferrable:
    """A task with `.defer(**ids)` that carries the request id along."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def defer(self, **ids: Any) -> None:
        """Queue the job in the current transaction: it is gone if the transaction rolls back."""
        with tracing.span(f"defer {self.task.name}", SpanKind.PRODUCER, job=self.task.name):
            self.task.defer(cause=tracing.cause(), **ids)

    def every(self, cron: str) -> "Deferrable":
        """Run it on a schedule too (cron syntax, UTC).

        A run that failed is kept, and counted by the alarms, until a later one has done its work.
        """
        app.periodic(cron=cron, periodic_id=self.task.name)(self._scheduled())
        return self

    def _scheduled(self) -> Any:
        run, name = self.task.func, f"{self.task.name}.scheduled"

        @app.task(name=name, pass_context=False, retry=FEW_TRIES)
        def scheduled(timestamp: int) -> None:
            run(cause=f"cron-{timestamp}")
            with connection.cursor() as cursor:
                cursor.execute(FORGET_FAILED, {"name": name})

        return scheduled


def configure(procrastinate_app: procrastinate.App) -> None:
    """Add the watch that gives back the jobs of a worker that died."""
    sign_in_anew(procrastinate_app)

    @procrastinate_app.periodic(cron=f"* * * * * */{min(settings.JOBS_STALLED_SECONDS, 10)}")
    @procrastinate_app.task(name="core.retry_stalled", queueing_lock="core.retry_stalled")
    async def retry_stalled(timestamp: int) -> None:
        manager = procrastinate_app.job_manager
        for stalled in await manager.get_stalled_jobs(
            seconds_since_heartbeat=settings.JOBS_STALLED_SECONDS
        ):
            log.warning("job_stalled", extra={"job": stalled.task_name})
            # One that may not be queued twice and is queued again already: that one does its work.
            with suppress(UniqueViolation):
                await manager.retry_job(stalled)
        await procrastinate_app.connector.execute_query_async(
            FORGET_FAILED, name=retry_stalled.name
        )

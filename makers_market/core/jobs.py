"""Background jobs on PostgreSQL: deferred inside the transaction that causes them.

A job therefore exists exactly when its cause does: this is the shop's transactional outbox.
Every task is safe to run twice and two at a time.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any

import procrastinate
from django.db import close_old_connections, connection
from procrastinate.contrib.django import app

from makers_market.core.logs import request_id

log = logging.getLogger(__name__)
STALLED_AFTER_SECONDS = 15


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
            request_id.set(cause)
            _drop_dead_connection()
            try:
                function(**ids)
            finally:
                _drop_dead_connection()

        task = app.task(name=name, retry=Patience())(run)
        return Deferrable(task)

    return decorate


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
        self.task.defer(cause=request_id.get(), **ids)

    def every(self, cron: str) -> "Deferrable":
        """Run it on a schedule too (cron syntax, UTC)."""
        app.periodic(cron=cron, periodic_id=self.task.name)(self._scheduled())
        return self

    def _scheduled(self) -> Any:
        run = self.task.func

        @app.task(name=f"{self.task.name}.scheduled", pass_context=False)
        def scheduled(timestamp: int) -> None:
            run(cause=f"cron-{timestamp}")

        return scheduled


def configure(procrastinate_app: procrastinate.App) -> None:
    """Add the watch that gives back the jobs of a worker that died."""

    @procrastinate_app.periodic(cron="* * * * * */10")
    @procrastinate_app.task(name="core.retry_stalled", queueing_lock="core.retry_stalled")
    async def retry_stalled(timestamp: int) -> None:
        manager = procrastinate_app.job_manager
        for stalled in await manager.get_stalled_jobs(
            seconds_since_heartbeat=STALLED_AFTER_SECONDS
        ):
            log.warning("job_stalled", extra={"job": stalled.task_name})
            await manager.retry_job(stalled)

"""The worker as this shop runs it: it outlives PostgreSQL, and gives back what it cannot finish."""

import asyncio
import logging
import os
import signal
import threading
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

log = logging.getLogger(__name__)
# Between two tries to reach a PostgreSQL that went away.
PAUSE_SECONDS = 2.0
# For giving jobs back, after which the process ends whatever happens.
LAST_SECONDS = 5.0
GIVE_BACK = """
SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL),
    pg_notify('procrastinate_any_queue_v1',
              json_build_object('type', 'job_inserted', 'job_id', id)::text)
FROM procrastinate_jobs WHERE id = %s AND status = 'doing'
"""


def work() -> None:
    """Do jobs until SIGTERM or SIGINT, across absences of PostgreSQL."""
    with app.replace_connector(app.connector.get_worker_connector()) as own:  # type: ignore[attr-defined]
        asyncio.run(Shift(own).last())


def give_back(worker_id: int) -> int:
    """Return the unfinished jobs of a worker to the queue and wake somebody up for them.

    Gives how many. One that may not be queued twice and is queued already stays behind, and is
    found as stalled.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE worker_id = %s AND status = 'doing'",
            [worker_id],
        )
        given = 0
        for (job_id,) in cursor.fetchall():
            try:
                cursor.execute(GIVE_BACK, [job_id])
            except psycopg.errors.UniqueViolation:
                continue
            given += 1
    return given


class CarefulWorker(Worker):
    """Ends when PostgreSQL did not take what became of a job, which would stay "doing" for ever.

    Who comes after it finds the job and does it again.
    """

    async def _persist_job_status(self, **what: Any) -> None:  # type: ignore[override]
        try:
            await super()._persist_job_status(**what)
        except Exception:
            log.exception("job_result_not_kept", extra={"job": what["job"].task_name})
            self.stop()
            raise


class Shift:
    """One process's time at work: one worker after another if PostgreSQL goes away in between."""

    def __init__(self, own: App) -> None:
        self.app = own
        self.worker: Worker | None = None
        self.worker_id: int | None = None
        self.stopping = asyncio.Event()

    async def last(self) -> None:
        """Work until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        while not self.stopping.is_set():
            try:
                await self._one_worker()
            except (ConnectorException, psycopg.Error, OSError):
                log.exception("worker_lost_database")
            if not self.stopping.is_set():
                await asyncio.sleep(PAUSE_SECONDS)

    def stop(self) -> None:
        """Fetch no more jobs; after GRACE_SECONDS give back those that are not finished."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        log.info("worker_stopping")
        if self.worker is not None:
            self.worker.stop()
        # Threads, not the loop: a job may hold that too.
        for seconds, end in (
            (settings.GRACE_SECONDS, self._give_back_and_end),
            (settings.GRACE_SECONDS + LAST_SECONDS, _end_at_once),
        ):
            timer = threading.Timer(seconds, end)
            timer.daemon = True
            timer.start()

    async def _one_worker(self) -> None:
        async with self.app.open_async():
            if self.worker_id is not None:
                await asyncio.to_thread(give_back, self.worker_id)
            self.app.perform_import_paths()
            options: dict[str, Any] = {**self.app.worker_defaults, "install_signal_handlers": False}
            self.worker = CarefulWorker(app=self.app, **options)
            running = asyncio.create_task(self.worker.run())
            while self.worker.worker_id is None and not running.done():
                await asyncio.sleep(0.02)
            self.worker_id = self.worker.worker_id or self.worker_id
            if self.stopping.is_set():
                self.worker.stop()
            await running

    def _give_back_and_end(self) -> None:
        """Hand unfinished jobs to others and end this process with whatever still runs in it.

        Every job may run twice and two at a time; what it did not commit is rolled back.
        """
        try:
            if self.worker_id is not None:
                log.warning("jobs_given_back", extra={"why": give_back(self.worker_id)})
        finally:
            os._exit(0)


def _end_at_once() -> None:
    log.error("worker_ended_hard")
    os._exit(1)

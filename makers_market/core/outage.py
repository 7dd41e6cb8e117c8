"""PostgreSQL away: refused connections fail by themselves, silence has to be noticed.

A server that is paused, or behind a network that swallows packets, leaves every thread waiting.
So requests are watched; when one takes long, a connection is tried, and while even that gets no
answer, waiting requests are cut off and new ones answered 503 at once.
"""

import contextlib
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

from makers_market.core.http import server_error

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
# A page takes a fifth of it: longer, and it is worth asking whether the database still answers.
SUSPICIOUS_SECONDS = 0.5
# The least that libpq takes as connect_timeout.
# Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT
PROBE_SECONDS = 2
TRUST_SECONDS = 2.0
RETRY_AFTER_SECONDS = 5
# Asked by what restarts dead processes: it must hear from us whatever the database does.
NEEDS_NO_DATABASE = frozenset({"/healthz"})
READ_ONLY = "25006"


class Watch:
    """The requests of this process, and whether PostgreSQL answers anybody."""

    def __init__(self) -> None:
        self.is_away = False
        self._running: dict[int, tuple[float, BaseDatabaseWrapper]] = {}
        self._answered_at = 0.0

    def start(self) -> None:
        """Look from now on, in a thread of this process; call it after the fork."""
        threading.Thread(target=self._look_for_ever, name="outage", daemon=True).start()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count this thread's request among those that may wait for the database."""
        me = threading.get_ident()
        self._running[me] = time.monotonic(), connections[DEFAULT_DB_ALIAS]
        try:
            yield
        finally:
            self._running.pop(me, None)

    def look(self) -> None:
        """Try a connection if a request has waited long, and cut the waiting ones off if needed."""
        now = time.monotonic()
        waiting = any(now - since > SUSPICIOUS_SECONDS for since, _ in list(self._running.values()))
        is_trusted = now - self._answered_at < TRUST_SECONDS
        if not self.is_away and (not waiting or is_trusted):
            return
        was_away, self.is_away = self.is_away, not _somebody_answers()
        if not self.is_away:
            self._answered_at = time.monotonic()
        if was_away != self.is_away:
            log.warning("database_silent" if self.is_away else "database_answers_again")
        if self.is_away:
            for since, wrapper in list(self._running.values()):
                if since <= now:
                    _cut(wrapper)

    def _look_for_ever(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self.look()
            except Exception:
                # Whatever it was, the next look may find the database well.
                log.exception("outage_look_failed")


watch = Watch()


class OutageMiddleware:
    """Answers 503 at once while PostgreSQL is silent; lets the watch see everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in NEEDS_NO_DATABASE:
            return self.get_response(request)
        if watch.is_away:
            return away(request)
        with watch.running():
            return self.get_response(request)


def unexpected(request: HttpRequest) -> HttpResponse:
    """Show the page of an unhandled error: 503 if it is the database's absence, else 500.

    Views are looked after by RequestMiddleware; this is for what middlewares raise. Django calls
    it while the error is being handled.
    """
    return away(request) if is_absence(sys.exception()) else server_error(request)


def is_absence(error: BaseException | None) -> bool:
    """Tell whether an error says that PostgreSQL is away, full, or a standby for the moment."""
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) == READ_ONLY
    return isinstance(error, OperationalError | InterfaceError)


def away(request: HttpRequest) -> HttpResponse:
    """Say that the shop cannot be served just now, and when to try again."""
    response = server_error(request, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _somebody_answers() -> bool:
    """Tell whether a new connection gets any answer, be it a refusal; waits two seconds at most.

    A refused connection is no silence, nor are lacking credentials: requests meet the same and
    fail at once.
    """
    try:
        parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
        psycopg.connect(**parameters | {"connect_timeout": PROBE_SECONDS}).close()
    except psycopg.errors.ConnectionTimeout:
        return False
    except (psycopg.Error, OperationalError):
        return True
    return True


def _cut(wrapper: BaseDatabaseWrapper) -> None:
    """Wake a thread that waits for an answer: its connection ends, as if the server had gone.

    The number of a socket may be given to another file as soon as it is closed; so a copy is made
    first, and used only if the connection still stands.
    """
    driver = wrapper.connection
    with contextlib.suppress(OSError, psycopg.Error):
        if driver is not None:
            with socket.socket(fileno=os.dup(driver.fileno())) as wire:
                if not driver.closed:
                    wire.shutdown(socket.SHUT_RDWR)

"""gunicorn as this shop runs it: it drains before it stops, and always hears /healthz.

What is the same wherever it runs stands in gunicorn.conf.py, what differs in the environment.
Written against gunicorn 27, whose arbiter and threaded worker are extended here.
"""

import contextlib
import errno
import os
import re
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from makers_market.core.health import begin_draining
from makers_market.core.http import utf8_only

ASKS_WHETHER_ALIVE = b"GET /healthz "
# A health check's whole head fits in; a longer one is served like any page.
HEAD_BYTES = 2048
ANNOUNCES_BODY = re.compile(rb"\n(content-length|transfer-encoding|expect)\s*:", re.IGNORECASE)


class Connection(TConn):
    """Closes at once: who wants to linger until the client has left does it in its own thread."""

    def close(self, graceful: bool = False) -> None:
        super().close()


class ReservingWorker(ThreadWorker):
    """gthread with one thread more, for /healthz: it answers while all others are stuck.

    A connection takes a thread only when its first bytes are there, so that whoever connects and
    says nothing holds none. The main thread, which accepts them all, waits for nobody.
    """

    def init_process(self) -> None:
        self.reserve = ThreadPoolExecutor(max_workers=1)
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection and wait for its first bytes without a thread."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a readable connection to a thread."""
        if _asks_whether_alive(conn):
            done: Future[Any] = self.reserve.submit(self.handle, conn)
        else:
            done = self.tpool.submit(self._handle_and_linger, conn)
        done.add_done_callback(
            lambda future: self.method_queue.defer(self.finish_request, conn, future)
        )

    def _handle_and_linger(self, conn: TConn) -> Any:
        """Serve a request; if it was the connection's last, give the client time to read all."""
        goes_on = self.handle(conn)
        if not goes_on:
            close_graceful(conn.sock)
        return goes_on

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once: at its exit Python would wait for threads that are stuck."""
        os._exit(os.EX_OK)

    def _cap_keepalive(self, deadline: float) -> None:
        """While stopping, do not wait long for who has connected and said nothing yet either."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)


def _asks_whether_alive(conn: TConn) -> bool:
    """Look, without taking them, whether the bytes there are a health check, whole and no more.

    For the rest of half a one the only reserved thread would have to wait. What was read ahead of
    a connection comes first, and is something else.
    """
    if conn.parser is not None and conn.parser.unreader.buf.getvalue():
        return False
    with contextlib.suppress(OSError):
        head = conn.sock.recv(HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        is_whole = head.startswith(ASKS_WHETHER_ALIVE) and head.find(b"\r\n\r\n") == len(head) - 4
        return is_whole and not ANNOUNCES_BODY.search(head)
    return False


class DrainingArbiter(Arbiter):
    """On SIGTERM says "not ready", goes on serving for DRAIN_SECONDS, then stops gracefully.

    A balancer needs that time to send new requests elsewhere; a server that closes its door first
    answers some of them with a reset. A second SIGTERM ends the wait.
    """

    closes_at: float | None = None

    def handle_term(self) -> None:
        is_second = self.closes_at is not None
        begin_draining()
        self.closes_at = time.monotonic() + (0 if is_second else settings.DRAIN_SECONDS)

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        if self.closes_at is not None:
            timeout = max(min(timeout, self.closes_at - time.monotonic()), 0.01)
        return list(super().wait_for_signals(timeout=timeout))

    def murder_workers(self) -> None:
        """Called at each turn of the master's loop: leave it once the drain is over."""
        if self.closes_at is not None and time.monotonic() >= self.closes_at:
            raise StopIteration
        super().murder_workers()


class Site(Application):
    """The shop as an application of gunicorn, told by our settings and by no command line.

    The master loads it before it forks: workers share its memory and are there at once.
    """

    def load_config(self) -> None:
        self.load_config_from_file(str(settings.BASE_DIR / "gunicorn.conf.py"))
        host = f"[{settings.WEB_HOST}]" if ":" in settings.WEB_HOST else settings.WEB_HOST
        own = {
            "bind": [f"{host}:{settings.PORT}"],
            "workers": settings.WEB_WORKERS,
            "threads": settings.WEB_THREADS,
            "graceful_timeout": settings.GRACE_SECONDS,
            "loglevel": settings.LOG_LEVEL.lower(),
        }
        for name, value in own.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return utf8_only(get_wsgi_application())

    def run(self) -> None:
        """Serve until told to stop; raises SystemExit with gunicorn's own code."""
        self.wsgi()
        DrainingArbiter(self).run()

"""What the small stand-ins share: a quiet server, faults by order, cut connections."""

import contextlib
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

TEMPLATES = Path(__file__).parent / "templates"
LARGEST_BODY = 41_000_000  # Resend takes mails of 40 MB
THIS_MACHINE = "127.0.0.1"
FAULTS = ("delay", "429", "500", "500_after", "reset", "reset_after")
_CUT = "sandbox.cut"
_NO_LINGER = struct.pack("ii", 1, 0)
# The pages show mails that strangers' hands may have shaped: no script, nothing fetched by code.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; font-src * data:;"
    " frame-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Fault:
    """What the next `times` calls must suffer; `seconds` is how long a delay lasts."""

    kind: str
    times: int = 1
    seconds: float = 1.0

    @classmethod
    def parse(cls, order: Any) -> "Fault":
        """Read {"kind", "times", "seconds"}. Raises ValueError with the reason."""
        if not isinstance(order, dict) or order.get("kind") not in FAULTS:
            raise ValueError(f"fault.kind must be one of {', '.join(FAULTS)}")
        fault = cls(order["kind"], int(order.get("times", 1)), float(order.get("seconds", 1)))
        if fault.times < 1 or not 0 <= fault.seconds <= 120:
            raise ValueError("fault.times is at least 1, fault.seconds 0 to 120")
        return fault


class Faults:
    """The faults that are ordered, first come first suffered."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def order(self, fault: Fault) -> None:
        """Put `fault` at the end of the queue."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Take all orders back."""
        with self._lock:
            self._waiting.clear()

    def take(self) -> str:
        """Return the kind of fault this call must suffer, or ""; a delay is slept here."""
        with self._lock:
            if not self._waiting:
                return ""
            fault = self._waiting.pop(0)
            if fault.times > 1:
                self._waiting.insert(0, replace(fault, times=fault.times - 1))
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        return fault.kind


class _QuietHandler(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing for a request that was answered."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Read no further request from a line that was cut."""
        self.close_connection = True


def new_app(name: str) -> Flask:
    """Return an app with /healthz, the shared pages' look and a strict content policy."""
    app = Flask(name, template_folder=str(TEMPLATES), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.add_url_rule("/healthz", view_func=_healthz)
    app.after_request(_harden)
    app.wsgi_app = _cutting(app.wsgi_app)  # type: ignore[method-assign]
    return app


def serve(app: Flask, port: int, host: str = THIS_MACHINE) -> None:
    """Serve `app` until SIGTERM or Ctrl-C; only containers listen beyond this machine."""
    server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"{app.name}: http://localhost:{port}/", flush=True)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.serve_forever()


def cut_connection() -> Response:
    """Order that the client gets a reset instead of the returned (empty) answer."""
    request.environ[_CUT] = True
    return Response()


def _cutting(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = app(environ, start_response)
        if environ.get(_CUT):
            # With a linger time of 0 the kernel sends RST where it would say goodbye.
            line: socket.socket = environ["werkzeug.socket"]
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            raise ConnectionResetError("cut as ordered")
        return body

    return answer


def _healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


def _harden(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    return response

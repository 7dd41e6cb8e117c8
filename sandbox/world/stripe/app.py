"""The application: API, hosted page and controls over one store."""

import socket
import struct
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler

from . import api, control, hosted
from .errors import ApiError
from .platform import Platform

_LARGEST_BODY = 1_000_000


def create_app(platform: Platform) -> Flask:
    """Give the whole stand-in as a WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = _LARGEST_BODY
    app.jinja_env.filters["euros"] = euros
    api.register(app, platform)
    app.register_blueprint(hosted.pages(platform))
    app.register_blueprint(control.controls(platform))
    app.add_url_rule("/healthz", view_func=_healthz)
    app.register_error_handler(ApiError, _control_refused)
    app.register_error_handler(Exception, _broken)
    app.wsgi_app = severing(app.wsgi_app)  # type: ignore[method-assign]
    return app


def euros(cents: int) -> str:
    """Write cents as people do: 123456 → €1,234.56."""
    return f"€{cents / 100:,.2f}"


def _healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


def _control_refused(error: ApiError) -> tuple[Response, int]:
    return jsonify(error.body()), error.status


def _broken(error: Exception) -> Response | HTTPException:
    if isinstance(error, HTTPException) and not request.path.startswith("/v1/"):
        return error
    if isinstance(error, HTTPException) and error.code in (404, 405):
        return api.unknown_url()
    if isinstance(error, HTTPException):
        return api.refused(error)
    traceback.print_exception(error)
    return api.crashed()


def severing(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Wrap the application so that it can cut the line instead of answering."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = app(environ, start_response)
        if environ.get(api.SEVER):
            # With a linger time of 0 the kernel sends RST where it would say goodbye.
            linger = struct.pack("ii", 1, 0)
            environ["werkzeug.socket"].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            raise ConnectionResetError("ordered by a fault knob")
        return body

    return serve


class QuietHandler(WSGIRequestHandler):
    """Logs nothing per request and sends small answers at once."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep silent; the control page shows what happened."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Read no further request from a line that was cut."""
        self.close_connection = True

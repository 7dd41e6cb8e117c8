"""`python -m sandbox.world.resend`: serve the stand-in until the process is ended."""

import argparse
from pathlib import Path

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.world.resend import api, inbox
from sandbox.world.resend.errors import ApiError
from sandbox.world.resend.store import Store
from sandbox.world.serving import THIS_MACHINE, Faults, new_app, serve


def main() -> None:
    """Parse the command line and serve."""
    asked = _arguments()
    app = create_app(Store(asked.data), api_key=asked.api_key, rate=asked.rate)
    serve(app, asked.port, asked.host)


def create_app(store: Store, *, api_key: str, rate: int) -> Flask:
    """Return the API and the inbox as one application."""
    app = new_app("Resend")
    faults = Faults()
    app.register_blueprint(api.routes(store, api_key=api_key, limit=api.Limit(rate), faults=faults))
    app.register_blueprint(inbox.pages(store, faults))
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _refused(error: ApiError) -> tuple[Response, int, dict[str, str]]:
    return jsonify(error.body()), error.status, error.headers


def _http_error(error: HTTPException) -> Response | HTTPException | tuple[Response, int]:
    """Answer in Resend's JSON below /emails; people get a page."""
    code = error.code or 500
    if not request.path.startswith(("/emails", "/_sandbox")):
        return error
    names = {404: "not_found", 405: "method_not_allowed"}
    body = {"statusCode": code, "name": names.get(code, "validation_error")}
    return jsonify({**body, "message": error.description}), code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.world.resend",
        description="A stand-in for Resend on 127.0.0.1, with an inbox. No mail goes out.",
    )
    parser.add_argument("--port", type=int, default=8602)
    parser.add_argument("--host", default=THIS_MACHINE, help="where it listens (this machine)")
    parser.add_argument("--data", type=Path, required=True, help="folder for its memory")
    parser.add_argument("--api-key", required=True, help="the key clients must send (re_…)")
    parser.add_argument("--rate", type=int, default=2, help="requests allowed per second (2)")
    asked = parser.parse_args()
    if not asked.api_key.startswith("re_"):
        parser.error("--api-key must start with re_")
    return asked


if __name__ == "__main__":
    main()

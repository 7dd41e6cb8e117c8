"""`python -m sandbox.world.carrier`: serve the stand-in until the process is ended."""

import argparse
import logging
import os
from pathlib import Path

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.world.carrier import api, pages
from sandbox.world.carrier.driver import Driver, load_handler
from sandbox.world.carrier.queue import Queue
from sandbox.world.serving import THIS_MACHINE, Faults, new_app, serve


def main() -> None:
    """Parse the command line, start the timer and serve."""
    asked = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # The handler reads its settings where Lambda puts them.
    os.environ["CALLBACK_URL"] = asked.callback_url
    os.environ["DELIVERY_CALLBACK_SECRET"] = asked.secret
    driver = Driver(Queue(asked.data), load_handler())
    wish = {"scenario": asked.scenario, "speed": asked.speed}
    faults = Faults()
    pages.turn_knobs(driver, faults, {k: v for k, v in wish.items() if v is not None})
    driver.start()
    serve(create_app(driver, faults), asked.port, asked.host)


def create_app(driver: Driver, faults: Faults) -> Flask:
    """Return SQS's API and the carrier's desk as one application."""
    app = new_app("Carrier")
    app.register_blueprint(api.routes(driver.queue, faults))
    app.register_blueprint(pages.pages(driver, faults))
    app.register_blueprint(pages.controls(driver, faults))
    app.register_error_handler(HTTPException, _http_error)
    return app


def _http_error(error: HTTPException) -> HTTPException | tuple[Response, int]:
    if not request.path.startswith("/_sandbox"):
        return error
    return jsonify({"error": error.description}), error.code or 500


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.world.carrier",
        description="A stand-in for the delivery queue that drives the real Lambda handler.",
    )
    parser.add_argument("--port", type=int, default=8603)
    parser.add_argument("--host", default=THIS_MACHINE, help="where it listens (this machine)")
    parser.add_argument("--data", type=Path, required=True, help="folder for its memory")
    parser.add_argument("--callback-url", required=True, help="where news of parcels is sent")
    parser.add_argument("--secret", required=True, help="whsec_…, signs the news")
    parser.add_argument("--scenario", help="what happens to the next parcels (as last time)")
    parser.add_argument("--speed", type=float, help="how much faster than life (as last time)")
    return parser.parse_args()


if __name__ == "__main__":
    main()

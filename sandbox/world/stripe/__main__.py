"""`python -m sandbox.world.stripe`: serve the stand-in until the process is ended."""

import argparse
import contextlib
import signal
import sys
import threading
import time
from pathlib import Path

from werkzeug.serving import make_server

from sandbox.world.serving import THIS_MACHINE

from . import params, payments
from .app import QuietHandler, create_app
from .control import set_webhook
from .platform import Platform
from .resources import ENDPOINTS
from .store import Store
from .webhooks import Courier

_TICK = 0.5


def main() -> None:
    """Parse the command line and serve."""
    asked = _arguments()
    platform = Platform(Store(asked.data), asked.api_key, asked.public_url)
    if asked.webhook_url:
        set_webhook(platform, asked.webhook_url, asked.webhook_secret)
    server = make_server(
        asked.host,
        asked.port,
        create_app(platform),
        threaded=True,
        request_handler=QuietHandler,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Courier(platform).start()
    threading.Thread(target=_watch_clock, args=(platform,), daemon=True).start()
    threading.Thread(target=_warm, daemon=True).start()
    print(f"Stripe stand-in: {asked.public_url}/_sandbox/", flush=True)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.serve_forever()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.world.stripe",
        description="A stand-in for Stripe on 127.0.0.1. No money moves.",
    )
    parser.add_argument("--port", type=int, default=8601)
    parser.add_argument("--host", default=THIS_MACHINE, help="where it listens (this machine)")
    parser.add_argument("--data", type=Path, required=True, help="folder for its memory")
    parser.add_argument("--api-key", required=True, help="the secret key clients must send")
    parser.add_argument("--webhook-url", help="where events are sent; without it nowhere")
    parser.add_argument("--webhook-secret", help="whsec_…, signs the events")
    parser.add_argument("--public-url", help="how browsers reach it (http://localhost:PORT)")
    asked = parser.parse_args()
    if not asked.api_key.startswith("sk_test_"):
        parser.error("--api-key must start with sk_test_")
    if asked.webhook_url and not asked.webhook_secret:
        parser.error("--webhook-url needs --webhook-secret")
    asked.public_url = (asked.public_url or f"http://localhost:{asked.port}").rstrip("/")
    return asked


def _watch_clock(platform: Platform) -> None:
    while True:
        time.sleep(_TICK)
        payments.expire_due(platform)


def _warm() -> None:
    """Build the validators before the first caller must wait for them."""
    for endpoint in ENDPOINTS:
        params.validator(endpoint.params)


if __name__ == "__main__":
    main()

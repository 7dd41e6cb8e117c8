"""Loaded before Django's settings: servers for this session, and the environment that names them.

PostgreSQL and Valkey start at once; the stand-ins start with the first test that asks for them.
"""

import os
import socket
from pathlib import Path

import pytest

from sandbox.world.postgres import AlreadyRunning, Postgres
from sandbox.world.valkey import Valkey, find_server

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
STRIPE_KEY = "sk_test_tests"
STRIPE_SECRET = "whsec_tests"
RESEND_KEY = "re_tests"
EDGE_SECRET = "edge-secret-of-the-tests"
DELIVERY_SECRET = "whsec_ZGVsaXZlcnktc2VjcmV0LW9mLXRoZS10ZXN0cw=="


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PORTS = {name: free_port() for name in ("stripe", "resend", "carrier")}


def from_address(address: str) -> dict[str, str]:
    """Give the headers by which our edge tells the shop where a visitor is."""
    return {"X-Origin-Secret": EDGE_SECRET, "CloudFront-Viewer-Address": f"{address}:4711"}


def _start_postgres() -> Postgres:
    """Start a server in the first folder that no other test session keeps."""
    for number in range(1, 17):
        server = Postgres(
            LOCAL / "tests" / f"postgres-{number}",
            durable=False,
            binaries=LOCAL,
            roles=ROOT / "deploy" / "sql" / "roles.sql",
        )
        try:
            server.start()
        except AlreadyRunning:
            continue
        return server
    raise AlreadyRunning("sixteen test sessions are running already")


postgres = _start_postgres()
valkey = Valkey(LOCAL / "tests" / "valkey", port=free_port()) if find_server() else None
if valkey:
    valkey.start()
postgres.create("market")


def environment(*, database: str, site: str = "http://localhost", **more: str) -> dict[str, str]:
    """Give the shop's environment for one database and address."""
    return {
        "DJANGO_SETTINGS_MODULE": "makers_market.settings",
        "SECRET_KEY": "tests-" + "k" * 60,
        "DEBUG": "0",
        "SANDBOX": "1",
        "SITE_URL": site,
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "SECURE_COOKIES": "0",
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": database,
        "CACHE_URL": valkey.url() if valkey else "locmem://",
        # Beside the database: two sessions at once do not sweep each other's files.
        "STATIC_ROOT": str(postgres.folder.with_name(postgres.folder.name + "-static")),
        "MEDIA_ROOT": str(postgres.folder.with_name(postgres.folder.name + "-media")),
        "STRIPE_SECRET_KEY": STRIPE_KEY,
        "STRIPE_WEBHOOK_SECRETS": STRIPE_SECRET,
        "STRIPE_API_BASE": f"http://localhost:{PORTS['stripe']}",
        "STRIPE_CHECKOUT_ORIGINS": f"http://localhost:{PORTS['stripe']}",
        "MULTIBANCO": "1",
        "RESEND_API_KEY": RESEND_KEY,
        "RESEND_API_URL": f"http://localhost:{PORTS['resend']}",
        "MAIL_FROM": "Makers Market <orders@makersmarket.example>",
        "DELIVERY_QUEUE_URL": f"http://localhost:{PORTS['carrier']}/queue/delivery",
        "DELIVERY_CALLBACK_SECRETS": DELIVERY_SECRET,
        "AWS_ENDPOINT_URL_SQS": f"http://localhost:{PORTS['carrier']}",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "EDGE_SECRETS": EDGE_SECRET,
        "CRASH_AT": "",
        "WEB_HOST": "127.0.0.1",
        "DRAIN_SECONDS": "0",
        "GRACE_SECONDS": "4",
        # A killed worker is missed sooner than in earnest: the crash walk waits for it each time.
        "JOBS_HEARTBEAT_SECONDS": "1",
        "JOBS_STALLED_SECONDS": "5",
    } | more


os.environ.update(environment(database=postgres.url("market"), site="http://testserver"))
# WhiteNoise looks at it with the first request.
Path(os.environ["STATIC_ROOT"]).mkdir(parents=True, exist_ok=True)
# Playwright's synchronous API runs an event loop in the main thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_unconfigure(config: pytest.Config) -> None:
    if valkey:
        valkey.stop()
    postgres.stop()

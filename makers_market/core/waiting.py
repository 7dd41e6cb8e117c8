"""What a starting process needs, and how long it waits for it."""

import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

LONGEST_PAUSE_SECONDS = 5.0
SHOWN_MIGRATIONS = 3


class NotReady(Exception):
    """What the process needs is not there; the text says what, and what to do about it."""


def wait_until_ready() -> None:
    """Wait up to WAIT_SECONDS for PostgreSQL and for the schema this release needs.

    Raises NotReady. An absent cache is only told: everything works without it. Leaves no
    connection open, so that the process may fork.
    """
    deadline = time.monotonic() + settings.WAIT_SECONDS
    try:
        wait_for(_trouble, deadline)
    finally:
        connections.close_all()
    if trouble := cache_trouble():
        say(trouble)


def wait_for(trouble: Callable[[], str], deadline: float) -> None:
    """Ask again with growing pauses until there is no trouble; raises NotReady with the last.

    `deadline` is on the monotonic clock. It is asked at least once.
    """
    told, pauses = "", _pauses()
    while words := trouble():
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReady(words)
        if words != told:
            say(f"Waiting: {words}")
            told = words
        time.sleep(min(next(pauses), left))


def _pauses() -> Iterator[float]:
    """0.25, 0.5, 1 … 5 seconds: a server that comes back is not met by all at the same instant."""
    pause = 0.25
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def say(words: str) -> None:
    """Tell whoever starts us; at this stage a sentence helps more than a line of JSON."""
    print(words, file=sys.stderr, flush=True)


def database_trouble() -> str:
    """Say why PostgreSQL cannot be used now; nothing if it can. The password is not in it."""
    server = connection.settings_dict
    try:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, BotoCoreError, ClientError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return (
            f"PostgreSQL at {server['HOST']}:{server['PORT']} cannot be used: {reason}. "
            "Check DATABASE_URL, that the server runs, and that its network lets us in."
        )
    return ""


def _trouble() -> str:
    """Say what is not there yet; a server that was there may go away again in between."""
    try:
        return database_trouble() or schema_trouble()
    except OperationalError as error:
        return f"PostgreSQL went away: {str(error).strip().partition(chr(10))[0]}."


def schema_trouble() -> str:
    """Say which migrations of this release are not applied; nothing if all are.

    Migrations of a newer release do not matter: the schema only grows while old code runs.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    cache_table = str(settings.CACHES["default"]["LOCATION"])
    missing = [f"{step.app_label}.{step.name}" for step, _backwards in plan]
    if not missing and cache_table not in connection.introspection.table_names():
        missing = [f"the table {cache_table}"]
    if not missing:
        return ""
    shown = ", ".join(missing[:SHOWN_MIGRATIONS]) + (" …" if missing[SHOWN_MIGRATIONS:] else "")
    return (
        f"{len(missing)} of this release's migrations are not applied: {shown}. "
        "Run: python -m makers_market migrate."
    )


def cache_trouble() -> str:
    """Say that the cache does not answer within two seconds; nothing if it does or is not used."""
    if not settings.CACHE_URL.startswith("redis"):
        return ""
    at = urlsplit(settings.CACHE_URL)
    try:
        client = redis.Redis.from_url(
            settings.CACHE_URL, socket_connect_timeout=2, socket_timeout=2, retry=None
        )
        with client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return (
            f"The cache at {at.hostname}:{at.port or 6379} does not answer "
            f"({type(error).__name__}). Going on without it: pages are slower, nothing is lost."
        )
    return ""

"""What is done to the database before a release serves: roles, migrations, the cache's table."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from makers_market.core.migrating import StillLocked, migrate
from makers_market.core.waiting import NotReady, database_trouble, say, schema_trouble, wait_for

# Any number will do that nothing else in this database locks.
MIGRATING = 7_462_001


def prepare_database() -> None:
    """Bring the database to this release; may be run again, and by two at once.

    Raises NotReady when PostgreSQL, the lock of another run or a table's lock is not to be had.
    """
    deadline = time.monotonic() + settings.WAIT_SECONDS
    if settings.DATABASE_ADMIN_SECRET_ARN:
        wait_for(_roles_trouble, deadline)
    wait_for(database_trouble, deadline)
    with alone(deadline):
        if not schema_trouble():
            say("Nothing to do: the database is at this release.")
            return
        try:
            migrate(tell=say)
        except StillLocked as error:
            raise NotReady(str(error)) from error
        call_command("createcachetable")
        say("The database is at this release.")


@contextmanager
def alone(deadline: float) -> Iterator[None]:
    """Keep every other run waiting while this one migrates; it is let go if this process dies."""
    wait_for(_other_run, deadline)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def _other_run() -> str:
    """Try for the lock; say that another run has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATING])
        (is_ours,) = cursor.fetchone()
    return "" if is_ours else "Another migrate is running; this one begins when that has ended."


def _roles_trouble() -> str:
    """Make the roles as the administrator; say why PostgreSQL did not let us."""
    try:
        call_command("prepare_roles")
    except OperationalError as error:
        return f"The roles cannot be made yet: {str(error).strip().splitlines()[0]}."
    return ""

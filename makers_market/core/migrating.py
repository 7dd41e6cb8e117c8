"""Changing the schema under a shop that is open: wait little for a lock, and try again.

A statement that waits for a table's lock makes everybody behind it wait too. So a migration gives
up a lock after four seconds, lets the shop breathe, and begins again where it stood: each
migration is one transaction, and those that are done stay done.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import OperationalError, connection
from psycopg import errors, sql

Tell = Callable[[str], None]
LOCK_SECONDS = 4
# 4 s of waiting and 1, 2, 4, 8, 15, 15 … s of breathing: about two and a half minutes in all.
TRIES = 10
BREATHS = (1, 2, 4, 8, 15)

# Left behind by CREATE INDEX CONCURRENTLY when it was interrupted; one that is being built is not.
UNFINISHED = """
SELECT index.relname FROM pg_index
JOIN pg_class index ON index.oid = pg_index.indexrelid
WHERE NOT pg_index.indisvalid AND index.relnamespace = current_schema()::text::regnamespace
  AND NOT EXISTS (
      SELECT FROM pg_stat_progress_create_index WHERE index_relid = pg_index.indexrelid
  )
"""


class StillLocked(Exception):
    """The lock was not to be had in all tries; nothing of the unfinished migration is left."""


def migrate(*, tell: Tell = print, tries: int = TRIES, lock_seconds: float = LOCK_SECONDS) -> None:
    """Apply the missing migrations while the shop is open; raises StillLocked in the end.

    Two at a time are the caller's to prevent. Prints Django's own list of what it does.
    """
    for attempt in range(1, tries + 1):
        try:
            with patient(lock_seconds=lock_seconds):
                drop_unfinished_indexes(tell=tell)
                call_command("migrate", interactive=False)
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            if attempt == tries:
                raise StillLocked(_explained(tries, lock_seconds)) from error
            breath = BREATHS[min(attempt, len(BREATHS)) - 1]
            tell(f"A table is busy; try {attempt + 1} of {tries} in {breath} s.")
            time.sleep(breath)
        else:
            return


@contextmanager
def patient(*, lock_seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Let statements of this connection run as long as they need, but wait little for locks.

    Afterwards the limits of the connection's start hold again (settings.DATABASES).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{lock_seconds * 1000}ms"])
        cursor.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")


def drop_unfinished_indexes(*, tell: Tell = print) -> None:
    """Drop the indexes that an interrupted CREATE INDEX CONCURRENTLY left behind, unusable.

    Its migration builds them again and would fail on the name. Source: PostgreSQL's manual,
    CREATE INDEX, "Building Indexes Concurrently".
    """
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED)
        for (name,) in cursor.fetchall():
            tell(f"Dropping {name}, an index whose building was interrupted.")
            cursor.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(name)))


def _explained(tries: int, lock_seconds: float) -> str:
    return (
        f"A table stayed locked in {tries} tries of {lock_seconds} s. Nothing is half done: look"
        " for long transactions in pg_stat_activity, end them, and migrate again."
    )

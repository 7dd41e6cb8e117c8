"""What stands in the database, in few words: each table's rows, and a digest of all of them."""

from django.db import connection
from psycopg import sql

from makers_market.core.backups.errors import BackupFailed

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::text::regnamespace AND relkind IN ('r', 'p')
  AND NOT relispartition
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY relname COLLATE "C"
"""
# The sum does not ask for an order, so no table is sorted; MD5 is the same in every version.
DIGEST = """
SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)
FROM {} t
"""
# How values are written as text, whatever the connection's own settings are.
AS_TEXT = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
)
# Tables of which this login would not see, and so not dump, every row.
HIDDEN = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::text::regnamespace AND relrowsecurity
  AND row_security_active(pg_class.oid)
  AND (
    NOT EXISTS (
        SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polpermissive AND polcmd = '*'
        AND pg_get_expr(polqual, polrelid) = 'true'
        AND (0 = ANY(polroles) OR (SELECT oid FROM pg_roles WHERE rolname = current_user)
             = ANY(polroles))
    )
    OR EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND NOT polpermissive)
  )
ORDER BY relname
"""


def fingerprints() -> dict[str, list[str]]:
    """Give table → [rows, digest], inside the caller's transaction; the digest asks for no order.

    64 bits of each row's MD5, added up: it finds what was lost or changed by accident. Nobody
    should take it for a proof against forgery.
    """
    with connection.cursor() as cursor:
        for statement in AS_TEXT:
            cursor.execute(statement)
        found = {}
        for name in table_names():
            cursor.execute(sql.SQL(DIGEST).format(sql.Identifier(name)))
            rows, digest = cursor.fetchone()
            found[name] = [str(rows), str(digest)]
    return found


def server_version() -> int:
    """Give the server's version as PostgreSQL counts it: 180006 is 18.6."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0])


def table_names() -> list[str]:
    """Give the shop's tables, those of extensions left out."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [name for (name,) in cursor.fetchall()]


def refuse_hidden_rows() -> None:
    """Raise BackupFailed when row-level security hides rows from this login: a dump lacked them."""
    with connection.cursor() as cursor:
        cursor.execute(HIDDEN)
        names = [name for (name,) in cursor.fetchall()]
    if names:
        raise BackupFailed(
            f"Row-level security hides rows of {', '.join(names)} from this login."
            " Make the backup with the app's own login, which owns the tables."
        )


def differences(wanted: dict[str, list[str]], found: dict[str, list[str]]) -> list[str]:
    """Say in words how tables differ; nothing when they are the same."""
    told = []
    for name in sorted(wanted.keys() | found.keys()):
        before, after = wanted.get(name), found.get(name)
        if before == after:
            continue
        if before is None or after is None:
            told.append(f"{name} is {'new' if before is None else 'missing'}")
        elif before[0] != after[0]:
            told.append(f"{name} has {after[0]} rows instead of {before[0]}")
        else:
            told.append(f"{name} has other values in its {after[0]} rows")
    return told

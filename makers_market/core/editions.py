"""The edition of the public pages: how many changes of what they show have been committed.

A page that was made in an older edition is not shown again. Changes are rows that triggers add in
the transaction of the change: they count when it commits, whatever dies, and nobody waits for
anybody. (A counter that each change raises would be a lock that all sales queue for.) Now and then
a job adds the rows to one number.
"""

from django.db import connection
from django.db.migrations import RunSQL

CURRENT = """
SELECT (SELECT coalesce(sum(number), 0) FROM core_edition) + (SELECT count(*) FROM core_change)
"""
FOLD = """
WITH gone AS (DELETE FROM core_change WHERE EXISTS (SELECT FROM core_edition) RETURNING 1)
UPDATE core_edition SET number = number + (SELECT count(*) FROM gone)
"""


def current() -> int:
    """Give the present edition: a number that no other state of the shop has or had."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT)
        return int(cursor.fetchone()[0])


def fold() -> None:
    """Add the changes so far to the number; the edition stays what it is."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)


def shown(table: str) -> RunSQL:
    """Build the operation that lets every change of a table raise the edition."""
    return RunSQL(
        sql=f"CREATE TRIGGER edition AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION core_raise_edition()",
        reverse_sql=f"DROP TRIGGER edition ON {table}",
    )


def shown_where(table: str, differs: str) -> RunSQL:
    """Build the operation that lets a change of a row raise the edition if `differs` says so.

    `differs` is a condition in SQL on the row before and after, `old` and `new`; what is added or
    deleted is left to other tables.
    """
    return RunSQL(
        sql=f"CREATE TRIGGER edition AFTER UPDATE ON {table} FOR EACH ROW WHEN ({differs})"
        " EXECUTE FUNCTION core_raise_edition()",
        reverse_sql=f"DROP TRIGGER edition ON {table}",
    )

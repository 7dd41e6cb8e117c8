"""Row-level security as operations for migrations: what a workshop's role may read."""

from django.db.migrations import RunSQL

# The maker whose workshop this transaction serves; null outside one.
ME = "nullif(current_setting('app.maker_id', true), '')::bigint"
SEES_MONEY = "current_setting('app.sees_money', true) = '1'"


def wall(table: str, rule: str, *, columns: str = "") -> RunSQL:
    """Build the operation that lets a workshop read only the rows of `table` that `rule` admits.

    `rule` is a condition in SQL in which `{me}` is the maker's id; `columns` ("id, name") leaves
    the others out. The app's own login, which owns the table and runs the migrations, sees all.
    """
    granted = f"({columns})" if columns else ""
    condition = rule.format(me=ME, sees_money=SEES_MONEY)
    return RunSQL(
        sql=[
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY app ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
            f"CREATE POLICY workshop ON {table} FOR SELECT TO mm_workshop USING ({condition})",
            f"GRANT SELECT {granted} ON {table} TO mm_workshop",
        ],
        reverse_sql=[
            f"REVOKE ALL ON {table} FROM mm_workshop",
            f"DROP POLICY workshop ON {table}",
            f"DROP POLICY app ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )


def open_to_workshops(table: str) -> RunSQL:
    """Build the operation that lets every workshop read a table that belongs to nobody."""
    return RunSQL(
        sql=[f"GRANT SELECT ON {table} TO mm_workshop"],
        reverse_sql=[f"REVOKE SELECT ON {table} FROM mm_workshop"],  # noqa: S608
    )

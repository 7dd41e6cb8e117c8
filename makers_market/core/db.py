"""The database's own wall around a workshop: a role that reads one maker's rows, writes none.

A request in the workshop runs inside `as_workshop`; what a service does on its behalf runs inside
`as_app`. The rules themselves are policies, made by migrations with `core.walls.wall`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

WORKSHOP_ROLE = "mm_workshop"
_is_walled: ContextVar[bool] = ContextVar("is_walled", default=False)


@contextmanager
def as_workshop(maker_id: int, *, sees_money: bool) -> Iterator[None]:
    """Run as a workshop's role in one transaction: other makers' rows are not there.

    Releasing a savepoint keeps the role, so it is put back by hand, whatever happened.
    """
    with transaction.atomic():
        _enter(maker_id, sees_money)
        token = _is_walled.set(True)
        try:
            yield
        finally:
            _is_walled.reset(token)
            _run("RESET ROLE")


@contextmanager
def as_app() -> Iterator[None]:
    """Run a service with the app's own rights; outside a workshop's request it changes nothing."""
    if not _is_walled.get():
        yield
        return
    _run("RESET ROLE")
    token = _is_walled.set(False)
    try:
        yield
    finally:
        _is_walled.reset(token)
        _run(f"SET LOCAL ROLE {WORKSHOP_ROLE}")


def _enter(maker_id: int, sees_money: bool) -> None:
    settings = [
        ("app.maker_id", str(maker_id)),
        ("app.sees_money", "1" if sees_money else "0"),
        ("role", WORKSHOP_ROLE),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join("set_config(%s, %s, true)" for _each in settings),
            [word for setting in settings for word in setting],
        )


def _run(statement: str) -> None:
    """Run a statement unless the transaction is broken: its rollback puts the role back too."""
    status = connection.connection.info.transaction_status
    if status == TransactionStatus.INTRANS and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute(statement)

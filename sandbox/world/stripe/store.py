"""One SQLite file with everything the stand-in must still know after `kill -9`."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]
Filter = tuple[str, Any]

_SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    created integer not null,
    due integer,
    body text not null,
    private text not null
);
create index if not exists objects_by_kind on objects (kind, seq);
create index if not exists objects_due on objects (due) where due is not null;
create index if not exists objects_by_intent on objects (json_extract(body, '$.payment_intent'));
create index if not exists objects_by_charge on objects (json_extract(body, '$.charge'));
create index if not exists objects_by_source on objects (json_extract(body, '$.source'));
create table if not exists deliveries (
    seq integer primary key autoincrement,
    event text not null,
    state text not null check (state in ('held', 'due', 'done', 'dead')),
    tries integer not null default 0,
    next_at real not null,
    status integer,
    error text
);
create index if not exists deliveries_due on deliveries (state, next_at);
create index if not exists deliveries_by_event on deliveries (event, state);
create table if not exists answers (
    key text primary key,
    created integer not null,
    method_path text not null,
    fingerprint text not null,
    status integer not null,
    body text not null
);
create table if not exists settings (name text primary key, value text not null);
"""
_TABLES = ("objects", "deliveries", "answers", "settings")


class Store:
    """Objects as JSON rows, one writer at a time, one connection behind one lock.

    A transaction takes well under a millisecond, so a lock serves 50 parallel clients; it also
    makes "look, then change" safe everywhere without further thought.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            folder / "stripe.sqlite3", isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        # WAL with NORMAL: a killed process loses nothing, and a commit costs no fsync.
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(_SCHEMA)
        self._lock = threading.RLock()
        self._inside = False
        self.listeners: list[Callable[[], None]] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside happen whole or not at all; an inner one joins the outer."""
        outermost = False
        with self._lock:
            outermost = not self._inside
            with self.quiet_transaction():
                yield
        if outermost:
            for told in self.listeners:
                told()

    @contextmanager
    def quiet_transaction(self) -> Iterator[None]:
        """Do the same without telling the listeners: for the listeners' own work."""
        with self._lock:
            if self._inside:
                yield
                return
            self._db.execute("begin immediate")
            self._inside = True
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                self._db.execute("rollback")
                raise
            finally:
                self._inside = False

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and give its rows."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def change(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement and give how many rows it changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def clear(self) -> None:
        """Forget everything, the clock and the settings too."""
        with self.transaction():
            for table in _TABLES:
                self._db.execute(f"delete from {table}")

    def setting(self, name: str, default: Any = None) -> Any:
        """Give a setting, or `default`."""
        rows = self.run("select value from settings where name = ?", (name,))
        return json.loads(rows[0]["value"]) if rows else default

    def set(self, name: str, value: Any) -> None:
        """Keep a setting; any JSON value."""
        self.change("insert or replace into settings values (?, ?)", (name, json.dumps(value)))

    def now(self) -> int:
        """Give the stand-in's own time in Unix seconds: the machine's clock plus an offset."""
        return int(time.time() + self.setting("clock_offset", 0))

    def put(self, body: Body, *, private: Body | None = None, due: int | None = None) -> None:
        """Keep an object under its id; a second `put` keeps its place in the lists.

        `private` (None: leave as it is) is never shown; `due` is when its time runs out.
        """
        self.change(
            "insert into objects (id, kind, created, due, body, private) values (?, ?, ?, ?, ?, ?)"
            " on conflict (id) do update set body = excluded.body, due = excluded.due,"
            " private = iif(excluded.private = '{}', private, excluded.private)",
            (
                body["id"],
                body["object"],
                body["created"],
                due,
                json.dumps(body),
                json.dumps(private or {}),
            ),
        )

    def get(self, kind: str, object_id: str) -> Body | None:
        """Give an object, or None when there is none of that kind with that id."""
        rows = self.run("select body from objects where id = ? and kind = ?", (object_id, kind))
        return json.loads(rows[0]["body"]) if rows else None

    def private(self, object_id: str) -> Body:
        """Give what was kept beside an object."""
        rows = self.run("select private from objects where id = ?", (object_id,))
        return json.loads(rows[0]["private"]) if rows else {}

    def find(
        self, kind: str, filters: Sequence[Filter] = (), *, order: str = "desc", limit: int = -1
    ) -> list[Body]:
        """Give objects of a kind that match every (SQL condition, value), newest first."""
        conditions = " and ".join(["kind = ?", *(sql for sql, _ in filters)])
        values = [kind, *(value for _, value in filters), limit]
        sql = f"select body from objects where {conditions} order by seq {order} limit ?"
        return [json.loads(row["body"]) for row in self.run(sql, values)]

    def place(self, kind: str, object_id: str) -> int | None:
        """Give an object's place in the order of creation, or None."""
        rows = self.run("select seq from objects where id = ? and kind = ?", (object_id, kind))
        return rows[0]["seq"] if rows else None

    def overdue(self, kind: str) -> list[str]:
        """Give the ids of objects whose time has run out."""
        sql = "select id from objects where kind = ? and due <= ? order by due"
        return [row["id"] for row in self.run(sql, (kind, self.now()))]

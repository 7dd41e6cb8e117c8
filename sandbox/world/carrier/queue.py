"""The queue of booked parcels, in one SQLite file that survives `kill -9`."""

import json
import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_RECEIVES = 100_000
_SCHEMA = """
create table if not exists messages (
    seq integer primary key autoincrement,
    id text not null unique,
    body text not null,
    sent_at real not null,
    receives integer not null default 0,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
    told integer not null default 0
);
create index if not exists messages_waiting on messages (state, seq);
create table if not exists settings (name text primary key, value text not null);
"""


@dataclass(frozen=True)
class Message:
    """One booking; `sent_at` in Unix seconds, `told` is how many pieces of news went out."""

    id: str
    body: str
    sent_at: float
    receives: int
    state: str
    told: int

    def record(self) -> dict[str, Any]:
        """Return it as Lambda gets it from SQS."""
        return {
            "messageId": self.id,
            "receiptHandle": f"{self.id}-{self.receives}",
            "body": self.body,
            "attributes": {
                "SentTimestamp": str(int(self.sent_at * 1000)),
                "ApproximateReceiveCount": str(self.receives),
            },
            "eventSource": "aws:sqs",
        }


class Queue:
    """Messages behind one lock: waiting until their story is over, dead after too many tries."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "carrier.sqlite3", check_same_thread=False)
        # WAL with NORMAL: a killed process loses nothing, and a commit costs no fsync.
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(_SCHEMA)

    def send(self, body: str) -> str:
        """Keep a message and return its id."""
        made = str(uuid.uuid4())
        with self._lock, self._db:
            self._db.execute(
                "insert into messages (id, body, sent_at) values (?, ?, ?)",
                [made, body, time.time()],
            )
        return made

    def receive(self, most: int) -> list[list[Message]]:
        """Return every waiting message, in batches of `most`, counting a receive for each."""
        with self._lock, self._db:
            self._db.execute("update messages set receives = receives + 1 where state = 'waiting'")
            self._db.execute(
                "update messages set state = 'dead' where state = 'waiting' and receives > ?",
                [MOST_RECEIVES],
            )
            waiting = self._select("where state = 'waiting' order by seq")
        return [waiting[start : start + most] for start in range(0, len(waiting), most)]

    def note(self, message_id: str, *, told: int, done: bool) -> None:
        """Remember how far a message's story has been told, and whether it is over."""
        with self._lock, self._db:
            self._db.execute(
                "update messages set told = max(told, ?), state = iif(?, 'done', state)"
                " where id = ?",
                [told, done, message_id],
            )

    def bury(self, message_id: str) -> None:
        """Put a message that can never be handled on the dead-letter list."""
        with self._lock, self._db:
            self._db.execute("update messages set state = 'dead' where id = ?", [message_id])

    def age(self, message_id: str, sent_at: float) -> None:
        """Pretend that a message was sent at another time (Unix seconds)."""
        with self._lock, self._db:
            self._db.execute("update messages set sent_at = ? where id = ?", [sent_at, message_id])

    def all(self, *, limit: int = 500) -> list[Message]:
        """Return the newest messages, whatever became of them."""
        with self._lock:
            return self._select("order by seq desc limit ?", [limit])

    def setting(self, name: str, default: Any) -> Any:
        """Return a setting, or `default`."""
        with self._lock:
            row = self._db.execute("select value from settings where name = ?", [name]).fetchone()
        return json.loads(row[0]) if row else default

    def set(self, name: str, value: Any) -> None:
        """Keep a setting; any JSON value."""
        with self._lock, self._db:
            self._db.execute("replace into settings values (?, ?)", [name, json.dumps(value)])

    def clear(self) -> None:
        """Forget every message; the settings stay."""
        with self._lock, self._db:
            self._db.execute("delete from messages")

    def _select(self, rest: str, values: list[Any] | None = None) -> list[Message]:
        columns = "id, body, sent_at, receives, state, told"
        rows = self._db.execute(f"select {columns} from messages {rest}", values or [])
        return [Message(*row) for row in rows]

"""The mails and the idempotency keys, in one SQLite file that survives `kill -9`."""

import json
import sqlite3
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.world.resend.checks import Mail, bare_address
from sandbox.world.resend.errors import ApiError

KEY_LIFE_SECONDS = 24 * 3600
_SCHEMA = """
create table if not exists mails (
    seq integer primary key autoincrement,
    id text not null unique,
    created_at text not null,
    body text not null
);
create table if not exists keys (
    key text primary key,
    digest text not null,
    since real not null,
    answer text
);
delete from keys where answer is null;
"""


class Store:
    """Mails and keys behind one lock. Starting it forgets keys whose call died half-way."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "resend.sqlite3", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # WAL with NORMAL: a killed process loses nothing, and a commit costs no fsync.
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(_SCHEMA)

    def claim_key(self, key: str, digest: str) -> dict[str, Any] | None:
        """Reserve `key` for a call, or return the answer the same call got before.

        Raises ApiError 409 when it belongs to another body, or its first call still runs.
        """
        with self._lock, self._db:
            self._db.execute("delete from keys where since < ?", [time.time() - KEY_LIFE_SECONDS])
            row = self._db.execute("select * from keys where key = ?", [key]).fetchone()
            if row is None:
                self._db.execute(
                    "insert into keys values (?, ?, ?, null)", [key, digest, time.time()]
                )
                return None
        if row["digest"] != digest:
            raise ApiError(
                409,
                "invalid_idempotent_request",
                "Same idempotency key used with a different request payload.",
            )
        if row["answer"] is None:
            raise ApiError(
                409,
                "concurrent_idempotent_requests",
                "Same idempotency key used while original request is still in progress.",
            )
        answer: dict[str, Any] = json.loads(row["answer"])
        return answer

    def release_key(self, key: str) -> None:
        """Give up a reservation whose call did nothing."""
        with self._lock, self._db:
            self._db.execute("delete from keys where key = ? and answer is null", [key])

    def add(self, mails: list[Mail], *, key: str, batch: bool, errors: list[Any]) -> dict[str, Any]:
        """Keep the mails and the answer to the call (under `key`, unless "") in one transaction."""
        made = [str(uuid.uuid4()) for _ in mails]
        answer: dict[str, Any] = {"id": made[0]} if not batch else {"data": _ids(made)}
        if errors:
            answer["errors"] = errors
        written = datetime.now(UTC).isoformat()
        rows = [
            (one, written, json.dumps({**mail, "idempotency_key": key or None}))
            for one, mail in zip(made, mails, strict=True)
        ]
        with self._lock, self._db:
            self._db.executemany("insert into mails (id, created_at, body) values (?, ?, ?)", rows)
            self._db.execute("update keys set answer = ? where key = ?", [json.dumps(answer), key])
        return answer

    def get(self, mail_id: str) -> Mail | None:
        """Return one mail, or None."""
        with self._lock:
            row = self._db.execute("select * from mails where id = ?", [mail_id]).fetchone()
        return _mail(row) if row else None

    def find(self, *, to: str = "", subject: str = "", limit: int = 500) -> list[Mail]:
        """Return mails newest first: to exactly this address, with these words in the subject."""
        with self._lock:
            rows = self._db.execute("select * from mails order by seq desc").fetchall()
        mails = [_mail(row) for row in rows]
        wanted = [
            mail
            for mail in mails
            if (not to or to.lower() in (bare_address(one).lower() for one in mail["to"]))
            and subject.lower() in mail["subject"].lower()
        ]
        return wanted[:limit]

    def clear(self) -> None:
        """Forget every mail and key."""
        with self._lock, self._db:
            self._db.execute("delete from mails")
            self._db.execute("delete from keys")


def _mail(row: sqlite3.Row) -> Mail:
    return {"id": row["id"], "created_at": row["created_at"], **json.loads(row["body"])}


def _ids(made: list[str]) -> list[dict[str, str]]:
    return [{"id": one} for one in made]

"""Making a backup: one snapshot of the database, then the files."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.crypto import salted_hmac

from makers_market.core import audit_chain
from makers_market.core.backups import files, tables
from makers_market.core.backups.contents import DUMP, FILE_LIST, FORMAT, Manifest, stored
from makers_market.core.backups.errors import BackupFailed
from makers_market.core.backups.programs import find_program, run_program
from makers_market.core.storage import STORE_ERRORS

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the database held at one moment, its own time; the rest as in Manifest."""

    made_at: datetime
    tables: dict[str, list[str]]
    audit_head: str
    migrations: list[str]


def make_backup(
    target: Path, *, with_files: bool, programs: Path | None, tell: Tell = print
) -> Manifest:
    """Write a backup into `target`, a folder that does not exist yet; raises BackupFailed.

    It is written aside and renamed when it is whole, readable by its owner alone: it holds
    personal data and is not encrypted. Files are copied after the database's snapshot, so every
    file that a row names is among them, but those that the shop itself removed meanwhile.
    """
    try:
        if target.exists():
            raise BackupFailed(f"{target} exists already: name a folder that does not.")
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            manifest = _written(aside, with_files=with_files, programs=programs, tell=tell)
            os.sync()  # whole on the disk before it has its name
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except (*STORE_ERRORS, DatabaseError) as error:
        raise BackupFailed(f"No backup was made: {error}") from error
    return manifest


def key_mark() -> str:
    """Give a sign of SECRET_KEY that tells two keys apart and does not give them away."""
    return salted_hmac("makers_market.backup", "key", algorithm="sha256").hexdigest()[:16]


def _written(folder: Path, *, with_files: bool, programs: Path | None, tell: Tell) -> Manifest:
    version = tables.server_version()
    program = find_program("pg_dump", folder=programs, server_version=version)
    # What is sealed is inside the head that the manifest keeps.
    audit_chain.seal_settled(at=timezone.now())
    snapshot = _dump(folder / DUMP, program, tell)
    tell("Files …")
    count = files.write_files(folder, with_content=with_files, tell=tell)
    manifest = Manifest(
        format=FORMAT,
        made_at=snapshot.made_at.isoformat(),
        server_version=version,
        login=str(connection.settings_dict["USER"]),
        key_mark=key_mark(),
        migrations=snapshot.migrations,
        tables=snapshot.tables,
        audit_head=snapshot.audit_head,
        dump=stored(folder / DUMP),
        file_list=stored(folder / FILE_LIST),
        file_count=count,
        has_files=with_files,
    )
    manifest.write(folder)
    return manifest


def applied_migrations() -> list[str]:
    """Give the names of the migrations this database has: "orders.0002_walls"."""
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())


@transaction.atomic(durable=True)
def _dump(path: Path, program: Path, tell: Tell) -> Snapshot:
    """Write the dump; give what its own snapshot holds."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # This transaction waits for pg_dump and must outlive it.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        tables.refuse_hidden_rows()
        cursor.execute("SELECT pg_export_snapshot(), now()")
        snapshot, made_at = cursor.fetchone()
    tell("Database …")
    # The login owns the tables and a policy shows it every row (refuse_hidden_rows).
    words = ("--format=custom", "--no-owner", "--no-comments", "--enable-row-security")
    more = ("--no-password", "--lock-wait-timeout=20s", f"--snapshot={snapshot}")
    run_program([program, *words, *more, f"--file={path}"])
    tell(f"  {path.stat().st_size:,} bytes; counting what they hold …")
    return Snapshot(
        made_at=made_at.astimezone(UTC),
        tables=tables.fingerprints(),
        audit_head=str(audit_chain.head()),
        migrations=applied_migrations(),
    )

"""Bringing a backup back into an empty database, and proving that all of it is there."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from makers_market.core import audit, audit_chain
from makers_market.core.backups import files, tables
from makers_market.core.backups.contents import DUMP, Manifest, check_stored, read_manifest
from makers_market.core.backups.errors import BackupFailed
from makers_market.core.backups.programs import find_program, run_program
from makers_market.core.backups.writing import key_mark
from makers_market.core.db import WORKSHOP_ROLE
from makers_market.core.storage import STORE_ERRORS

Tell = Callable[[str], None]
# Asks the clock: what waited for the worker when the backup was made has waited too long by now.
WAITS_FOR_WORKER = "9 nothing is stuck"


def restore(source: Path, *, programs: Path | None, tell: Tell = print) -> list[str]:
    """Restore `source` into the shop's own, empty database; give what an operator must know.

    Raises BackupFailed. Before the dump is read nothing is changed but files that were missing;
    the dump is one transaction, all or nothing; what differs afterwards is told as a failure.
    """
    manifest = read_manifest(source)
    tell("Checking the backup …")
    try:
        check_stored(source, manifest)
        if manifest.has_files:
            files.check_files(source, tell=tell)
        _refuse_unknown_migrations(manifest)
        program = _fitting_program(manifest, programs)
        if manifest.has_files:
            place = settings.MEDIA_BUCKET or settings.MEDIA_ROOT
            tell(f"Files: {manifest.file_count} into {place} …")
            files.put_back(source, tell=tell)
        tell("Database …")
        _read_dump(source / DUMP, program)
        return _proven(manifest, tell)
    except (*STORE_ERRORS, DatabaseError) as error:
        raise BackupFailed(f"The restore stopped: {error}") from error


def _fitting_program(manifest: Manifest, programs: Path | None) -> Path:
    """Refuse a server, login or database that cannot take the dump; give pg_restore."""
    version = tables.server_version()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        login, is_super = cursor.fetchone()
    if version // 10000 < manifest.server_version // 10000:
        raise BackupFailed(
            f"The backup was made on PostgreSQL {manifest.server_version // 10000}, this server is"
            f" {version // 10000}: restore into the same version or a newer one."
        )
    if login != manifest.login or is_super:
        raise BackupFailed(
            f"The backup belongs to the login {manifest.login}, an ordinary role; this is {login}"
            f"{', a superuser' if is_super else ''}. The rules of row-level security name it."
        )
    if found := tables.table_names():
        raise BackupFailed(f"The database is not empty: it has {', '.join(found[:3])} …")
    _refuse_missing_role()
    return find_program("pg_restore", folder=programs, server_version=version)


def _refuse_missing_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, oid, 'SET') FROM pg_roles WHERE rolname = %s",
            [WORKSHOP_ROLE],
        )
        if cursor.fetchone() != (True,):
            raise BackupFailed(
                f"The role {WORKSHOP_ROLE} is missing here, or this login may not take it. Roles"
                " are not in a dump: run deploy/sql/roles.sql as administrator first."
            )


def _refuse_unknown_migrations(manifest: Manifest) -> None:
    """Refuse a backup of a newer release than this code."""
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    labels = {config.label for config in apps.get_app_configs()}
    newer = [name for name in manifest.migrations if name not in known]
    if newer:
        stranger = "" if newer[0].split(".")[0] in labels else ", of an app that is not installed"
        raise BackupFailed(
            f"The backup has the migration {newer[0]}{stranger}, this code does not: restore it"
            " with the release that made it, or a newer one."
        )


def _read_dump(dump: Path, program: Path) -> None:
    connection.close()
    name = str(connection.settings_dict["NAME"])
    words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-comments")
    run_program([program, *words, "--no-password", f"--dbname={name}", dump])


def _proven(manifest: Manifest, tell: Tell) -> list[str]:
    """Compare what is there with what was; raises BackupFailed naming every difference."""
    tell(f"Comparing {len(manifest.tables)} tables …")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        broken = tables.differences(manifest.tables, tables.fingerprints())
    made_at = datetime.fromisoformat(manifest.made_at)
    position, _colon, seal = manifest.audit_head.partition(":")
    head = audit_chain.Head(int(position), seal)
    broken += audit_chain.broken_links(at=made_at, expected=head)
    _migrate_forward(tell)
    breaches = audit.breaches()
    stuck = breaches.pop(WAITS_FOR_WORKER, [])
    broken += [f"{name}: {row}" for name, rows in breaches.items() for row in rows]
    if broken:
        raise BackupFailed("Restored, but not as it was:\n  " + "\n  ".join(broken[:50]))
    tell(f"  every table as it was, {len(audit.invariants())} invariants of money hold,")
    tell(f"  the audit log is whole up to its head {head}")
    return _notes(manifest, stuck)


def _migrate_forward(tell: Tell) -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        tell("The backup is of an older release: migrating …")
        call_command("migrate", interactive=False, verbosity=0)


def _notes(manifest: Manifest, stuck: list[str]) -> list[str]:
    notes = []
    if stuck:
        notes.append(
            f"{len(stuck)} things waited for the worker when the backup was made. Start it and"
            " run audit_money again."
        )
    if manifest.key_mark != key_mark():
        notes.append(
            "SECRET_KEY is another than when the backup was made: second factors do not open and"
            " everybody is signed out. Set the old one, or add it to SECRET_KEY_FALLBACKS."
        )
    if not manifest.has_files:
        notes.append(
            f"The backup holds no files, only the names of {manifest.file_count}: they must come"
            " from the bucket's own versions."
        )
    return notes

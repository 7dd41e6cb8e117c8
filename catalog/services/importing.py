"""Workshops bring pieces in by a sheet: sent, checked by a job, pressed for, brought in by a job.

The sheet is private and lies under the import's uuid until the import has ended. What the two
jobs do is in checking_sheets.py and running_imports.py. An import whose job is gone, or has failed
for two hours, ends as broken off: a workshop never waits for nothing.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.models import Maker, User
from catalog.models import Import
from catalog.services.bringing_in import bring_in
from catalog.services.showing import digest_of
from catalog.sheets.cells import Cell, Faulty
from catalog.sheets.judging import Plan
from catalog.sheets.known import Known, Shelves, known_of
from catalog.sheets.reading import Row, Sheet
from catalog.signals import import_sent, import_started, sheet_unneeded
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.job_list import tries_of
from makers_market.core.storage import STORE_ERRORS, originals

log = logging.getLogger(__name__)
FOLDER = "imports"
FORGOTTEN_AFTER = timedelta(days=30)
FAULTS_LISTED = 500
PIECES_AT_ONCE = 50
ACTIVE = (Import.CHECKING, Import.RUNNING)
# The job of each active state. Thirty tries are two hours (core.jobs.Patience).
JOBS = {Import.CHECKING: "catalog.check_import", Import.RUNNING: "catalog.run_import"}
TRIES_MAX = 30
# What another try may find mended: the job is tried again.
PASSING = (OperationalError, InterfaceError, *STORE_ERRORS)
Group = tuple[str, list[Row]]


class OneAtATime(Refusal):
    """Another import of this workshop is being checked or brought in."""

    def __init__(self) -> None:
        super().__init__(_("Another file is being worked on. Wait until it is done."))


class SheetNotKept(Refusal):
    """The store of files is away, full or slow."""

    def __init__(self) -> None:
        super().__init__(_("We could not keep your file just now. Send it again in a moment."))


class NotChecked(Refusal):
    """The import is not one that waits to be brought in, or nothing of it can be."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing of this file to bring in. Send it again."))


@dataclass(frozen=True)
class StoredSheet:
    """A sheet as it was sent, stored under its uuid; the digest names its content."""

    uuid: UUID
    digest: str


def store_sheet(content: bytes) -> StoredSheet:
    """Store a sheet as it was sent; raises SheetNotKept."""
    sheet = StoredSheet(uuid4(), digest_of(content))
    try:
        originals().save(sheet_name(sheet.uuid), ContentFile(content))
    except STORE_ERRORS as error:
        log.warning("sheet_not_kept", extra={"why": type(error).__name__})
        raise SheetNotKept from error
    return sheet


def drop_sheet(uuid: UUID) -> None:
    """Remove a sheet's file; one that is gone already is no matter."""
    originals().delete(sheet_name(uuid))


def leave_sheet(uuid: UUID) -> None:
    """Remove a sheet that was refused; while the store is away it is left to the sweep."""
    try:
        drop_sheet(uuid)
    except STORE_ERRORS as error:
        log.warning("sheet_left", extra={"why": type(error).__name__})


def sheet_name(uuid: UUID) -> str:
    return f"{FOLDER}/{uuid.hex}"


@transaction.atomic
def begin_import(maker_id: int, *, sheet: StoredSheet, by: str, at: datetime) -> Import:
    """Take a stored sheet to be checked; tells import_sent. Those that wait are dropped for it.

    Locks the maker. Raises OneAtATime.
    """
    maker = Maker.objects.select_for_update(no_key=True).get(pk=maker_id)
    if Import.objects.filter(maker=maker, state__in=ACTIVE).exists():
        raise OneAtATime
    for waiting in Import.objects.filter(maker=maker, state=Import.CHECKED).order_by("pk"):
        end_import(waiting, Import.DROPPED, at=at)
    begun = Import.objects.create(
        uuid=sheet.uuid, maker=maker, digest=sheet.digest, sent_at=at, moved_at=at, sent_by=by
    )
    changes = {"sheet": ("", sheet.digest)}
    record("import.sent", begun, by=by, at=at, maker=maker_id, changes=changes)
    import_sent.send(Import, import_id=begun.pk)
    return begun


@transaction.atomic
def start_import(import_id: int, *, by: str, at: datetime) -> None:
    """Bring a checked sheet in, by a job; tells import_started. Twice is once.

    Locks the import. Raises NotChecked, OneAtATime.
    """
    found = _locked(import_id)
    if found.state == Import.RUNNING:
        return
    if not found.can_start:
        raise NotChecked
    found.state, found.rows_done, found.sent_by, found.moved_at = Import.RUNNING, 0, by, at
    try:
        with transaction.atomic():
            found.save(update_fields=["state", "rows_done", "sent_by", "moved_at"])
    except IntegrityError as error:
        raise OneAtATime from error
    changes = {"state": (Import.CHECKED, Import.RUNNING)}
    record("import.started", found, by=by, at=at, maker=found.maker_id, changes=changes)
    import_started.send(Import, import_id=found.pk)


def _locked(import_id: int) -> Import:
    """Lock an import; what it is to do and its faults are long and stay where they are."""
    return Import.objects.defer("todo", "faults").select_for_update(no_key=True).get(pk=import_id)


@transaction.atomic
def drop_import(import_id: int, *, by: str, at: datetime) -> None:
    """End an import where it is: what was brought in stays. Locks it; an ended one stays ended."""
    found = _locked(import_id)
    if found.state not in {*ACTIVE, Import.CHECKED}:
        return
    changes = {"state": (found.state, Import.DROPPED)}
    end_import(found, Import.DROPPED, at=at)
    record("import.dropped", found, by=by, at=at, maker=found.maker_id, changes=changes)


def give_imports_up(*, at: datetime) -> int:
    """End the imports whose job is gone, or was tried for two hours; gives how many."""
    active = Import.objects.filter(state__in=ACTIVE).order_by("pk").values_list("pk", flat=True)
    return sum(_given_up(pk, at=at) for pk in active)


@transaction.atomic
def _given_up(import_id: int, *, at: datetime) -> bool:
    """End one import unless a job still works on it.

    A job ends after its import has left the state, and begins with it: the look at the jobs must
    come behind the lock.
    """
    active = Import.objects.filter(pk=import_id, state__in=ACTIVE).defer("todo", "faults")
    found = active.select_for_update(no_key=True).first()
    if found is None:
        return False
    tries = tries_of(JOBS[found.state], import_id=import_id)
    if tries is not None and tries < TRIES_MAX:
        return False
    break_off(found, at=at)
    return True


def break_off(imported: Import, *, at: datetime) -> None:
    """End an import, whose row is locked, that cannot go on through no fault of its workshop."""
    log.error("import_broken_off", extra={"why": imported.state})
    changes = {"state": (imported.state, Import.FAILED)}
    end_import(imported, Import.FAILED, at=at)
    record("import.failed", imported, by="worker", at=at, maker=imported.maker_id, changes=changes)


def language_of(imported: Import) -> str:
    """Give the language of who sent a sheet, in which its faults are told."""
    kind, _colon, key = imported.sent_by.partition(":")
    who = User.objects.filter(pk=key).first() if kind == "user" else None
    return who.language if who else "en"


def content_of(imported: Import) -> bytes:
    """Read a sheet as it was sent; raises FileNotFoundError and what the store of files raises."""
    with originals().open(sheet_name(imported.uuid)) as file:
        content: bytes = file.read()
    return content


def end_import(imported: Import, state: str, *, at: datetime) -> None:
    """End an import whose row is locked; its sheet is needed no more."""
    imported.state, imported.ended_at, imported.todo = state, at, None
    imported.save(update_fields=["state", "ended_at", "refusal", "rows_done", "todo"])
    sheet_unneeded.send(Import, import_uuid=str(imported.uuid))


def groups_of(sheet: Sheet) -> list[Group]:
    """Put the rows of each piece together, in the order in which the pieces first appear."""
    groups: dict[str, list[Row]] = {}
    for row in sheet.rows:
        handle = row.cells["handle"] if row.cells.get("handle") else f"\n{row.number}"
        groups.setdefault(handle, []).append(row)
    return list(groups.items())


def known_to(imported: Import, shelves: Shelves, groups: Sequence[Group]) -> Known:
    """Load what the rows of these pieces may name."""
    numbers = [row.cells.get("sku", "") for _handle, rows in groups for row in rows]
    return known_of(imported.maker_id, shelves, (handle for handle, _rows in groups), numbers)


def bring_for(imported: Import, plan: Plan, *, is_trial: bool = False, at: datetime) -> None:
    """Bring a piece in under the name of the import."""
    reference = f"import:{imported.uuid.hex}"
    bring_in(
        plan, maker_id=imported.maker_id, reference=reference, is_trial=is_trial,
        by=imported.sent_by, at=at,
    )  # fmt: skip


@contextmanager
def blamed_on(rows: Sequence[Row]) -> Iterator[None]:
    """Turn what nobody foresaw into a fault of one piece: one row must not stop two thousand."""
    try:
        yield
    except (Faulty, *PASSING):
        raise
    except Exception as error:
        log.exception("piece_not_imported", extra={"why": type(error).__name__})
        words = _("Something went wrong with this piece on our side. Send it again later.")
        raise Cell(rows[0], "handle").fault(words) from error


def sweep_imports(*, at: datetime) -> int:
    """Forget imports after 30 days, and sheets that no import names; gives how many rows went."""
    old = at - FORGOTTEN_AFTER
    for name in originals().names_before(FOLDER, old):  # type: ignore[attr-defined]
        originals().delete(name)
    return Import.objects.filter(sent_at__lt=old).delete()[0]

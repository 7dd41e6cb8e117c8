"""Workshops bring pieces in by a sheet: sent, checked by a job, pressed for, brought in by a job.

The sheet is private and lies under the import's uuid until the import has ended. A piece with all
its rows is brought in by one transaction, which also says how far the import is: after whatever
interruption it goes on behind that.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Maker, User
from catalog.models import Import, Product
from catalog.services.bringing_in import bring_in
from catalog.services.showing import digest_of
from catalog.sheets.cells import Cell, Fault, Faulty
from catalog.sheets.judging import CHANGED, NEW, SAME, Plan, plan_of
from catalog.sheets.known import Known, Shelves, known_of, shelves_of
from catalog.sheets.reading import NotASheet, Row, Sheet, read_sheet
from catalog.signals import import_sent, import_started, sheet_unneeded
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.storage import STORE_ERRORS, originals

log = logging.getLogger(__name__)
FOLDER = "imports"
FORGOTTEN_AFTER = timedelta(days=30)
FAULTS_LISTED = 500
PIECES_AT_ONCE = 50
ACTIVE = (Import.CHECKING, Import.RUNNING)


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
        originals().save(_name(sheet.uuid), ContentFile(content))
    except STORE_ERRORS as error:
        log.warning("sheet_not_kept", extra={"why": type(error).__name__})
        raise SheetNotKept from error
    return sheet


def drop_sheet(uuid: UUID) -> None:
    """Remove a sheet's file; one that is gone already is no matter."""
    originals().delete(_name(uuid))


def leave_sheet(uuid: UUID) -> None:
    """Remove a sheet that was refused; while the store is away it is left to the sweep."""
    try:
        drop_sheet(uuid)
    except STORE_ERRORS as error:
        log.warning("sheet_left", extra={"why": type(error).__name__})


def _name(uuid: UUID) -> str:
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
        _end(waiting, Import.DROPPED, at=at)
    begun = Import.objects.create(
        uuid=sheet.uuid, maker=maker, digest=sheet.digest, sent_at=at, sent_by=by
    )
    changes = {"sheet": ("", sheet.digest)}
    record("import.sent", begun, by=by, at=at, maker=maker_id, changes=changes)
    import_sent.send(Import, import_id=begun.pk)
    return begun


def check_import(import_id: int, *, at: datetime) -> None:
    """Find out what a sheet would do, piece by piece, and every fault; nothing of it stays.

    Each piece is brought in on trial and rolled back. Safe to run twice and two at a time.
    """
    found = Import.objects.filter(pk=import_id, state=Import.CHECKING).first()
    if found is None:
        return
    with translation.override(_language(found)):
        try:
            sheet = read_sheet(_read(found))
        except (NotASheet, FileNotFoundError) as refusal:
            _refuse(found, refusal, at=at)
            return
        _check(found, sheet, at=at)


def _language(imported: Import) -> str:
    kind, _colon, key = imported.sent_by.partition(":")
    who = User.objects.filter(pk=key).first() if kind == "user" else None
    return who.language if who else "en"


def _read(imported: Import) -> bytes:
    with originals().open(_name(imported.uuid)) as file:
        content: bytes = file.read()
    return content


@transaction.atomic
def _refuse(imported: Import, refusal: Exception, *, at: datetime) -> None:
    known = isinstance(refusal, NotASheet)
    imported.refusal = (str(refusal) if known else _("This file did not arrive. Send it again."))[
        :200
    ]
    _end(imported, Import.REFUSED, at=at)


def _end(imported: Import, state: str, *, at: datetime) -> None:
    imported.state, imported.ended_at = state, at
    imported.save(update_fields=["state", "ended_at", "refusal", "rows_done"])
    sheet_unneeded.send(Import, import_uuid=str(imported.uuid))


def groups_of(sheet: Sheet) -> list[tuple[str, list[Row]]]:
    """Put the rows of each piece together, in the order in which the pieces first appear."""
    groups: dict[str, list[Row]] = {}
    for row in sheet.rows:
        handle = row.cells["handle"] if row.cells.get("handle") else f"\n{row.number}"
        groups.setdefault(handle, []).append(row)
    return list(groups.items())


def _check(imported: Import, sheet: Sheet, *, at: datetime) -> None:
    shelves = shelves_of(imported.maker_id)
    faults, doubles = _headers(sheet), _doubles(sheet)
    counts = {NEW: 0, CHANGED: 0, SAME: 0, "faulty": 0}
    todo: dict[str, str] = {}
    done = 0
    for some in batched(groups_of(sheet), PIECES_AT_ONCE):
        known = _known(imported, shelves, some)
        for handle, rows in some:
            try:
                plan = _tried(imported, handle, rows, known, doubles, at=at)
            except Faulty as faulty:
                faults += faulty.faults
                counts["faulty"] += len(rows)
                continue
            counts[plan.kind] += len(rows)
            if plan.kind != SAME:
                todo[handle] = plan.piece.seen if plan.piece else ""
        done += sum(len(rows) for _handle, rows in some)
        Import.objects.filter(pk=imported.pk).update(rows_done=done, rows_count=len(sheet.rows))
    listed = [each.listed() for each in sorted(faults, key=lambda each: each.row)]
    Import.objects.filter(pk=imported.pk, state=Import.CHECKING).update(
        state=Import.CHECKED, rows_done=0, faults=listed[:FAULTS_LISTED],
        effects=counts | {"faults": len(listed), "todo": todo},
    )  # fmt: skip


def _headers(sheet: Sheet) -> list[Fault]:
    words = _("We do not know this column: it is left out.")
    return [Fault(1, header[:60], "", words) for header in sheet.unknown]


def _doubles(sheet: Sheet) -> dict[int, Faulty]:
    """Find numbers (SKUs) that several rows have: the faults of all but the first."""
    firsts: dict[str, int] = {}
    faults = {}
    for row in sheet.rows:
        sku = row.cells.get("sku", "")
        first = firsts.setdefault(sku, row.number) if sku else row.number
        if first != row.number:
            words = _("Row %(number)d has this number already.") % {"number": first}
            faults[row.number] = Cell(row, "sku").fault(words)
    return faults


def _known(imported: Import, shelves: Shelves, some: Sequence[tuple[str, list[Row]]]) -> Known:
    numbers = [row.cells.get("sku", "") for _handle, rows in some for row in rows]
    return known_of(imported.maker_id, shelves, (handle for handle, _rows in some), numbers)


def _tried(
    imported: Import,
    handle: str,
    rows: list[Row],
    known: Known,
    doubles: dict[int, Faulty],
    *,
    at: datetime,
) -> Plan:
    """Plan a piece and try it out; raises Faulty."""
    if handle.startswith("\n"):
        raise Cell(rows[0], "handle").fault(_("Give the piece a handle: its address."))
    twice = [fault for row in rows if row.number in doubles for fault in doubles[row.number].faults]
    if twice:
        raise Faulty(*twice)
    plan = plan_of(handle, rows, known)
    if plan.kind != SAME:
        with transaction.atomic():
            _bring_in(imported, plan, at=at)
            transaction.set_rollback(True)
    return plan


def _bring_in(imported: Import, plan: Plan, *, at: datetime) -> None:
    reference = f"import:{imported.uuid.hex}"
    bring_in(plan, maker_id=imported.maker_id, reference=reference, by=imported.sent_by, at=at)


@transaction.atomic
def start_import(import_id: int, *, by: str, at: datetime) -> None:
    """Bring a checked sheet in, by a job; tells import_started. Twice is once.

    Locks the import. Raises NotChecked, OneAtATime.
    """
    found = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if found.state == Import.RUNNING:
        return
    if found.state != Import.CHECKED or not found.effects["todo"]:
        raise NotChecked
    found.state, found.rows_done, found.sent_by = Import.RUNNING, 0, by
    try:
        with transaction.atomic():
            found.save(update_fields=["state", "rows_done", "sent_by"])
    except IntegrityError as error:
        raise OneAtATime from error
    changes = {"state": (Import.CHECKED, Import.RUNNING)}
    record("import.started", found, by=by, at=at, maker=found.maker_id, changes=changes)
    import_started.send(Import, import_id=found.pk)


def run_import(import_id: int, *, at: datetime) -> None:
    """Bring in what is left of a started import, a piece by a transaction.

    Safe to run twice, two at a time, and after an end in the middle: each piece comes once.
    """
    found = Import.objects.filter(pk=import_id, state=Import.RUNNING).first()
    if found is None:
        return
    with translation.override(_language(found)):
        sheet = read_sheet(_read(found))
        shelves = shelves_of(found.maker_id)
        place = 0
        for handle, rows in groups_of(sheet):
            is_due = place >= found.rows_done and handle in found.effects["todo"]
            if is_due and not _run_one(found.pk, place, handle, rows, shelves, at=at):
                return
            place += len(rows)
        _finish(found.pk, place, at=at)


@transaction.atomic
def _run_one(
    import_id: int, place: int, handle: str, rows: list[Row], shelves: Shelves, *, at: datetime
) -> bool:
    """Bring in one piece unless that was done; tells whether the import still goes on.

    Locks the import, then the piece.
    """
    found = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if found.state != Import.RUNNING:
        return False
    if found.rows_done > place:
        return True
    try:
        with transaction.atomic():
            _bring_in(found, _plan_again(found, handle, rows, shelves), at=at)
    except Faulty as faulty:
        found.faults = [*found.faults, *(each.listed() for each in faulty.faults)][:FAULTS_LISTED]
        found.effects["failed"] = found.effects.get("failed", 0) + len(rows)
    else:
        found.effects["came"] = found.effects.get("came", 0) + len(rows)
    found.rows_done = place + len(rows)
    found.save(update_fields=["faults", "effects", "rows_done"])
    return True


def _plan_again(imported: Import, handle: str, rows: list[Row], shelves: Shelves) -> Plan:
    """Plan a locked piece; raises Faulty if it is not what it was when the sheet was checked."""
    own = Product.objects.filter(maker=imported.maker_id, slug=handle)
    for _piece in own.select_for_update(of=("self",), no_key=True):
        pass
    plan = plan_of(handle, rows, _known(imported, shelves, [(handle, rows)]))
    if (plan.piece.seen if plan.piece else "") != imported.effects["todo"][handle]:
        words = _("This piece was changed after the file was checked. Check the file again.")
        raise Cell(rows[0], "handle").fault(words)
    return plan


@transaction.atomic
def _finish(import_id: int, place: int, *, at: datetime) -> None:
    found = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if found.state != Import.RUNNING:
        return
    found.rows_done = place
    _end(found, Import.DONE, at=at)
    effects = {name: count for name, count in found.effects.items() if name != "todo"}
    changes = {"rows": (0, effects.get("came", 0)), "failed": (0, effects.get("failed", 0))}
    record("import.done", found, by=found.sent_by, at=at, maker=found.maker_id, changes=changes)


@transaction.atomic
def drop_import(import_id: int, *, by: str, at: datetime) -> None:
    """End an import where it is: what was brought in stays. Locks it; an ended one stays ended."""
    found = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if found.state not in {*ACTIVE, Import.CHECKED}:
        return
    changes = {"state": (found.state, Import.DROPPED)}
    _end(found, Import.DROPPED, at=at)
    record("import.dropped", found, by=by, at=at, maker=found.maker_id, changes=changes)


def sweep_imports(*, at: datetime) -> int:
    """Forget imports after 30 days, and sheets that no import names; gives how many rows went."""
    old = at - FORGOTTEN_AFTER
    for name in originals().names_before(FOLDER, old):  # type: ignore[attr-defined]
        originals().delete(name)
    return Import.objects.filter(sent_at__lt=old).delete()[0]

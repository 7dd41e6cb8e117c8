"""A job finds out what a sheet would do: each piece is brought in on trial and rolled back."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.models import Import
from catalog.services.importing import (
    FAULTS_LISTED,
    PIECES_AT_ONCE,
    Group,
    blamed_on,
    bring_for,
    content_of,
    end_import,
    groups_of,
    known_to,
    language_of,
)
from catalog.sheets.cells import Cell, Fault, Faulty
from catalog.sheets.judging import CHANGED, NEW, SAME, Plan, plan_of
from catalog.sheets.known import Known, shelves_of
from catalog.sheets.reading import NotASheet, Row, Sheet, read_sheet


@dataclass
class Findings:
    """What a check has found so far: faults, rows by kind, and the pieces to bring in."""

    faults: list[Fault]
    # Rows whose number (SKU) an earlier row has.
    doubles: dict[int, Faulty]
    counts: dict[str, int] = field(
        default_factory=lambda: {NEW: 0, CHANGED: 0, SAME: 0, "faulty": 0}
    )
    todo: dict[str, str] = field(default_factory=dict)


def check_import(import_id: int, *, at: datetime) -> None:
    """Find out what a sheet would do, piece by piece, and every fault; nothing of it stays.

    Safe to run twice and two at a time.
    """
    found = Import.objects.filter(pk=import_id, state=Import.CHECKING).first()
    if found is None:
        return
    with translation.override(language_of(found)):
        try:
            sheet = read_sheet(content_of(found))
        except NotASheet as refusal:
            _refuse(found.pk, str(refusal), at=at)
        except FileNotFoundError:
            _refuse(found.pk, _("This file did not arrive. Send it again."), at=at)
        else:
            _check(found, sheet, at=at)


@transaction.atomic
def _refuse(import_id: int, words: str, *, at: datetime) -> None:
    """Refuse a sheet, unless it was dropped meanwhile. Locks the import."""
    locked = Import.objects.select_for_update(no_key=True)
    found = locked.filter(pk=import_id, state=Import.CHECKING).first()
    if found:
        found.refusal = words[:200]
        end_import(found, Import.REFUSED, at=at)


def _check(imported: Import, sheet: Sheet, *, at: datetime) -> None:
    """Check a sheet until its end, or until it is dropped."""
    still = Import.objects.filter(pk=imported.pk, state=Import.CHECKING)
    shelves = shelves_of(imported.maker_id)
    findings = Findings(_headers(sheet), _doubles(sheet))
    done = 0
    for some in batched(groups_of(sheet), PIECES_AT_ONCE):
        known = known_to(imported, shelves, some)
        for group in some:
            _look_at(imported, group, known, findings, at=at)
        done += sum(len(rows) for _handle, rows in some)
        if not still.update(rows_done=done, rows_count=len(sheet.rows), moved_at=Now()):
            return
    listed = [each.listed() for each in sorted(findings.faults, key=lambda each: each.row)]
    still.update(
        state=Import.CHECKED, rows_done=0, faults=listed[:FAULTS_LISTED], todo=findings.todo,
        effects=findings.counts | {"faults": len(listed)},
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


def _look_at(
    imported: Import, group: Group, known: Known, findings: Findings, *, at: datetime
) -> None:
    """Add what one piece would come to."""
    handle, rows = group
    try:
        with blamed_on(rows):
            _refuse_unnamed(handle, rows, findings.doubles)
            plan = plan_of(handle, rows, known)
            _try_out(imported, plan, at=at)
    except Faulty as faulty:
        findings.faults += faulty.faults
        findings.counts["faulty"] += len(rows)
        return
    findings.counts[plan.kind] += len(rows)
    if plan.kind != SAME:
        findings.todo[handle] = plan.piece.seen if plan.piece else ""


def _refuse_unnamed(handle: str, rows: list[Row], doubles: dict[int, Faulty]) -> None:
    if handle.startswith("\n"):
        raise Cell(rows[0], "handle").fault(_("Give the piece a handle: its address."))
    twice = [fault for row in rows if row.number in doubles for fault in doubles[row.number].faults]
    if twice:
        raise Faulty(*twice)


def _try_out(imported: Import, plan: Plan, *, at: datetime) -> None:
    """Bring a piece in and roll it back; raises Faulty."""
    if plan.kind == SAME:
        return
    with transaction.atomic():
        bring_for(imported, plan, is_trial=True, at=at)
        transaction.set_rollback(True)

"""A job brings a checked sheet in: a piece with all its rows by one transaction.

That transaction also says how far the import is: after whatever interruption it goes on behind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.models import Import, Product
from catalog.services.importing import (
    FAULTS_LISTED,
    PIECES_AT_ONCE,
    Group,
    blamed_on,
    break_off,
    bring_for,
    content_of,
    end_import,
    groups_of,
    known_to,
    language_of,
)
from catalog.services.staging import lock_stock_of
from catalog.sheets.cells import Cell, Fault, Faulty
from catalog.sheets.judging import Plan, plan_of
from catalog.sheets.known import Known, Shelves, pieces_in, shelves_of
from catalog.sheets.reading import Sheet, read_sheet
from makers_market.core.audit_log import record


@dataclass(frozen=True)
class Run:
    """An import as it was when its job began, and what does not change until the job ends."""

    imported: Import
    shelves: Shelves
    at: datetime

    @property
    def todo(self) -> dict[str, str]:
        fingerprints: dict[str, str] = self.imported.todo
        return fingerprints


def run_import(import_id: int, *, at: datetime) -> None:
    """Bring in what is left of a started import, a piece by a transaction.

    Safe to run twice, two at a time, and after an end in the middle: each piece comes once.
    """
    found = Import.objects.filter(pk=import_id, state=Import.RUNNING).first()
    if found is None:
        return
    with translation.override(language_of(found)):
        try:
            sheet = read_sheet(content_of(found))
        except FileNotFoundError:
            _break_off(import_id, at=at)
            return
        run = Run(found, shelves_of(found.maker_id), at)
        if all(_bring_some(run, some) for some in batched(_due(run, sheet), PIECES_AT_ONCE)):
            _finish(import_id, len(sheet.rows), at=at)


@transaction.atomic
def _break_off(import_id: int, *, at: datetime) -> None:
    """Break off a run whose sheet is gone, unless it has ended meanwhile."""
    found = _locked(import_id)
    if found:
        break_off(found, at=at)


def _locked(import_id: int) -> Import | None:
    """Lock an import that still runs, without what is long of it."""
    running = Import.objects.filter(pk=import_id, state=Import.RUNNING)
    return running.defer("todo", "faults").select_for_update(no_key=True).first()


def _due(run: Run, sheet: Sheet) -> Iterator[tuple[int, Group]]:
    """Give the pieces that are not brought in yet, and how many rows lie before each."""
    place = 0
    for handle, rows in groups_of(sheet):
        if place >= run.imported.rows_done and handle in run.todo:
            yield place, (handle, rows)
        place += len(rows)


def _bring_some(run: Run, some: Sequence[tuple[int, Group]]) -> bool:
    """Bring some pieces in; tells whether the import still goes on."""
    known = known_to(run.imported, run.shelves, [group for _place, group in some])
    return all(_bring_one(run, place, group, known) for place, group in some)


@transaction.atomic
def _bring_one(run: Run, place: int, group: Group, known: Known) -> bool:
    """Bring one piece in unless that was done; tells whether the import still goes on.

    Locks the import, then the piece.
    """
    found = _locked(run.imported.pk)
    if found is None:
        return False
    if found.rows_done > place:
        return True
    _handle, rows = group
    faults: list[Fault] = []
    try:
        with blamed_on(rows), transaction.atomic():
            bring_for(run.imported, _plan_again(run, group, known), at=run.at)
    except Faulty as faulty:
        faults = faulty.faults
    counted = "failed" if faults else "came"
    found.effects[counted] = found.effects.get(counted, 0) + len(rows)
    _write_down(found, place + len(rows), faults)
    return True


def _write_down(found: Import, rows_done: int, faults: Sequence[Fault]) -> None:
    row = Import.objects.filter(pk=found.pk)
    row.update(rows_done=rows_done, effects=found.effects, moved_at=Now())
    if faults:
        listed = [*row.values_list("faults", flat=True).get(), *(each.listed() for each in faults)]
        row.update(faults=listed[:FAULTS_LISTED])


def _plan_again(run: Run, group: Group, known: Known) -> Plan:
    """Plan a piece; raises Faulty if it is not what it was when the sheet was checked.

    One that was there is locked with its variants, whose prices change under their own lock, and
    read anew behind that. A new one needs no lock: its handle and its
    numbers are unique, and who was quicker makes it a fault.
    """
    handle, rows = group
    if run.todo[handle]:
        own = Product.objects.filter(maker=run.imported.maker_id, slug=handle)
        for product in own.select_for_update(of=("self",), no_key=True):
            lock_stock_of(product)
        pieces = {piece.product.slug: piece for piece in pieces_in(own, run.shelves)}
        known = Known(run.shelves, pieces, frozenset(), known.numbers)
    plan = plan_of(handle, rows, known)
    if (plan.piece.seen if plan.piece else "") != run.todo[handle]:
        words = _("This piece was changed after the file was checked. Check the file again.")
        raise Cell(rows[0], "handle").fault(words)
    return plan


@transaction.atomic
def _finish(import_id: int, rows_count: int, *, at: datetime) -> None:
    found = _locked(import_id)
    if found is None:
        return
    found.rows_done = rows_count
    end_import(found, Import.DONE, at=at)
    came, failed = (found.effects.get(name, 0) for name in ("came", "failed"))
    changes = {"rows": (0, came), "failed": (0, failed)}
    record("import.done", found, by=found.sent_by, at=at, maker=found.maker_id, changes=changes)

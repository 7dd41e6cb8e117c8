"""Doors of the workshop to its pieces as a sheet: to take one along, and to bring one in."""

import tempfile
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from catalog import services
from catalog.forms.sheets import SheetForm
from catalog.models import Import
from catalog.sheets.known import all_rows
from catalog.sheets.writing import as_csv
from makers_market.core.admin import workshop_site
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal
from makers_market.core.limits import take
from makers_market.core.rooms import act, page

NEEDS = "write_pieces"
EARLIER = 10
FAULTS_SHOWN = 100
# An import that has not got further for so long says so: its worker is away, or tries again.
STILL = timedelta(minutes=2)
PILLS = {
    Import.CHECKING: "info",
    Import.CHECKED: "info",
    Import.RUNNING: "info",
    Import.DONE: "ok",
    Import.REFUSED: "bad",
    Import.DROPPED: "",
    Import.FAILED: "bad",
}


@workshop_site.room("imports/pieces.csv", name="export_pieces", title=_("Export"), needs=NEEDS)
@require_safe
def export(request: Any) -> Any:
    """Give all pieces as a CSV file; `?mark=0` leaves the mark out that Excel needs."""
    take(request, "sheets", per="user")
    maker, day = request.workplace.maker, timezone.localdate()
    # Written to disk under the workshop's wall: a stream would be read after that has closed.
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the answer closes it
    for line in as_csv(all_rows(maker.pk), with_mark=request.GET.get("mark") != "0"):
        file.write(line.encode())
    file.seek(0)
    name = f"{maker.slug}-{day:%Y-%m-%d}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")


@workshop_site.room("imports/", name="imports", title=_("Import and export"), needs=NEEDS)
@require_safe
def imports(request: Any) -> HttpResponse:
    """Show how to take pieces along and bring them in, and the latest imports."""
    return _begin_page(request, SheetForm())


@workshop_site.room("imports/send/", name="send_import", title=_("Send"), needs=NEEDS)
@require_POST
def send(request: Any) -> HttpResponse:
    """Take a sheet; a job checks it."""
    form = SheetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _begin_page(request, form, status=422)
    try:
        take(request, "sheets", per="user")
        begun = _begun(request, services.store_sheet(form.cleaned_data["sheet"].read()))
    except Refusal as refusal:
        form.add_error("sheet", str(refusal))
        return _begin_page(request, form, status=422)
    return redirect("workshop:import", begun.uuid)


def _begun(request: Any, sheet: services.StoredSheet) -> Import:
    """Begin the import of a stored sheet; one that is refused is not kept."""
    maker, by = request.workplace.maker, f"user:{request.user.pk}"
    try:
        with as_app():
            return services.begin_import(maker.pk, sheet=sheet, by=by, at=timezone.now())
    except Refusal:
        services.leave_sheet(sheet.uuid)
        raise


@workshop_site.room("imports/<uuid:uuid>/", name="import", title=_("Import"), needs=NEEDS)
@require_safe
def look(request: Any, uuid: UUID) -> HttpResponse:
    """Show one import: how far it is, what it would do or did, and its faults."""
    found = _theirs(request, uuid)
    return page(
        request, "catalog/workshop/import.html", title=_("Import and export"), **_shown(found)
    )


@workshop_site.room(
    "imports/<uuid:uuid>/progress/", name="import_progress", title=_("Import"), needs=NEEDS
)
@require_safe
def progress(request: Any, uuid: UUID) -> HttpResponse:
    """Show how far an import is: the part of its page that asks for itself anew."""
    found = _theirs(request, uuid)
    return page(request, "catalog/workshop/import_state.html", title=_("Import"), **_shown(found))


@workshop_site.room(
    "imports/<uuid:uuid>/start/", name="start_import", title=_("Bring in"), needs=NEEDS
)
@require_POST
def start(request: Any, uuid: UUID) -> HttpResponse:
    """Bring a checked sheet in."""
    found = _theirs(request, uuid)
    act(request, services.start_import, found.pk, done=_("Your pieces are being brought in."))
    return redirect("workshop:import", uuid)


@workshop_site.room("imports/<uuid:uuid>/drop/", name="drop_import", title=_("Stop"), needs=NEEDS)
@require_POST
def drop(request: Any, uuid: UUID) -> HttpResponse:
    """End an import where it is."""
    found = _theirs(request, uuid)
    act(request, services.drop_import, found.pk, done=_("Stopped."))
    return redirect("workshop:imports")


def _own(request: Any) -> QuerySet[Import]:
    return Import.objects.filter(maker=request.workplace.maker).order_by("-pk")


def _theirs(request: HttpRequest, uuid: UUID) -> Import:
    """Give an import of this workshop; raises Http404."""
    found = _own(request).filter(uuid=uuid).defer("todo").first()
    if found is None:
        raise Http404
    return found


def _begin_page(request: HttpRequest, form: SheetForm, status: int = 200) -> HttpResponse:
    earlier = [
        {"import": each, "pill": PILLS[each.state]}
        for each in _own(request).defer("faults", "effects", "todo")[:EARLIER]
    ]
    title = _("Import and export")
    template = "catalog/workshop/imports.html"
    return page(
        request, template, title=title, status=status, form=form, earlier=earlier,
        failed=status != 200,
    )  # fmt: skip


def _shown(found: Import) -> dict[str, Any]:
    """Give what the page of an import shows; `shown` are its numbers as people write them."""
    counts = {name: found.effects.get(name, 0) for name in ("new", "changed", "same", "faulty")}
    numbers = counts | {
        "coming": counts["new"] + counts["changed"],
        "came": found.effects.get("came", 0),
        "rows_done": found.rows_done,
        "rows_count": found.rows_count,
    }
    is_active = found.state in {Import.CHECKING, Import.RUNNING}
    return {
        "import": found,
        "pill": PILLS[found.state],
        "is_active": is_active,
        "stands_still": is_active and timezone.now() - (found.moved_at or found.sent_at) > STILL,
        "counts": counts,
        "coming": numbers["coming"],
        "came": numbers["came"],
        "shown": {name: number_format(each, force_grouping=True) for name, each in numbers.items()},
        "failed_rows": found.effects.get("failed", 0),
        "faults": found.faults[:FAULTS_SHOWN],
        "faults_count": found.effects.get("faults", len(found.faults)),
        "faults_hidden": max(len(found.faults) - FAULTS_SHOWN, 0),
    }

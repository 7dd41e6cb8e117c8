"""Doors of a piece's pictures in the workshop, and what all doors of its page share."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.piece_context import Tile, gallery_context, values_of
from catalog.drafts import left
from catalog.forms.pictures import GalleryForm, PicturesForm
from catalog.models import Product, Upload
from makers_market.core.admin import ScopedAdmin
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal
from makers_market.core.pictures import PictureRefused, checked_picture

# Files of one sending: those beyond it are not read.
FILES_MAX = 12
KEEPING_SECONDS = 8


class PieceGallery(ScopedAdmin):
    """The doors at /workshop/catalog/product/<id>/ that pictures go through."""

    def pictures_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take new pictures in; a job prepares them."""
        piece = self._piece(request, pk)
        originals = _stored(request, PicturesForm(request.POST, request.FILES).sent())
        try:
            with as_app():
                services.begin_uploads(piece.pk, originals=originals, **by(request))
        except Refusal as refusal:
            for original in originals:
                services.leave_original(original.uuid)
            messages.error(request, str(refusal))
        return self._gallery(request, piece)

    def gallery_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put pictures in order, word them, take one out; or forget one that is not ready."""
        piece = self._piece(request, pk)
        if "discard" in request.POST:
            return self._discard(request, piece)
        form = GalleryForm(request.POST)
        if not form.is_valid():
            messages.error(request, form.fault)
            return self._gallery(request, piece)
        with told(request, _("Pictures saved.")):
            services.arrange_gallery(
                piece.pk, placed=form.placed(), without=form.without, **by(request)
            )
        return self._gallery(request, piece)

    def _discard(self, request: HttpRequest, piece: Product) -> HttpResponse:
        try:
            upload = UUID(request.POST["discard"])
            with told(request, _("Picture removed.")):
                services.discard_upload(piece.pk, upload, **by(request))
        except (ValueError, Upload.DoesNotExist) as error:
            raise Http404 from error
        return self._gallery(request, piece)

    def upload_view(self, request: HttpRequest, pk: int, uuid: UUID) -> HttpResponse:
        """Show how far a picture is: its own tile of the gallery."""
        piece = self._piece(request, pk)
        upload = piece.uploads.filter(uuid=uuid).first()
        if upload is None:
            raise Http404
        now = left(piece)
        shown = [each for each in now.pictures if each.digest == upload.digest]
        tile = Tile(shown[0]) if shown and upload.state == Upload.READY else Tile(None, upload)
        context = {"tile": tile, "piece": piece, "is_open": True, "values": values_of(piece)}
        return TemplateResponse(request, "catalog/workshop/tile.html", context)

    def _piece(self, request: HttpRequest, pk: Any) -> Product:
        """Give a piece of this workshop; raises PermissionDenied and Http404."""
        if not self.may(request, self.needs):
            raise PermissionDenied(self.needs)
        found: Product = self.get_object(request, str(pk))
        return found

    def _gallery(self, request: HttpRequest, piece: Product) -> HttpResponse:
        """Answer with the gallery alone where the page asked for that, else go back to the page."""
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect(page_of(piece.pk) + "#pictures")
        fresh = self._piece(request, piece.pk)
        context = gallery_context(fresh, left(fresh)) | {"is_part": True}
        return TemplateResponse(request, "catalog/workshop/gallery.html", context)


def by(request: HttpRequest) -> dict[str, Any]:
    return {"by": f"user:{request.user.pk}", "at": timezone.now()}


def page_of(pk: int) -> str:
    return reverse("workshop:catalog_product_change", args=[pk])


@contextmanager
def told(request: HttpRequest, done: str) -> Iterator[None]:
    """Run a service with the app's rights, and say that it is done or why it is not."""
    try:
        with as_app():
            yield
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


def _stored(request: HttpRequest, files: list[UploadedFile]) -> list[services.Original]:
    """Check each file and store it as it was sent; say of each refused one why.

    Ends with the first that cannot be kept, or late: the request holds a transaction open, which
    PostgreSQL ends after 30 idle seconds.
    """
    originals: list[services.Original] = []
    begun = time.monotonic()
    if len(files) > FILES_MAX:
        messages.error(request, _("Send at most twelve pictures at a time: the rest was left out."))
    for file in files[:FILES_MAX]:
        if time.monotonic() - begun > KEEPING_SECONDS:
            messages.error(
                request, _("Your pictures are kept slowly just now. Send the rest again.")
            )
            break
        try:
            originals.append(services.store_original(checked_picture(file)))
        except PictureRefused as refusal:
            messages.error(request, f"{file.name}: {refusal}")
        except services.NotKept as refusal:
            messages.error(request, str(refusal))
            break
    return originals

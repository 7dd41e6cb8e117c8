"""Doors of a piece's own page in the workshop: words, pictures, prices, and its way on sale."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Maker
from catalog import services
from catalog.admin.piece_bulk import PieceBulk
from catalog.admin.piece_context import (
    page_context,
    preview_context,
    words_form,
)
from catalog.admin.piece_gallery import by, page_of, told
from catalog.admin.piece_offers import PieceOffers
from catalog.drafts import left
from catalog.forms.pieces import NewPieceForm, OfferForm, TokenForm, WordsForm
from catalog.models import Product
from catalog.product_page import chosen_variant
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal

# What a maker does with a whole piece: the service, and what the page says when it is done.
VERBS: dict[str, tuple[Callable[..., None], Any]] = {
    "submit": (services.submit_piece, gettext_lazy("Sent to review. We answer by e-mail.")),
    "withdraw": (services.withdraw_piece, gettext_lazy("Taken back: it is a draft again.")),
    "retire": (services.retire_piece, gettext_lazy("Taken off sale.")),
    "bring-back": (services.bring_back_piece, gettext_lazy("Brought back.")),
    "forget-change": (services.withdraw_revision, gettext_lazy("The change is forgotten.")),
}


class PiecePage(PieceBulk, PieceOffers):
    """The pages at /workshop/catalog/product/<id>/…, each a door to one service."""

    def get_urls(self) -> list[Any]:
        doors = {
            "prices": require_POST(self.prices_view),
            "versions": require_http_methods(["GET", "HEAD", "POST"])(self.versions_view),
            "making": require_http_methods(["GET", "HEAD", "POST"])(self.making_view),
            "questions": require_POST(self.questions_view),
            "capacity": require_POST(self.capacity_view),
            "pictures": require_POST(self.pictures_view),
            "gallery": require_POST(self.gallery_view),
            "preview": require_safe(self.preview_view),
        } | {verb: require_POST(partial(self.verb_view, verb=verb)) for verb in VERBS}
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"piece_{name}")
            for name, view in doors.items()
        ]
        tile = self.admin_site.admin_view(require_safe(self.upload_view))
        upload = path("<int:pk>/uploads/<uuid:uuid>/", tile, name="piece_upload")
        many = self.admin_site.admin_view(require_POST(self.many_view))
        bulk = path("many/<slug:name>/", many, name="pieces_many")
        return [*own, upload, bulk, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Begin a piece."""
        if not self.may(request, self.needs):
            raise PermissionDenied(self.needs)
        form = NewPieceForm(request.POST or None, maker=_maker(request))
        if not form.is_valid():
            _refuse_forged(form)
            return self._new(request, form)
        try:
            with as_app():
                piece = services.draft_piece(
                    maker_id=_maker(request).pk,
                    words=form.words(),
                    axis=form.axis_name(),
                    choices=form.choices(),
                    token=form.cleaned_data["token"],
                    **by(request),
                )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            return self._new(request, form)
        messages.success(request, _("Saved as a draft. Now add pictures."))
        return redirect(page_of(piece.pk))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a piece, and save the words of it."""
        piece = self._piece(request, object_id)
        if request.method != "POST":
            return self._page(request, piece)
        form = words_form(left(piece), _maker(request), request.POST)
        if not form.is_valid():
            _refuse_forged(form)
            return self._page(request, piece, words=form)
        try:
            with as_app():
                services.save_words(
                    piece.pk, words=form.words(), seen=form.cleaned_data["seen"], **by(request)
                )
        except Refusal as refusal:
            return self._page(request, piece, words=_retried(request, piece), error=str(refusal))
        messages.success(request, _saved(piece))
        return redirect(page_of(piece.pk))

    def prices_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change prices and stock, at once."""
        piece = self._piece(request, pk)
        offers = [OfferForm(request.POST, variant=each) for each in piece.sellable]
        theirs = {str(each.variant.pk) for each in offers}
        if not set(request.POST.getlist("variant")) <= theirs:
            raise Http404
        token = TokenForm(request.POST)
        if not all(form.is_valid() for form in (*offers, token)):
            return self._page(request, piece, offers=offers)
        with told(request, _("Prices and stock are saved, and hold from now on.")):
            services.change_offers(
                piece.pk,
                offers=[form.offer() for form in offers],
                token=token.cleaned_data["token"],
                **by(request),
            )
        return redirect(page_of(piece.pk) + "#prices")

    def verb_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Do one thing with the whole piece."""
        piece = self._piece(request, pk)
        service, done = VERBS[verb]
        with told(request, str(done)):
            service(piece.pk, **by(request))
        return redirect(page_of(piece.pk))

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a piece as shoppers will see it, with what waits for review."""
        piece = self._piece(request, pk)
        variant = chosen_variant(piece, request.GET.get("variant", ""))
        if variant is None:
            raise Http404
        context = preview_context(piece, variant)
        answer = TemplateResponse(request, "catalog/workshop/preview.html", context)
        answer["X-Robots-Tag"] = "noindex"
        return answer

    def _new(self, request: HttpRequest, form: NewPieceForm) -> HttpResponse:
        context = {"title": _("Add a piece"), "form": form, "failed": form.is_bound}
        return self._answer(request, "add.html", context)

    def _page(self, request: HttpRequest, piece: Product, **forms: Any) -> HttpResponse:
        context = page_context(piece, _maker(request), **forms)
        return self._answer(request, "piece.html", context)

    def _answer(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shown = self.admin_site.each_context(request) | {"opts": self.opts} | context
        status = 422 if context["failed"] else 200
        return TemplateResponse(request, f"catalog/workshop/{name}", shown, status=status)


def _maker(request: HttpRequest) -> Maker:
    maker: Maker = request.workplace.maker  # type: ignore[attr-defined]
    return maker


def _refuse_forged(form: WordsForm) -> None:
    """Answer a choice that was never offered as one that is not there."""
    if form.is_bound and form.is_forged:
        raise Http404


def _retried(request: HttpRequest, piece: Product) -> WordsForm:
    """Keep what was typed, to be sent again by someone who has seen what is there now."""
    typed, now = request.POST.copy(), left(piece)
    typed["seen"] = now.words_seen
    return words_form(now, _maker(request), typed)


def _saved(piece: Product) -> str:
    if piece.status == Product.DRAFT:
        return _("Saved.")
    return _("Saved: shoppers see it once we have looked at it.")

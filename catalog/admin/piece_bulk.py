"""Doors of what a maker does with many pieces at once: asked first, then done, all or none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from catalog.admin.piece_gallery import PieceGallery, by
from catalog.forms.many import ManyForm, PricesForm, TermsForm
from catalog.models import Product, Variant
from catalog.services import editing_many
from catalog.services.editing_many import MANY_MAX
from makers_market.core.admin import ROW_ID
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal

CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Deed:
    """One thing that is done with many pieces: its name, what is asked, the service's words."""

    title: Any
    form: type[ManyForm]
    button: Any
    done: Any
    do: Callable[[list[int], Any, dict[str, Any]], Any]


def _prices(pks: list[int], form: Any, facts: dict[str, Any]) -> None:
    editing_many.change_prices(pks, form.how, seen=form.data.get("seen", ""), **facts)


def _retire(pks: list[int], form: Any, facts: dict[str, Any]) -> None:
    editing_many.retire_pieces(pks, **facts)


def _bring_back(pks: list[int], form: Any, facts: dict[str, Any]) -> None:
    editing_many.bring_back_pieces(pks, **facts)


def _tick(pks: list[int], form: Any, facts: dict[str, Any]) -> None:
    sent = form.cleaned_data
    editing_many.tick_pieces(pks, sent["terms"], keep_others=sent["keep_others"], **facts)


DEEDS = {
    "prices": Deed(
        _("Change prices by a percentage"),
        PricesForm,
        _("Change these prices"),
        _("Prices are changed, and hold from now on."),
        _prices,
    ),
    "retire": Deed(
        _("Take off sale"), ManyForm, _("Take them off sale"), _("Taken off sale."), _retire
    ),
    "bring-back": Deed(
        _("Bring back on sale"), ManyForm, _("Bring them back"), _("Brought back."), _bring_back
    ),
    "terms": Deed(_("Tick materials and colours"), TermsForm, _("Tick them"), _("Saved."), _tick),
}


class PieceBulk(PieceGallery):
    """The page at /workshop/catalog/product/many/<name>/ that asks before many pieces change."""

    def many_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask whether many pieces shall change, or change them."""
        if not self.may(request, self.needs):
            raise PermissionDenied(self.needs)
        deed = DEEDS.get(name)
        if deed is None:
            raise Http404
        pieces = self._chosen(request)
        form = deed.form(request.POST)
        if not form.is_valid():
            if form.is_forged:
                raise Http404
            return self.ask(request, name, pieces, form)
        if CONFIRMED not in request.POST:
            return self.ask(request, name, pieces, form)
        return self._do(request, name, pieces, form)

    def _chosen(self, request: HttpRequest) -> list[Product]:
        """Give the chosen pieces of this workshop; 404 if one is not, or there are too many."""
        sent = set(request.POST.getlist("piece"))
        if not 1 <= len(sent) <= MANY_MAX or not all(ROW_ID.fullmatch(pk) for pk in sent):
            raise Http404
        found = list(self.get_queryset(request).filter(pk__in=sent).order_by("pk"))
        if len(found) < len(sent):
            raise Http404
        return found

    def _do(
        self, request: HttpRequest, name: str, pieces: list[Product], form: ManyForm
    ) -> HttpResponse:
        deed = DEEDS[name]
        maker = request.workplace.maker  # type: ignore[attr-defined]
        try:
            with as_app():
                deed.do([piece.pk for piece in pieces], form, by(request) | {"maker_id": maker.pk})
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            return self.ask(request, name, pieces, form)
        messages.success(request, str(deed.done))
        return redirect("workshop:catalog_product_changelist")

    def ask(
        self, request: HttpRequest, name: str, pieces: list[Product], form: ManyForm
    ) -> HttpResponse:
        """Show the chosen pieces by name, and what would become of them."""
        deed = DEEDS[name]
        preview = _preview(form, pieces)
        context = self.admin_site.each_context(request) | {
            "title": deed.title,
            "opts": self.opts,
            "deed": deed,
            "name": name,
            "pieces": pieces,
            "form": form,
            "failed": bool(form.errors),
            "preview": preview,
            "is_ready": name != "prices" or bool(preview),
        }
        status = 422 if form.errors else 200
        page = "catalog/workshop/many.html"
        return TemplateResponse(request, page, context, status=status)


def _preview(form: ManyForm, pieces: list[Product]) -> dict[str, Any] | None:
    """Give each price with what it would become, once a percentage is set."""
    if not isinstance(form, PricesForm) or not form.is_bound or form.has_error("percent"):
        return None
    if not form.cleaned_data.get("percent") or "step" not in form.cleaned_data:
        return None
    variants: list[Variant] = [each for piece in pieces for each in piece.sellable]
    for piece in pieces:
        for variant in piece.sellable:
            variant.product = piece
    rows = editing_many.reprices(variants, form.how)
    return {"rows": rows, "seen": editing_many.prices_seen(variants, form.how)}


def _action(name: str) -> Any:
    """Make the admin action that leads to a deed's page."""

    @admin.action(description=DEEDS[name].title)
    def begin(page: PieceBulk, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        pieces = list(queryset.order_by("pk")[: MANY_MAX + 1])
        if len(pieces) > MANY_MAX:
            messages.error(request, _("Choose up to 100 pieces at a time."))
            return None
        return page.ask(request, name, pieces, DEEDS[name].form())

    begin.__name__ = f"many_{name.replace('-', '_')}"
    return begin


ACTIONS = [_action(name) for name in DEEDS]

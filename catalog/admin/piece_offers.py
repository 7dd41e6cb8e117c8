"""Doors of what a piece comes in, what it is made of and what is asked about it: live at once."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.piece_gallery import PieceGallery, by, told
from catalog.forms.making import (
    CapacityForm,
    SettingsForm,
    questions,
    questions_form,
)
from catalog.forms.versions import Grid
from catalog.models import Product, Workload
from catalog.services.staging import ChangedMeanwhile
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal


class PieceOffers(PieceGallery):
    """The doors at /workshop/catalog/product/<id>/versions/, making/, questions/, capacity/."""

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show and save what a piece comes in; new combinations are shown before they are saved."""
        piece = self._piece(request, pk)
        if request.method != "POST":
            return self._grid(request, Grid(piece))
        grid = Grid(piece, request.POST)
        if "fill" in request.POST:
            grid.fill(request.POST.get("all_price", ""))
        if not grid.is_valid():
            return self._grid(request, grid, status=422)
        if not grid.rows or grid.is_new or request.POST.keys() & {"show", "fill"}:
            return self._grid(request, grid)
        return self._save_grid(request, grid)

    def _save_grid(self, request: HttpRequest, grid: Grid) -> HttpResponse:
        try:
            with as_app():
                services.save_offers(
                    grid.product.pk,
                    axes=grid.options,
                    versions=grid.versions(),
                    seen=grid.seen,
                    **by(request),
                )
        except services.OffersRefused as refusal:
            grid.refuse(refusal.problems)
        except Refusal as refusal:
            if isinstance(refusal, ChangedMeanwhile):
                grid.renew()
            grid.say(str(refusal))
        else:
            messages.success(request, _("Saved: shoppers see it now."))
            return redirect("workshop:piece_versions", grid.product.pk)
        return self._grid(request, grid, status=422)

    def _grid(self, request: HttpRequest, grid: Grid, status: int = 200) -> HttpResponse:
        context = {
            "title": _("Versions and prices"),
            "piece": grid.product,
            "grid": grid,
            "failed": status == 422,
            "all_price": request.POST.get("all_price", ""),
        }
        return self._own_page(request, "versions.html", context, status)

    def making_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what is ticked of a piece and asked about it, and save the ticks."""
        piece = self._piece(request, pk)
        if request.method != "POST":
            return self._making(request, piece)
        form = SettingsForm(piece, request.POST)
        if not form.is_valid():
            if form.is_forged:
                raise Http404
            return self._making(request, piece, ticks=form)
        try:
            with as_app():
                services.describe_piece(
                    piece.pk,
                    terms=form.terms(),
                    kind=form.kind(),
                    seen=form.cleaned_data["described"],
                    **by(request),
                )
        except Refusal as refusal:
            return self._refused(request, piece, form, refusal)
        messages.success(request, _("Saved: shoppers see it now."))
        return redirect("workshop:piece_making", piece.pk)

    def _refused(
        self, request: HttpRequest, piece: Product, form: SettingsForm, refusal: Refusal
    ) -> HttpResponse:
        """Show what was ticked again; after a change in another window it can be sent again."""
        typed = request.POST.copy()
        fresh = self._piece(request, piece.pk)
        typed["described"] = SettingsForm(fresh)["described"].value()
        again = SettingsForm(fresh, typed)
        again.is_valid()
        again.add_error(None, str(refusal))
        return self._making(request, fresh, ticks=again)

    def questions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask shoppers these questions about a piece from now on."""
        piece = self._piece(request, pk)
        forms = questions_form(piece, request.POST)
        if not forms.is_valid():
            return self._making(request, piece, asked=forms)
        with told(request, _("Saved: shoppers are asked this now.")):
            services.set_personal_fields(piece.pk, questions(forms), **by(request))
        return redirect(reverse("workshop:piece_making", args=[piece.pk]) + "#questions")

    def capacity_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take on so many made-to-order pieces a week, in the whole workshop."""
        piece = self._piece(request, pk)
        form = CapacityForm(request.POST)
        if not form.is_valid():
            return self._making(request, piece, capacity=form)
        with told(request, _("Saved: it holds from this week on.")):
            services.set_capacity(piece.maker_id, form.cleaned_data["per_week"], **by(request))
        return redirect(reverse("workshop:piece_making", args=[piece.pk]) + "#capacity")

    def _making(self, request: HttpRequest, piece: Product, **sent: Any) -> HttpResponse:
        load = Workload.objects.filter(maker=piece.maker_id).first()
        fresh = {
            "ticks": lambda: SettingsForm(piece),
            "asked": lambda: questions_form(piece),
            "capacity": lambda: CapacityForm(initial={"per_week": load.per_week if load else None}),
        }
        context = {name: sent.get(name) or make() for name, make in fresh.items()}
        context |= {"title": _("Details"), "piece": piece, "load": load, "failed": bool(sent)}
        return self._own_page(request, "making.html", context, 422 if sent else 200)

    def _own_page(
        self, request: HttpRequest, name: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        shown = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"catalog/workshop/{name}", shown, status=status)

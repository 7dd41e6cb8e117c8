"""Doors to shelves and searches: pages that are the same for everybody."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.models import CategorySlug
from catalog.queries import category_at
from catalog.search.shelf import (
    ForgedCursor,
    Scope,
    Shelf,
    UnknownFilter,
    close_matches,
    read_shelf,
)
from catalog.search.suggest import suggest_for
from catalog.search.words import Understood, tidy, understand
from makers_market.core.http import public_page

# Pieces under this many cents are gifts.
GIFTS_BELOW = 3_000


def shelf_of(request: HttpRequest, scope: Scope, **kept: str) -> Shelf:
    """Read the shelf that an address asks for; one that cannot be is 404."""
    try:
        return read_shelf(scope, request.GET, **kept)
    except (ForgedCursor, UnknownFilter) as error:
        raise Http404 from error


@require_safe
@public_page(60)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A craft or a kind of piece, with the kinds below it."""
    found = category_at(slug, edition=getattr(request, "edition", None))
    if found is None:
        moved = get_object_or_404(CategorySlug.objects.select_related("category"), slug=slug)
        return redirect(moved.category, permanent=True)
    crumbs = [(_("Home"), reverse("home"))]
    if found.parent:
        crumbs.append((found.parent.name, found.parent.url))
    context = {
        "category": found,
        "heading": found.name,
        "blurb": found.blurb,
        "breadcrumbs": [*crumbs, (found.name, "")],
        "shelf": shelf_of(request, Scope(category=found)),
    }
    return render(request, "catalog/category.html", context)


@require_safe
@public_page(60)
def new(request: HttpRequest) -> HttpResponse:
    """The newest pieces of all crafts."""
    return _plain_shelf(request, _("New pieces"), Scope())


@require_safe
@public_page(60)
def gifts(request: HttpRequest) -> HttpResponse:
    """Pieces under €30."""
    return _plain_shelf(request, _("Gifts under €30"), Scope(price_below=GIFTS_BELOW))


def _plain_shelf(request: HttpRequest, heading: str, scope: Scope) -> HttpResponse:
    context = {
        "heading": heading,
        "breadcrumbs": [(_("Home"), reverse("home")), (heading, "")],
        "shelf": shelf_of(request, scope),
    }
    return render(request, "catalog/category.html", context)


@require_safe
@public_page(60)
def search(request: HttpRequest) -> HttpResponse:
    """Pieces that have every word that was typed, or what it was meant to be."""
    typed = tidy(request.GET.get("q", ""))
    as_typed = request.GET.get("exact") == "1"
    text = understand(typed, as_typed=as_typed)
    context = {
        "query": typed,
        "text": text,
        "heading": typed or _("Search"),
        "breadcrumbs": [(_("Home"), reverse("home")), (_("Search"), "")],
    }
    return render(request, "catalog/search.html", context | _found(request, text, typed, as_typed))


def _found(request: HttpRequest, text: Understood, typed: str, as_typed: bool) -> dict[str, Any]:
    if not text:
        return {"shelf": None}
    shelf = shelf_of(request, Scope(text=text), q=typed, exact="1" if as_typed else "")
    nearly = [] if shelf.cards or shelf.filters else close_matches(shelf.scope)
    return {"shelf": shelf, "nearly": nearly}


@require_safe
@public_page(60)
def suggest(request: HttpRequest) -> HttpResponse:
    """What the beginning of a search may become: pieces, makers, crafts; a fragment."""
    found = suggest_for(tidy(request.GET.get("q", "")))
    return render(request, "catalog/suggestions.html", {"suggestions": found})

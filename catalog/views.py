"""Doors to the catalogue: pages that are the same for everybody."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Maker
from catalog import queries
from catalog.models import Category, CategorySlug, Product, ProductQuerySet
from makers_market.core.http import public_page

SHELF = 24
QUERY_MAX = 80


def _shelf(request: HttpRequest, products: ProductQuerySet) -> dict[str, Any]:
    """Give one shelf of pieces after the cursor in the address; a forged cursor is 404."""
    try:
        page = queries.page_of(products, after=request.GET.get("after", ""), size=SHELF)
    except queries.ForgedCursor as error:
        raise Http404 from error
    return {"products": page.products, "next_cursor": page.next_cursor, "count": page.count}


@require_safe
@public_page(60)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A craft or a kind of piece, with the kinds below it."""
    found = Category.objects.select_related("parent").filter(slug=slug).first()
    if found is None:
        moved = get_object_or_404(CategorySlug.objects.select_related("category"), slug=slug)
        return redirect(moved.category, permanent=True)
    shelf = _shelf(request, Product.objects.on_sale().under(found))
    crumbs = [(_("Home"), reverse("home"))]
    if found.parent:
        crumbs.append((found.parent.name, found.parent.url))
    context = {
        "category": found,
        "children": queries.children_with_counts(found),
        "breadcrumbs": [*crumbs, (found.name, "")],
    }
    return render(request, "catalog/category.html", context | shelf)


@require_safe
@public_page(60)
def new(request: HttpRequest) -> HttpResponse:
    """The newest pieces of all crafts."""
    shelf = _shelf(request, Product.objects.on_sale())
    context = {
        "heading": _("New pieces"),
        "breadcrumbs": [(_("Home"), reverse("home")), (_("New pieces"), "")],
    }
    return render(request, "catalog/category.html", context | shelf)


@require_safe
@public_page(60)
def search(request: HttpRequest) -> HttpResponse:
    """Pieces whose title, material or maker has every word that was typed."""
    query = " ".join(request.GET.get("q", "").split())[:QUERY_MAX]
    found = Product.objects.on_sale().matching(query) if query else Product.objects.none()
    crumbs = [(_("Home"), reverse("home")), (_("Search"), "")]
    context = {"query": query, "heading": query or _("Search"), "breadcrumbs": crumbs}
    return render(request, "catalog/search.html", context | _shelf(request, found))


@require_safe
@public_page(60)
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """A piece, in the variant that the address names, else the first one for sale."""
    shown = Product.objects.seen_by_shoppers().for_cards()
    piece = get_object_or_404(shown, slug=slug)
    variant = queries.chosen_variant(piece, request.GET.get("variant", ""))
    if variant is None:
        raise Http404
    context = queries.product_page(piece, variant, country=request.GET.get("to", ""))
    return render(request, "catalog/product.html", context)


@require_safe
@public_page(60)
def maker(request: HttpRequest, slug: str) -> HttpResponse:
    """A workshop and its pieces: all of them, or one section that the address names."""
    found = get_object_or_404(Maker, slug=slug, is_open=True)
    sections = queries.sections_with_counts(found)
    chosen = request.GET.get("section", "")
    section = next((each for each in sections if str(each.pk) == chosen), None)
    if chosen and section is None:
        raise Http404
    everything = Product.objects.on_sale().made_by(found)
    shelf = _shelf(request, everything.filter(section=section) if section else everything)
    crumbs = [
        (_("Home"), reverse("home")),
        (_("Makers"), reverse("catalog:makers")),
        (found.name, ""),
    ]
    shop = {"maker": found, "sections": sections, "section": section, "breadcrumbs": crumbs}
    return render(request, "catalog/maker.html", shop | shelf)


@require_safe
@public_page(60)
def makers(request: HttpRequest) -> HttpResponse:
    """All workshops, by name."""
    everyone = queries.makers_by_name()
    page = Paginator(everyone, 60).get_page(request.GET.get("page"))
    crumbs = [(_("Home"), reverse("home")), (_("Makers"), "")]
    return render(request, "catalog/makers.html", {"makers": page, "breadcrumbs": crumbs})

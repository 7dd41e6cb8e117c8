"""The door to a piece's own page, the same for everybody."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from catalog import product_page
from catalog.review_pages import reviews_of
from makers_market.core.http import public_page

# The part of the page that HTMX asks for when another choice is made.
PART = "piece"


@require_safe
@public_page(60)
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """A piece, in the variant that the address names, else the first one for sale."""
    piece = product_page.piece_at(slug)
    if piece is None:
        return _moved(request, slug)
    variant = product_page.chosen_variant(piece, request.GET.get("variant", ""))
    if variant is None:
        raise Http404
    shown = product_page.shown_as(piece)
    context = product_page.buying_part(shown, variant, country=request.GET.get("to", ""))
    context |= product_page.ratings_of(piece)
    if request.headers.get("HX-Target") == PART:
        return render(request, f"catalog/product.html#{PART}", context | {"is_part": True})
    stars, after = request.GET.get("stars"), request.GET.get("after", "")
    context["reviews"] = reviews_of(piece, stars=stars, after=after)
    return render(request, "catalog/product.html", context | product_page.surroundings(piece))


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead from an address a piece had before to where it is, in the same choice."""
    piece = product_page.moved_to(slug)
    if piece is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{piece.url}?{query}" if query else piece.url, permanent=True)

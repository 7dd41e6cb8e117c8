"""What the visitor looked at lately: kept in their browser, shown after load, cleared at will."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog.cards import cards_for
from catalog.models import Product
from catalog.visitor import forget_seen, named_in, note_seen, seen_by, wants_no_trace
from makers_market.core.http import public_form

STRIP = 4


@public_form
@require_POST
def see(request: HttpRequest) -> HttpResponse:
    """Note that a piece is looked at and show those before it; empty where there are none."""
    shown = Product.objects.seen_by_shoppers()
    piece = get_object_or_404(shown.only("pk"), slug=named_in(request, "piece"))
    before = [pk for pk in seen_by(request) if pk != piece.pk]
    answer = _strip(request, before)
    if not wants_no_trace(request):
        note_seen(request, answer, piece.pk)
    return answer


@require_safe
def seen_strip(request: HttpRequest) -> HttpResponse:
    """The last pieces the visitor looked at, for the home page."""
    return _strip(request, seen_by(request))


def _strip(request: HttpRequest, ids: list[int]) -> HttpResponse:
    cards = cards_for(ids[:STRIP], also_gone=True)
    return render(request, "catalog/seen_strip.html", {"products": cards})


@require_safe
def seen(request: HttpRequest) -> HttpResponse:
    """All that is kept of what the visitor looked at."""
    cards = cards_for(seen_by(request), also_gone=True)
    return render(request, "catalog/seen_page.html", {"products": cards})


@public_form
@require_POST
def clear_seen(request: HttpRequest) -> HttpResponse:
    """Forget what the visitor looked at."""
    answer = redirect("catalog:seen")
    forget_seen(answer)
    return answer

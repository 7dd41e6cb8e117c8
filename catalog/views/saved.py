"""Saving pieces, the page that shows them, and the link that shares it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog import services
from catalog.cards import cards_for
from catalog.forms.wished import MarkForm
from catalog.models import Product, SavedList
from catalog.queries import ForgedCursor
from catalog.visitor import (
    back_to,
    just_merged,
    keep_list,
    named_in,
    saved_list_of,
    user_of,
    wants_json,
)
from catalog.wished import saved_pieces
from makers_market.core.errors import Refusal
from makers_market.core.http import public_form

UNPROCESSABLE = 422


def _piece(request: HttpRequest) -> Product:
    shown = Product.objects.seen_by_shoppers()
    return get_object_or_404(shown, slug=named_in(request, "piece"))


@public_form
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save a piece or, with want=off, take it out again; then back to where the visitor was."""
    piece, form = _piece(request), MarkForm(request.POST)
    own = saved_list_of(request)
    if not form.is_wanted:
        if own is not None:
            services.remove_piece(own, piece)
        return _answer(request, _("No longer saved: %(title)s") % {"title": piece.title}, on=False)
    try:
        kept = services.save_piece(own, piece, user=user_of(request), at=timezone.now())
    except Refusal as refusal:
        return _refused(request, refusal)
    keep_list(request, kept)
    return _answer(request, _("Saved: %(title)s") % {"title": piece.title}, on=True)


def _answer(request: HttpRequest, words: str, *, on: bool) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"on": on, "words": words})
    # Pages are the same for everybody; the end of the address shows the words on this one.
    return redirect(back_to(request, reverse("catalog:saved")) + ("#saved" if on else ""))


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"on": False, "words": str(refusal)}, status=UNPROCESSABLE)
    return _page(request, saved_list_of(request), error=str(refusal))


@require_safe
def saved(request: HttpRequest) -> HttpResponse:
    """The visitor's saved pieces, sold ones too, the last saved first."""
    return _page(request, saved_list_of(request), came=just_merged(request))


def _page(
    request: HttpRequest,
    own: SavedList | None,
    *,
    error: str = "",
    removed: Product | None = None,
    came: int = 0,
) -> HttpResponse:
    context = _shown(request, own) | {"error": error, "removed": removed, "came": came}
    if user_of(request) is None:
        context["sign_in_url"] = f"{reverse('account_login')}?next={reverse('catalog:saved')}"
    if own is not None and own.share_key:
        path = reverse("catalog:shared", args=[own.share_key])
        context["share_url"] = request.build_absolute_uri(path)
    status = UNPROCESSABLE if error else 200
    return render(request, "catalog/saved.html", context, status=status)


def _shown(request: HttpRequest, saved_list: SavedList | None) -> dict[str, Any]:
    """Give one page of a list's cards, and how many pieces there are in all."""
    try:
        shelf = saved_pieces(saved_list, after=request.GET.get("after", ""))
    except ForgedCursor as error:
        raise Http404 from error
    count = saved_list.pieces.count() if saved_list is not None else 0
    return {
        "products": cards_for(shelf.ids, also_gone=True),
        "next_cursor": shelf.next_cursor,
        "count": count,
    }


@public_form
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take a piece out of the list and offer to put it back."""
    piece, own = _piece(request), saved_list_of(request)
    if own is None or not services.remove_piece(own, piece):
        return redirect("catalog:saved")
    return _page(request, own, removed=piece)


@public_form
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """Make the link that shares the list, or with want=off end it."""
    own = saved_list_of(request)
    if own is None:
        raise Http404
    if MarkForm(request.POST).is_wanted:
        services.share_list(own)
        return redirect(reverse("catalog:saved") + "#share")
    services.stop_sharing(own)
    messages.success(request, _("The link no longer works."))
    return redirect("catalog:saved")


@require_safe
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """Somebody's list, for whoever has its link; it says neither whose it is nor when."""
    found = get_object_or_404(SavedList.objects.exclude(share_key=""), share_key=key)
    response = render(request, "catalog/shared.html", _shown(request, found))
    response["X-Robots-Tag"] = "noindex"
    return response

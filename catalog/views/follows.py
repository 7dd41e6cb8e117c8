"""Following makers, their news, and the end of the weekly mail."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Maker, User
from catalog import services
from catalog.cards import cards_for
from catalog.forms.wished import MarkForm
from catalog.queries import ForgedCursor
from catalog.visitor import back_to, named_in, user_of, wants_json
from catalog.wished import follows_of, news_of, reader_of
from makers_market.core.errors import Refusal
from makers_market.core.http import public_form

UNPROCESSABLE = 422


def _maker(request: HttpRequest) -> Maker:
    return get_object_or_404(Maker, slug=named_in(request, "maker"), is_open=True)


@public_form
@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """Follow a maker, or with want=off no more; a guest is asked to sign in first."""
    maker, user = _maker(request), user_of(request)
    back = back_to(request, maker.url)
    if user is None:
        return redirect_to_login(back, settings.LOGIN_URL)
    wants, name = MarkForm(request.POST).is_wanted, {"name": maker.name}
    try:
        if wants:
            services.follow_maker(user, maker, at=timezone.now())
        else:
            services.unfollow_maker(user, maker)
    except Refusal as refusal:
        return JsonResponse({"on": False, "words": str(refusal)}, status=UNPROCESSABLE)
    words = _("You follow %(name)s.") if wants else _("You no longer follow %(name)s.")
    if wants_json(request):
        return JsonResponse({"on": wants, "words": words % name})
    return redirect(back + ("#followed" if wants else ""))


@login_required
@require_safe
def following(request: HttpRequest) -> HttpResponse:
    """Whom the shopper follows, and the newest pieces of them all."""
    user = cast(User, request.user)
    try:
        shelf = news_of(user, after=request.GET.get("after", ""))
    except ForgedCursor as error:
        raise Http404 from error
    context = {
        "follows": follows_of(user),
        "products": cards_for(shelf.ids),
        "next_cursor": shelf.next_cursor,
    }
    return render(request, "catalog/following.html", context)


@login_required
@require_POST
def unfollow(request: HttpRequest, slug: str) -> HttpResponse:
    """Follow a maker no more, from the page of those who are followed."""
    maker = get_object_or_404(Maker, slug=slug, follows__user=cast(User, request.user))
    services.unfollow_maker(cast(User, request.user), maker)
    return redirect("catalog:following")


@login_required
@require_POST
def follow_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """Switch the weekly mail on or off for one maker."""
    user = cast(User, request.user)
    maker = get_object_or_404(Maker, slug=slug, follows__user=user)
    wanted = MarkForm(request.POST).is_wanted
    services.choose_mail(user, maker, wanted=wanted, at=timezone.now())
    return redirect("catalog:following")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """End the weekly mail at the signed link in it, without signing in; looking ends nothing.

    Mail programs post there by themselves when somebody presses their button (RFC 8058): no
    session, no token of a form, nothing but the link.
    """
    user_id = reader_of(token)
    if user_id is None:
        raise Http404
    if request.method == "POST":
        services.stop_digests(user_id)
    context = {"is_done": request.method == "POST"}
    return render(request, "catalog/digest_end.html", context)

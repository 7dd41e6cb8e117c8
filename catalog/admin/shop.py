"""Doors of the shop page that need the catalogue: its wide picture, and how it will look."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import services as accounts
from accounts.queries import as_drafted
from catalog import queries, services
from catalog.cards import cards_of
from catalog.models import Listing
from makers_market.core.admin import workshop_site
from makers_market.core.errors import Refusal
from makers_market.core.limits import take
from makers_market.core.pictures import checked_picture
from makers_market.core.rooms import act

SHELF = 24


@workshop_site.room(
    "shop/preview/", name="preview_shop", title=gettext_lazy("Preview"), needs="write_shop"
)
@require_safe
def preview(request: Any) -> HttpResponse:
    """The shop page as it will look once its draft is published, with the pieces of today.

    `?in=pt` shows it in the other language, `?section=` one section, as on the page itself.
    """
    languages = dict(settings.LANGUAGES)
    language = request.GET.get("in", "")
    if language in languages:
        translation.activate(language)
    maker = as_drafted(request.workplace.maker)
    sections = queries.sections_with_counts(maker)
    chosen = request.GET.get("section", "")
    section = next((each for each in sections if str(each.pk) == chosen), None)
    pieces = Listing.objects.filter(maker=maker.pk, is_shown=True)
    shown = pieces.filter(product__section=section) if section else pieces
    context = {
        "maker": maker,
        "sections": sections,
        "section": section,
        "products": cards_of(shown.newest_first().for_cards()[:SHELF]),
        "count": shown.count(),
        "page_languages": [
            {
                "code": code,
                "name": get_language_info(code)["name_local"],
                "url": f"?in={code}",
                "current": code == get_language(),
            }
            for code in languages
        ],
    }
    return render(request, "catalog/maker_preview.html", context)


@workshop_site.room(
    "shop/banner/", name="shop_banner", title=gettext_lazy("Wide picture"), needs="write_shop"
)
@require_POST
def banner(request: Any) -> HttpResponse:
    """Take a new wide picture for the shop page; a job makes of it what the page shows."""
    sent = request.FILES.get("picture")
    if sent is None:
        messages.error(request, _("Choose a picture."))
        return redirect("workshop:shop_page")
    try:
        take(request, "uploads", per="user")
        original = services.store_original(checked_picture(sent))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("workshop:shop_page")
    done = _("Your picture is being prepared. Load the page again in a moment.")
    maker = request.workplace.maker
    if not act(request, services.begin_banner, maker.pk, original=original, done=done):
        services.leave_original(original.uuid)
    return redirect("workshop:shop_page")


@workshop_site.room(
    "shop/banner/remove/", name="remove_banner", title=gettext_lazy("Remove"), needs="write_shop"
)
@require_POST
def remove_banner(request: Any) -> HttpResponse:
    """Go back to the wide picture of the craft, in the draft."""
    maker = request.workplace.maker
    act(request, accounts.draft_banner, maker.pk, None, done=_("Saved."))
    return redirect("workshop:shop_page")

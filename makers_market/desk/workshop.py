"""The workshop's first page, and the way from one workshop to another."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.middleware import CHOSEN
from accounts.models import Maker
from accounts.queries import checklist_of
from makers_market.core.admin import workshop_site
from makers_market.core.figures import once
from makers_market.desk.today import Today, first_name_of, greeting


@workshop_site.room("", name="today", title=_("Today"), position=0)
def today(request: HttpRequest) -> HttpResponse:
    """What there is to do; a workshop that is not approved yet sees what is still missing."""
    here = request.workplace  # type: ignore[attr-defined]
    at = timezone.now()
    context: dict[str, Any] = {
        "title": _("Today"),
        "greeting": greeting(first_name_of(request.user, here.maker.first_name), at),
        "maker": here.maker,
    }
    if here.maker.status in {Maker.APPROVED, Maker.SUSPENDED}:
        template = "desk/today.html"
        context["today"] = _today(request, at)
    else:
        template = "desk/before_opening.html"
        context["checklist"] = checklist_of(here.maker)
    # The sidebar comes last: its badges show figures that the page knows already.
    context = workshop_site.each_context(request) | context
    request.current_app = workshop_site.name
    return TemplateResponse(request, template, context)


def _today(request: HttpRequest, at: datetime) -> Today:
    """Give the page's figures; the sidebar's badges show those that they have in common."""
    page = Today(request.workplace, at)  # type: ignore[attr-defined]
    if page.packing is not None:
        once(request, "packing", lambda: page.packing)
    once(request, "low", lambda: page.low_count)
    if page.writes:
        once(request, "unanswered", lambda: page.unanswered)
    return page


@workshop_site.room("switch/", name="switch", title=_("Another workshop"))
def switch(request: HttpRequest) -> HttpResponse:
    """Go to another workshop that this person is a member of; the session remembers it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    wished = request.POST.get("maker")
    others = request.workplace.others  # type: ignore[attr-defined]
    chosen = next((maker for maker in others if maker.slug == wished), None)
    if chosen is None:
        raise Http404
    request.session[CHOSEN] = chosen.pk
    return redirect("workshop:index")

"""Doors of an application to sell: the checklist, sending it in, taking it back, closing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Maker
from accounts.queries import checklist_of, reason_of
from accounts.services.applying import (
    UNDECIDED,
    close_workshop,
    submit_application,
    withdraw_application,
)
from makers_market.core.admin import workshop_site
from makers_market.core.rooms import act, page


@workshop_site.room("application/", name="application", title=_("Your application"))
@require_safe
def application(request: Any) -> HttpResponse:
    """How far the application is, and what an operator answered."""
    maker: Maker = request.workplace.maker
    checklist = checklist_of(maker) if maker.status in UNDECIDED else None
    context: dict[str, Any] = {"maker": maker, "checklist": checklist, "reason": reason_of(maker)}
    return page(request, "accounts/application.html", title=_("Your application"), **context)


@workshop_site.room(
    "application/submit/", name="submit_application", title=_("Send in"), needs="lead_team"
)
@require_POST
def submit(request: Any) -> HttpResponse:
    """Send the application in."""
    done = _("Your application is on its way. We answer by e-mail within three working days.")
    return _acted(request, submit_application, done)


@workshop_site.room(
    "application/withdraw/", name="withdraw_application", title=_("Take back"), needs="lead_team"
)
@require_POST
def withdraw(request: Any) -> HttpResponse:
    """Take the application back to change it."""
    return _acted(request, withdraw_application, _("You can change your application now."))


@workshop_site.room(
    "application/close/", name="close_workshop", title=_("Close the shop"), needs="lead_team"
)
def close(request: Any) -> HttpResponse:
    """Ask, with the shop's name, whether it shall be closed for good; then close it."""
    maker: Maker = request.workplace.maker
    if request.method != "POST":
        return page(request, "accounts/close.html", title=_("Close the shop"), maker=maker)
    if request.POST.get("name", "").strip() != maker.name:
        context: dict[str, Any] = {"maker": maker, "is_wrong": True, "status": 422}
        return page(request, "accounts/close.html", title=_("Close the shop"), **context)
    return _acted(request, close_workshop, _("The shop is closed."))


def _acted(request: HttpRequest, verb: Any, done: Any) -> HttpResponse:
    act(request, verb, request.workplace.maker.pk, done=done)  # type: ignore[attr-defined]
    return redirect("workshop:application")

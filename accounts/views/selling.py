"""Doors for those who want to sell: what it is, the application, an invitation into a team."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms_maker import ApplicationForm
from accounts.middleware import CHOSEN
from accounts.models import Invitation
from accounts.queries import invitation_of, waiting_application
from accounts.services.applying import apply_to_sell
from accounts.services.teaming import accept_invitation, may_accept
from makers_market.core.errors import Refusal
from makers_market.core.http import public_page
from makers_market.core.limits import take


@require_safe
@public_page(300)
def sell(request: HttpRequest) -> HttpResponse:
    """What selling here means: what it costs, what it takes, how to begin."""
    share = settings.COMMISSION_BASIS_POINTS / 100
    return render(request, "accounts/sell.html", {"share": share})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def apply(request: Any) -> HttpResponse:
    """The application; it leads into the new workshop, where the checklist is."""
    form = ApplicationForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "waiting": waiting_application(request.user.pk)}
    if form.is_valid():
        try:
            take(request, "applications", per="user")
            maker = apply_to_sell(
                form.application(), applicant_id=request.user.pk, at=timezone.now()
            )
        except Refusal as refusal:
            context["error"] = str(refusal)
        else:
            request.session[CHOSEN] = maker.pk
            return redirect("workshop:index")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/apply.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join_team(request: Any, token: str) -> HttpResponse:
    """An invitation, read by the person it was sent to; accepted by a POST."""
    invitation = invitation_of(token)
    if invitation is None:
        raise Http404
    context: dict[str, Any] = {"invitation": invitation}
    try:
        may_accept(invitation, request.user, at=timezone.now())
        if request.method == "POST":
            accept_invitation(invitation.pk, user_id=request.user.pk, at=timezone.now())
            request.session[CHOSEN] = invitation.maker_id
            return redirect("workshop:index")
    except Invitation.DoesNotExist as error:
        raise Http404 from error
    except Refusal as refusal:
        context["error"] = str(refusal)
    status = 403 if "error" in context else 200
    return render(request, "accounts/join_team.html", context, status=status)

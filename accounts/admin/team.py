"""Doors of a workshop's team: who is in it, who is asked, who leaves."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.forms_maker import InviteForm, RoleForm
from accounts.models import Maker
from accounts.services import teaming
from makers_market.core.admin import workshop_site
from makers_market.core.errors import TooMany
from makers_market.core.limits import take
from makers_market.core.rooms import act, page


@workshop_site.room("team/", name="team", title=_("Team"), needs="lead_team", position=90)
@require_safe
def team(request: Any) -> HttpResponse:
    """The members of the workshop and the people who have been asked."""
    return _team(request, InviteForm())


def _team(request: Any, form: InviteForm) -> HttpResponse:
    maker: Maker = request.workplace.maker
    # A workshop's role may read a few columns of its members, not the whole row.
    members = maker.memberships.select_related("user").only(
        "maker_id", "role", "user__email", "user__name", "user__is_active"
    )
    return page(
        request,
        "accounts/team.html",
        title=_("Team"),
        status=422 if form.is_bound else 200,
        form=form,
        members=[
            (member, RoleForm(initial={"role": member.role}, auto_id=f"role_{member.pk}"))
            for member in members.order_by("pk")
        ],
        invitations=maker.invitations.filter(accepted_at=None),
        me=request.workplace.membership,
        now=timezone.now(),
    )


@workshop_site.room("team/invite/", name="invite_member", title=_("Invite"), needs="lead_team")
@require_POST
def invite(request: Any) -> HttpResponse:
    """Ask somebody by e-mail to join."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _team(request, form)
    done = _("The invitation is on its way. It lasts seven days.")
    maker: Maker = request.workplace.maker
    try:
        take(request, "invitations", per="user")
    except TooMany as refusal:
        messages.error(request, str(refusal))
    else:
        act(request, teaming.invite_member, maker.pk, done=done, **form.cleaned_data)
    return redirect("workshop:team")


@workshop_site.room(
    "team/<int:pk>/role/", name="change_role", title=_("Change the role"), needs="lead_team"
)
@require_POST
def change_role(request: Any, pk: int) -> HttpResponse:
    """Give a member of this workshop another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        context: dict[str, Any] = {"form": form, "back": "workshop:team", "status": 422}
        return page(request, "accounts/form.html", title=_("Change the role"), **context)
    return _of_member(request, pk, teaming.change_role, _("Saved."), **form.cleaned_data)


@workshop_site.room(
    "team/<int:pk>/remove/", name="remove_member", title=_("Remove"), needs="lead_team"
)
@require_POST
def remove(request: Any, pk: int) -> HttpResponse:
    """Remove a member of this workshop."""
    return _of_member(request, pk, teaming.remove_member, _("Removed from the team."))


@workshop_site.room(
    "team/invitations/<int:pk>/cancel/",
    name="cancel_invitation",
    title=_("Take back"),
    needs="lead_team",
)
@require_POST
def cancel(request: Any, pk: int) -> HttpResponse:
    """Take back an invitation of this workshop."""
    maker: Maker = request.workplace.maker
    get_object_or_404(maker.invitations, pk=pk, accepted_at=None)
    done = _("The invitation is taken back: its link leads nowhere now.")
    act(request, teaming.cancel_invitation, maker.pk, pk, done=done)
    return redirect("workshop:team")


@workshop_site.room("team/leave/", name="leave_team", title=_("Leave the team"))
def leave(request: Any) -> HttpResponse:
    """Ask whether the person wants to leave this workshop; then let them go."""
    workplace = request.workplace
    if request.method != "POST":
        return page(
            request, "accounts/leave.html", title=_("Leave the team"), maker=workplace.maker
        )
    ids = workplace.maker.pk, workplace.membership.pk
    if not act(request, teaming.remove_member, *ids, done=_("You have left the team.")):
        return redirect("workshop:leave_team")
    return redirect("home")


def _of_member(
    request: Any, pk: int, verb: Callable[..., Any], done: Any, **fields: Any
) -> HttpResponse:
    """Act on a member of this workshop; one of another workshop is 404."""
    maker: Maker = request.workplace.maker
    get_object_or_404(maker.memberships, pk=pk)
    act(request, verb, maker.pk, pk, done=done, **fields)
    return redirect("workshop:team")

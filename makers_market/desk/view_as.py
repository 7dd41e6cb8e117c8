"""Seeing a workshop as its maker does: asked for with a reason, ended by a button."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import viewing_as
from accounts.models import Maker
from makers_market.core.admin import operators_site
from makers_market.desk.shops import ReasonForm


@operators_site.room(
    "accounts/maker/<int:pk>/view-as/", name="view_as", title=_("View as"), needs="view_as"
)
@require_http_methods(["GET", "HEAD", "POST"])
def view_as(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then open the workshop read-only for a quarter of an hour."""
    maker = get_object_or_404(Maker, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["reason"]
        viewing_as.begin(request, maker, why=why, at=timezone.now())
        return redirect("workshop:index")
    context = operators_site.each_context(request) | {
        "title": _("View this workshop as its maker?"),
        "subtitle": maker.name,
        "warning": _(
            "You see what its owner sees, for 15 minutes, and can change nothing. Your reason and"
            " every page you open are kept in the audit log, which the maker may read."
        ),
        "button": _("View as"),
        "maker": maker,
        "form": form,
    }
    return render(request, "desk/ask.html", context, status=422 if form.errors else 200)


@operators_site.room("view-as/end/", name="end_view_as", title=_("End"), needs="view_as")
@require_POST
def end_view_as(request: HttpRequest) -> HttpResponse:
    """Leave the workshop that was looked at."""
    viewing_as.end(request, at=timezone.now())
    messages.success(request, _("You no longer see the workshop as its maker."))
    return redirect("admin:accounts_maker_changelist")

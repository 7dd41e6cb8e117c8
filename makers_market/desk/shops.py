"""Taking a shop off the market, and putting it back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts import services as accounts
from accounts.models import Maker
from makers_market.core.admin import operators_site
from makers_market.core.errors import Refusal

REASON_MIN, REASON_MAX = 10, 200


class ReasonForm(forms.Form):
    """Why something is done; kept in the audit log."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=REASON_MIN,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": REASON_MAX}),
    )


@operators_site.room(
    "accounts/maker/<int:pk>/suspend/",
    name="suspend_shop",
    title=_("Suspend"),
    needs="moderate",
)
@require_http_methods(["GET", "HEAD", "POST"])
def suspend_shop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a shop and its pieces off the market at once; its owners read the reason."""
    words = (
        _("Suspend this shop?"),
        _(
            "Its page and all its pieces leave the market at once. Parcels that are paid for are"
            " still to be posted. Its owners get your reason by e-mail."
        ),
        _("Suspend"),
    )
    return _ask(request, pk, accounts.suspend_maker, words)


@operators_site.room(
    "accounts/maker/<int:pk>/reinstate/",
    name="reinstate_shop",
    title=_("Reinstate"),
    needs="moderate",
)
@require_http_methods(["GET", "HEAD", "POST"])
def reinstate_shop(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a suspended shop back on the market."""
    words = (
        _("Put this shop back on the market?"),
        _("Its page and pieces can be seen and bought again. Its owners are told by e-mail."),
        _("Reinstate"),
    )
    return _ask(request, pk, accounts.reinstate_maker, words)


def _ask(
    request: HttpRequest,
    pk: int,
    verb: Callable[..., None],
    words: tuple[str | Promise, str | Promise, str | Promise],
) -> HttpResponse:
    """Ask for a reason, then call the service."""
    maker = get_object_or_404(Maker, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["reason"]
        try:
            verb(pk, by=f"user:{request.user.pk}", at=timezone.now(), why=why)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Done. The owners are told by e-mail."))
            return redirect("admin:accounts_maker_change", pk)
    title, warning, button = words
    context: dict[str, Any] = operators_site.each_context(request) | {
        "title": title,
        "subtitle": maker.name,
        "warning": warning,
        "button": button,
        "maker": maker,
        "form": form,
    }
    return render(request, "desk/ask.html", context, status=422 if form.errors else 200)

"""The page on which administrators switch the whole shop: announcement and read-only mode."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from makers_market.core.admin import operators_site
from makers_market.core.errors import Refusal
from makers_market.core.market_state import FIELDS, state, switch_market
from makers_market.core.models import MarketState


class MarketForm(forms.ModelForm):
    """What the shop tells everybody, and whether it takes changes.

    `seen_at` carries the time of the change that the page shows; `confirmed` comes from the
    second page, which asks.
    """

    seen_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = MarketState
        fields = FIELDS
        help_texts = {
            "is_read_only": _(
                "Visitors may look around. Orders, sign-ups and every other change are refused;"
                " payments already made are still booked."
            ),
            "reason_en": _("Shown wherever a change is refused. One sentence, with a time."),
            "announcement_en": _("Shown above every page of the shop. Empty: nothing is shown."),
        }

    def wished(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}


@operators_site.room(
    "market/", name="market", title=_("Announcement"), needs="switch_market", position=80
)
@require_http_methods(["GET", "HEAD", "POST"])
def market(request: HttpRequest) -> HttpResponse:
    """Announcement and read-only mode; closing and opening the shop is asked for once more."""
    now = state()
    seen_at = now.changed_at.isoformat() if now.changed_at else ""
    was_read_only = now.is_read_only
    form = MarketForm(request.POST or None, instance=now, initial={"seen_at": seen_at})
    if request.method != "POST" or not form.is_valid():
        return _show(request, "market", form)
    is_turned = form.cleaned_data["is_read_only"] != was_read_only
    if is_turned and not form.cleaned_data["confirmed"]:
        return _show(request, "market_confirm", form, is_closing=not was_read_only)
    return _switch(request, form)


def _switch(request: HttpRequest, form: MarketForm) -> HttpResponse:
    try:
        switch_market(
            wished=form.wished(),
            seen_at=form.cleaned_data["seen_at"],
            by=f"user:{request.user.pk}",
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _show(request, "market", form)
    messages.success(request, _("The shop now says and does what you chose."))
    return redirect("admin:market")


def _show(request: HttpRequest, page: str, form: MarketForm, **more: Any) -> HttpResponse:
    context = operators_site.each_context(request) | {"title": _("Announcement"), "form": form}
    status = 422 if form.errors else 200
    return render(request, f"desk/{page}.html", context | more, status=status)

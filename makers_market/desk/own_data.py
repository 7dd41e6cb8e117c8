"""Doors to one's own data: taking them along, and leaving for good."""

from typing import cast

from django import forms
from django.contrib.auth import logout
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.proof import freshly_proven
from makers_market.core import limits
from makers_market.core.errors import Refusal
from makers_market.desk import privacy

UNPROCESSABLE = 422


class LeaveForm(forms.Form):
    """The account's address, typed to confirm."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("Type it to confirm that you mean this account."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_proven
def export(request: HttpRequest) -> HttpResponse:
    """Say what the file holds; on POST, give it."""
    if request.method != "POST":
        return render(request, "accounts/account/export.html")
    limits.take(request, "export", per="user")
    user = cast(User, request.user)
    at = timezone.now()
    archive = privacy.export_account(user, by=f"user:{user.pk}", at=at)
    name = f"makers-market-{at:%Y-%m-%d}.zip"
    response = FileResponse(
        archive, as_attachment=True, filename=name, content_type="application/zip"
    )
    response["Cache-Control"] = "private, no-store"
    return response  # type: ignore[return-value]  # a streamed answer


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_proven
def leave(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; on POST with the address typed, erase the account."""
    user = cast(User, request.user)
    form = LeaveForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            privacy.erase_account(
                user.pk,
                typed_email=form.cleaned_data["email"],
                by=f"user:{user.pk}",
                at=timezone.now(),
            )
        except privacy.CannotLeaveYet:
            pass  # the page says the reasons anyway
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            logout(request)
            return redirect("account_left")
    context["reasons"] = privacy.reasons_to_stay(user)
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "accounts/account/leave.html", context, status=status)


@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """Say goodbye."""
    return render(request, "accounts/account/left.html")

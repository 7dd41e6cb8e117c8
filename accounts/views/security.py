"""Doors to how one signs in: the page about it, the way to a second factor, sessions."""

from typing import Any
from urllib.parse import urlencode

from allauth.account import views as library
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.devices import devices_of
from accounts.proof import freshly_proven, is_fresh
from makers_market.core.http import own_path
from makers_market.core.second_factor import has_second_factor

# Where the session keeps the way back, while somebody sets up their first factor.
WAY_BACK = "second_factor_next"


@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """Show how one signs in, and where one is signed in."""
    factors = list(Authenticator.objects.filter(user_id=request.user.pk).order_by("pk"))
    of_type = {factor.type: factor for factor in factors}
    codes = of_type.get(Authenticator.Type.RECOVERY_CODES)
    shown = {
        "app": of_type.get(Authenticator.Type.TOTP),
        "passkeys": [each for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "codes_made": mfa_settings.RECOVERY_CODE_COUNT if codes else 0,
        "devices": devices_of(request.user, request.session.session_key),  # type: ignore[arg-type]
    }
    return render(request, "accounts/account/security.html", shown)


class PasskeySignIn(LoginWebAuthnView):
    """Sign in with a passkey alone: the page asks what to put to it, then posts its answer."""

    def get(self, request: HttpRequest, *_args: Any, **_named: Any) -> HttpResponse:
        if request.accepts("text/html"):
            return redirect("account_login")
        return JsonResponse({"request_options": begin_authentication(user=None)})


passkey_sign_in = PasskeySignIn.as_view()


@login_required
def set_password(request: HttpRequest) -> HttpResponse:
    """Set a first password, after a fresh proof; a form sent too late is not kept meanwhile.

    The library asks nobody here, and what it lays aside while it asks would hold the password.
    """
    if request.method == "POST" and not is_fresh(request):
        return redirect("account_set_password")
    return _set_password(request)


_set_password = freshly_proven(library.password_set)


@require_safe
@login_required
def to_security(request: HttpRequest, **_of_the_page: int) -> HttpResponse:
    """Lead from the sign-in library's own lists to the one page that shows them all."""
    return redirect("security")


@require_POST
@login_required
def end_session(request: HttpRequest, key: int) -> HttpResponse:
    """End one of one's own sessions; this one is ended by signing out."""
    ended = services.end_sessions(
        user_id=request.user.pk,  # type: ignore[arg-type]
        by=f"user:{request.user.pk}",
        at=timezone.now(),
        keep=request.session.session_key,
        only=key,
    )
    if not ended:
        raise Http404
    messages.success(request, _("That browser is signed out."))
    return redirect("security")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session of one's own but this one."""
    services.end_sessions(
        user_id=request.user.pk,  # type: ignore[arg-type]
        by=f"user:{request.user.pk}",
        at=timezone.now(),
        keep=request.session.session_key,
    )
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("security")


@require_safe
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Lead a maker or operator to their second factor, or to set one up, and back at last.

    Setting up takes several pages, so the way back waits in the session.
    """
    if "next" in request.GET:
        request.session[WAY_BACK] = own_path(request.GET["next"], "/")
    if has_second_factor(request):
        return redirect(request.session.pop(WAY_BACK, reverse("security")))
    types = set(
        Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True)
    )
    if Authenticator.Type.TOTP in types:
        door = "mfa_reauthenticate"
    elif Authenticator.Type.WEBAUTHN in types:
        door = "mfa_reauthenticate_webauthn"
    else:
        door = "mfa_activate_totp"
    # The room that sends people here speaks their language, its address names none.
    with translation.override(request.user.language):  # type: ignore[union-attr]
        return redirect(f"{reverse(door)}?{urlencode({'next': reverse('second_factor')})}")

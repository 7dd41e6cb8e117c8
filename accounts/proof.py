"""Doors that open only to somebody who has just proven again who they are."""

import functools
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import (
    did_recently_reauthenticate,
    get_reauthentication_flows,
)
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

View = Callable[..., HttpResponse]
# Which guarded page this session opened last, and for how many seconds its form is taken.
OPENED, FILLED_IN_WITHIN = "opened_proven", 15 * 60


def freshly_proven(view: View) -> View:
    """Ask for password or second factor again, unless that was done within the last 5 minutes.

    Somebody who has neither (who signs in by a code or with Google) signs in once more: allauth's
    own decorator would let them pass unasked.
    """
    proven = reauthentication_required(view)

    @login_required
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if get_reauthentication_flows(request.user):
            answer: HttpResponse = proven(request, *args, **kwargs)
            return answer
        if _has_just_signed_in(request):
            return view(request, *args, **kwargs)
        return _sign_in_again(request)

    return wrapped


def proven_by_signing_in(view: View) -> View:
    """Guard a page of the library that asks people again itself, except who has nothing to show.

    Whoever finds a browser signed in by a code must not be able to add a way in of their own. A
    page that was opened in time is filled in at leisure: setting up an app takes a while.
    """

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated or get_reauthentication_flows(request.user):
            return view(request, *args, **kwargs)
        if _has_just_signed_in(request):
            request.session[OPENED] = {"path": request.path, "at": time.time()}
        elif request.method != "POST" or not _was_opened(request):
            return _sign_in_again(request)
        return view(request, *args, **kwargs)

    return wrapped


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether `freshly_proven` would let the signed-in person pass unasked."""
    if get_reauthentication_flows(request.user):
        return did_recently_reauthenticate(request)
    return _has_just_signed_in(request)


def _was_opened(request: HttpRequest) -> bool:
    opened = request.session.get(OPENED, {})
    return opened.get("path") == request.path and time.time() - opened["at"] < FILLED_IN_WITHIN


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path()
    logout(request)
    return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


def _has_just_signed_in(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    last = max((float(record["at"]) for record in records), default=0.0)
    return time.time() - last < app_settings.REAUTHENTICATION_TIMEOUT

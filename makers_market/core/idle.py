"""A back room closes behind whoever has left it alone for half an hour."""

import time
from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from makers_market.core.second_factor import has_second_factor

ROOMS = ("/workshop/", "/admin/")
# Seconds. A session is written for this at most so often.
IDLE, ROOM_EVERY, SEEN_EVERY = 30 * 60, 60, 5 * 60
# What the session remembers: when its person was last in a back room, and anywhere.
IN_ROOM, SEEN = "in_room_at", "seen_at"


class IdleMiddleware:
    """Signs out who comes back to a back room too late; notes when a browser was last seen.

    Asks for the second factor before the workshop's wall goes up: its role may not read factors.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(ROOMS):
            refused = _close_room(request)
            if refused:
                return refused
        response = self.get_response(request)
        # Public pages know nobody: only where a page asked who it is, it was seen.
        if request.session.accessed and not getattr(response, "is_public", False):
            _note_seen(request)
        return response


def _close_room(request: HttpRequest) -> HttpResponse | None:
    """End the session of who was away too long, or is no longer let in; note who is there."""
    if not request.user.is_authenticated:
        if SESSION_KEY in request.session:
            request.session.flush()
        return None
    if not has_second_factor(request):
        return None
    now = time.time()
    last = _last_there(request)
    if now - last > IDLE:
        return _sign_out(request)
    if now - request.session.get(IN_ROOM, 0) > ROOM_EVERY:
        request.session[IN_ROOM] = now
    return None


def _last_there(request: HttpRequest) -> float:
    """Give when this session was last in a back room, or last proved whose it is."""
    records = get_authentication_records(request, request.user)
    proofs = [float(record.get("at", 0)) for record in records]
    return max([float(request.session.get(IN_ROOM, 0)), *proofs])


def _sign_out(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page, in the person's language, and back to the same page after it."""
    language = request.user.language  # type: ignore[union-attr]
    back = request.get_full_path() if request.method == "GET" else request.path
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    get_adapter(request).logout(request)
    with translation.override(language):
        messages.info(request, _("You were away for half an hour. Sign in again to go on."))
        door = reverse("account_login")
    return HttpResponseRedirect(f"{door}?{urlencode({'next': back})}")


def _note_seen(request: HttpRequest) -> None:
    """Note that this browser was seen, at most every five minutes."""
    if not request.user.is_authenticated or not request.session.session_key:
        return
    now = time.time()
    if now - request.session.get(SEEN, 0) > SEEN_EVERY:
        request.session[SEEN] = now
        UserSession.objects.create_from_request(request)

"""What belongs to the visitor: the account's saved list, or a guest's, and what they looked at."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from catalog.models import SavedList
from makers_market.core.http import own_path

SAVED, MERGED = "saved", "saved_merged"
SEEN_COOKIE = "__Host-seen" if settings.SECURE_COOKIES else "seen"
SEEN_SALT = "catalog.seen"
SEEN_SECONDS = 30 * 24 * 3600
SEEN_MAX = 12
JSON = "application/json"


def named_in(request: HttpRequest, field: str) -> str:
    """Give what a form names in a field; a name with a NUL, which PostgreSQL refuses, is none."""
    name = request.POST.get(field, "")
    return "" if "\0" in name else name


def user_of(request: HttpRequest) -> User | None:
    """Give the account that is signed in; None for a guest."""
    return request.user if request.user.is_authenticated else None


def guests_list(session: Any) -> UUID | None:
    """Give the id of the list that a guest's session holds; None before their first piece."""
    named = session.get(SAVED)
    return UUID(named) if named else None


def saved_list_of(request: HttpRequest) -> SavedList | None:
    """Give the visitor's saved list; None before their first piece."""
    user = user_of(request)
    if user is not None:
        return SavedList.objects.filter(user=user).first()
    named = guests_list(request.session)
    return SavedList.objects.filter(uuid=named, user=None).first() if named else None


def keep_list(request: HttpRequest, saved_list: SavedList) -> None:
    """Let a guest's session hold their list; an account's list is found by the account."""
    if saved_list.user_id is None and request.session.get(SAVED) != str(saved_list.uuid):
        request.session[SAVED] = str(saved_list.uuid)


def lay_down_list(request: HttpRequest, came: int) -> None:
    """Let go of a guest's list whose pieces came into the account; `came` is told once."""
    del request.session[SAVED]
    if came:
        request.session[MERGED] = came


def just_merged(request: HttpRequest) -> int:
    """Give how many pieces came into the account at the sign-in, once."""
    return int(request.session.pop(MERGED, 0))


def seen_by(request: HttpRequest) -> list[int]:
    """Give the ids of the pieces the visitor looked at, the last first.

    They lie in a signed cookie of their own: the request that notes them follows every page, and
    would write the session that a basket is put into in the same moment. What an account looked at
    is shown to nobody else who uses the browser after them.
    """
    try:
        sent = request.COOKIES.get(SEEN_COOKIE, "")
        whose, ids = signing.loads(sent, salt=SEEN_SALT, max_age=SEEN_SECONDS)
    except signing.BadSignature:
        return []
    return list(ids) if whose in {0, _person(request)} else []


def note_seen(request: HttpRequest, response: HttpResponse, product_id: int) -> None:
    """Let the browser keep the last `SEEN_MAX` pieces; nothing is sent unless they change."""
    before = seen_by(request)
    now = [product_id, *(pk for pk in before if pk != product_id)][:SEEN_MAX]
    if now == before:
        return
    response.set_cookie(
        SEEN_COOKIE,
        signing.dumps([_person(request), now], salt=SEEN_SALT),
        max_age=SEEN_SECONDS,
        secure=settings.SECURE_COOKIES,
        httponly=True,
        samesite="Lax",
    )


def forget_seen(response: HttpResponse) -> None:
    response.delete_cookie(SEEN_COOKIE, samesite="Lax")


def _person(request: HttpRequest) -> int:
    user = user_of(request)
    return user.pk if user else 0


def wants_no_trace(request: HttpRequest) -> bool:
    """Tell whether the browser asks not to be followed (Sec-GPC: 1).

    The list never leaves the shop, so the signal does not bind us; who sends it is spared it.
    Source: https://www.w3.org/TR/gpc/
    """
    return request.headers.get("Sec-GPC") == "1"


def back_to(request: HttpRequest, fallback: str) -> str:
    """Give the page of ours that a form was on; its address comes with the request."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_ours = came_from.netloc == request.get_host()
    page = came_from._replace(scheme="", netloc="", fragment="").geturl() if is_ours else ""
    return own_path(request.POST.get("next") or page, fallback)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether marks.js asks, which changes the page itself."""
    return request.headers.get("Accept") == JSON

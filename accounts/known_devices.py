"""Browsers in which somebody has signed in before: a signed cookie names whose they are.

While an account is under attack its limits are used up by strangers; a known browser has limits of
its own. The cookie proves nothing else: it signs nobody in.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

COOKIE = "__Host-device" if settings.SECURE_COOKIES else "device"
SALT = "known-device"
AGE_SECONDS = 365 * 24 * 3600
# People who share a browser; the one who signed in longest ago is forgotten first.
PEOPLE_MAX = 5


def device_of(request: HttpRequest, email: str) -> str | None:
    """Give this browser's id if the account with that address has signed in here before.

    It asks no database, so it takes as long for an address without an account.
    """
    device = _read(request)
    return device["id"] if _digest(email) in device["people"] else None


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let the browser that gets this answer be known for the account with that address."""
    device = _read(request)
    digest = _digest(email)
    others = [each for each in device["people"] if each != digest]
    people = [digest, *others][:PEOPLE_MAX]
    response.set_cookie(
        COOKIE,
        signing.dumps({"id": device["id"], "people": people}, salt=SALT),
        max_age=AGE_SECONDS,
        secure=settings.SECURE_COOKIES,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    """Read the cookie; one that is missing, forged or a year old is a new browser's."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE_SECONDS)
    except signing.BadSignature:
        return {"id": get_random_string(22), "people": []}


def _digest(email: str) -> str:
    return salted_hmac(SALT, email.lower(), algorithm="sha256").hexdigest()[:16]

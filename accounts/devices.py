"""The browsers in which a person is signed in, in words they recognise."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User

# The first that the browser's own words contain; each names itself after those it resembles.
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class Device:
    """One browser that is signed in; `key` ends it, `is_here` is the one that asks."""

    key: int
    name: str
    since: datetime
    last_seen: datetime
    is_here: bool


def devices_of(user: User, session_key: str | None) -> list[Device]:
    """List where this person is signed in, this browser first, then the last seen; two queries."""
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at"))
    kept = Session.objects.filter(
        session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
    )
    alive = set(kept.values_list("session_key", flat=True))
    devices = [
        Device(
            key=row.pk,
            name=name_of(row.user_agent),
            since=row.created_at,
            last_seen=row.last_seen_at,
            is_here=row.session_key == session_key,
        )
        for row in rows
        if row.session_key in alive
    ]
    return sorted(devices, key=lambda device: not device.is_here)


def name_of(user_agent: str) -> str:
    """Name a browser and what it runs on, as far as its User-Agent says."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")

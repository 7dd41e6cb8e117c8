"""Whole public pages are kept in the page cache, each for the edition it was made in."""

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from makers_market.core import editions

# What a view may answer differently by; the CDN is told the same (deploy's edge).
PARTS = ("HX-Request", "HX-Target")
VARY = ", ".join(("Accept-Encoding", *PARTS))
# Longer addresses are of those who try things; they are answered, and not kept.
ADDRESS_MAX = 600
KEPT_BYTES_MAX = 400_000
# Below this, compressing makes nothing smaller that travels in one packet anyway.
COMPRESSED_FROM = 1_000
REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")
# What is of one answer alone.
NOT_KEPT = frozenset({"x-request-id", "date", "content-length", "set-cookie"})
View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Kept:
    """A page as it was sent, with its edition and its place in the site map."""

    edition: int
    headers: dict[str, str]
    content: bytes
    route: dict[str, Any]


class PublicPagesMiddleware:
    """Answers from the page cache what public_page allows, and gives such pages their ETag.

    A page is shown again while no change has been committed since it was made: one small query
    asks. With the cache away each page is made anew.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.PAGE_CACHE or request.method != "GET":
            return self.get_response(request)
        key = _key(request)
        kept = caches["pages"].get(key) if key else None
        if isinstance(kept, Kept) and kept.edition == editions.current():
            return _answer(request, kept)
        response = self.get_response(request)
        if not _may_be_kept(response):
            return response
        page = _kept(request, response)
        if key:
            caches["pages"].set(key, page, response.public_seconds)  # type: ignore[attr-defined]
        return _answer(request, page)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Note the edition before anything of the page is read: what changes meanwhile is newer."""
        if settings.PAGE_CACHE and getattr(view, "is_public_page", False):
            request.edition = editions.current()  # type: ignore[attr-defined]


def _key(request: HttpRequest) -> str:
    address = request.build_absolute_uri() if len(request.get_full_path()) <= ADDRESS_MAX else ""
    parts = [request.headers.get(name, "") for name in PARTS]
    if not address or any(len(part) > ADDRESS_MAX for part in parts):
        return ""
    told = "\n".join([address, *parts, str(_takes_gzip(request))])
    return hashlib.sha256(told.encode()).hexdigest()


def _takes_gzip(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept-Encoding", "")
    return "gzip" in accepted and not REFUSES_GZIP.search(accepted)


def _may_be_kept(response: HttpResponse) -> bool:
    return (
        # Answers to programs are public too, and kept by the CDN alone (core/sharing.py).
        getattr(response, "public_seconds", 0) > 0
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and len(response.content) <= KEPT_BYTES_MAX
    )


def _kept(request: HttpRequest, response: HttpResponse) -> Kept:
    """Compress a page for who takes that, and name its content by an ETag."""
    content = response.content
    headers = {k: v for k, v in response.items() if k.lower() not in NOT_KEPT}
    headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if _takes_gzip(request) and len(content) >= COMPRESSED_FROM:
        content = gzip.compress(content, 5, mtime=0)
        # Another representation has another name (RFC 9110, section 8.8.3).
        headers |= {"Content-Encoding": "gzip", "ETag": headers["ETag"][:-1] + '-gz"'}
    match = request.resolver_match
    route = {name: getattr(match, name) for name in ("route", "kwargs", "view_name")}
    return Kept(request.edition, headers, content, route)  # type: ignore[attr-defined]


def _answer(request: HttpRequest, page: Kept) -> HttpResponse:
    """Give the page, or 304 to who has it (RFC 9110, section 13.1.2)."""
    known = request.headers.get("If-None-Match", "").split(",")
    if any(each.strip().removeprefix("W/") in {page.headers["ETag"], "*"} for each in known):
        response: HttpResponse = HttpResponseNotModified()
        for name in ("Cache-Control", "ETag"):
            response[name] = page.headers[name]
    else:
        response = HttpResponse(page.content, headers=page.headers)
    response.is_public = True  # type: ignore[attr-defined]
    # For the log and the trace of a page that no view made.
    request.resolver_match = request.resolver_match or SimpleNamespace(**page.route)  # type: ignore[assignment]
    return response

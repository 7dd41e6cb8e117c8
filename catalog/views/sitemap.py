"""Doors of search engines: the site map and its parts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from catalog import sitemap
from makers_market.core.sharing import shared

XML = "application/xml; charset=utf-8"
SECONDS = 3600


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The list of all parts."""
    return shared(request, HttpResponse(sitemap.index(), content_type=XML), seconds=SECONDS)


@require_safe
def part(request: HttpRequest, name: str) -> HttpResponse:
    """One part, in both languages."""
    written = sitemap.part(name)
    if written is None:
        raise Http404
    return shared(request, HttpResponse(written, content_type=XML), seconds=SECONDS)

"""What robots are asked to leave alone; everything else is for everybody."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from makers_market.core.sharing import shared

# Somebody's own pages, and parts of pages.
PERSONAL = (
    "/account/",
    "/accounts/",
    "/basket/",
    "/checkout/",
    "/order/",
    "/header/",
    "/seen/",
    "/search/suggest/",
)
# Ways of looking at a shelf, of which there are more than anybody wants to read.
WAYS = ("sort", "min", "max", "stock", "made", "sale", "rating", "pages", "to")
SECONDS = 3600


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read (RFC 9309)."""
    closed = [f"{before}{path}" for path in PERSONAL for before in ("", "/pt")]
    closed += ["/admin/", "/workshop/", "/webhooks/", "/callbacks/"]
    closed += [f"/*{mark}{name}=" for name in WAYS for mark in "?&"]
    # One facet and one page further are read, two facets are not.
    closed.append("/*?*&*&")
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in closed),
        "",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
        "",
    ]
    body = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    return shared(request, body, seconds=SECONDS)

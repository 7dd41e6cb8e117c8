"""Our edge, CloudFront, and what is believed of a request only when it came through it.

The edge adds X-Origin-Secret; EDGE_SECRETS holds the word, two of them while it is rotated.
"""

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Asked by the load balancer, which calls us by our own address and speaks plain HTTP.
HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
REDIRECTED = frozenset({"GET", "HEAD"})


def came_by_edge(request: HttpRequest) -> bool:
    """Tell whether the request carries one of our edge's secrets; never true without any set."""
    given = request.headers.get("X-Origin-Secret", "").encode()
    return any(hmac.compare_digest(given, each.encode()) for each in settings.EDGE_SECRETS)


class EdgeMiddleware:
    """Decides what of a request's headers counts, before anything reads them.

    With EDGE_SECRETS set, X-Forwarded-Proto counts only beside the secret: whoever reaches the
    load balancer around the edge cannot pass plain HTTP for TLS. With EDGE_ONLY they are refused.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in HEALTH_PATHS:
            # ALLOWED_HOSTS cannot list the addresses of tasks that come and go.
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
            return self.get_response(request)
        if settings.EDGE_SECRETS and not came_by_edge(request):
            if settings.EDGE_ONLY:
                return _refused("Ask by the shop's own address.")
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        if _would_lose_its_body(request):
            return _refused("Ask by https.")
        return self.get_response(request)


def _would_lose_its_body(request: HttpRequest) -> bool:
    """Tell of a POST over plain HTTP: its sender would follow a 301 by GET (RFC 9110, 15.4.2).

    A signed call of Stripe or the carrier would look delivered and be lost.
    """
    is_plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
    return is_plain and request.method not in REDIRECTED


def _refused(words: str) -> HttpResponse:
    return HttpResponse(words, status=403, content_type="text/plain")

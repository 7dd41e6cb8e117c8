"""What every request and response of the shop has in common."""

import base64
import contextlib
import functools
import hashlib
import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.urls import get_script_prefix
from django.utils.cache import patch_cache_control
from django.utils.csp import CSP
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from opentelemetry.trace import SpanKind

from makers_market.core import metrics, tracing
from makers_market.core.edge import HEALTH_PATHS, came_by_edge
from makers_market.core.errors import TooMany
from makers_market.core.logs import client_address, edge_trace, request_id
from makers_market.core.problems import is_for_api, problem
from makers_market.core.public_pages import VARY

log = logging.getLogger("makers_market.request")
Application = Callable[[dict[str, Any], Any], Any]
View = Callable[..., HttpResponse]
# A parameter of a route, and the kinds of parameters that may stand in a log.
ROUTE_PART = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
PLAIN_KINDS = frozenset({"slug", "int"})
# CloudFront's own ids hold "=", "_" and "-" too; the audit log keeps 64 characters.
GIVEN_ID = re.compile(r"[A-Za-z0-9=_-]{8,64}", re.ASCII)
# What load balancers add to each request. Our edge takes away one that a visitor sent, another may
# not; and of nothing but zeros it is no id.
EDGE_TRACE = re.compile(r"(?:^|;)Root=(1-(?!0{8}-0{24})[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)", re.ASCII)


def utf8_only(application: Application) -> Application:
    """Take a foreign charset off a request before Django sees it.

    Django decodes the query with whatever codec the client names, outside its error handling:
    `charset=rot13` would be an unanswered request. Pages send UTF-8, so UTF-8 is what is read.
    """

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        kind, _semicolon, options = environ.get("CONTENT_TYPE", "").partition(";")
        kept = [part for part in options.split(";") if "charset" not in part.lower()]
        if options:
            environ["CONTENT_TYPE"] = ";".join([kind, *kept])
        return application(environ, start_response)

    return serve


class RequestMiddleware:
    """Gives each request an id, a log line, a cache rule and, with the database away, a 503."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._recognise(request)
        # Measured and traced, what machines ask each second would hide what people meet.
        if request.path in HEALTH_PATHS or request.path.startswith(settings.STATIC_URL):
            return self._answer(request)
        started = time.monotonic()
        with tracing.span("request", SpanKind.SERVER) as span:
            response = self._answer(request)
            tracing.describe(
                span,
                method=request.method or "",
                route=_route(request),
                status=response.status_code,
            )
        metrics.count_request(response.status_code, (time.monotonic() - started) * 1000)
        return response

    def _recognise(self, request: HttpRequest) -> None:
        """Take over the ids that our edge gave the request, and who sent it."""
        given = request.headers.get("X-Request-Id", "")
        traced = request.headers.get("X-Amzn-Trace-Id", "")
        if settings.EDGE_SECRETS and not came_by_edge(request):
            given = traced = ""
        request_id.set(given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex)
        root = EDGE_TRACE.search(traced)
        edge_trace.set(root[1] if root else "")
        client_address.set(address_of(request))

    def _answer(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        refused = self._refuse_unreadable(request)
        response = refused or self.get_response(request)
        response["X-Request-Id"] = request_id.get()
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        if getattr(response, "is_public", False):
            # The language is the URL alone, and public pages carry nothing personal.
            response["Vary"] = VARY
        self._log(request, response, started)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 429 to who tries too often, 503 when PostgreSQL is away or too slow."""
        if isinstance(error, TooMany):
            return too_many(request, error)
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.exception("database_away", extra={"path": _path_to_log(request)})
        response = server_error(request, status=503)
        response["Retry-After"] = "5"
        return response

    def _refuse_unreadable(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse NUL bytes, which PostgreSQL cannot store, before any view meets them."""
        has_nul = (
            "\x00" in request.path
            or "%00" in request.META.get("QUERY_STRING", "")
            # A quoted cookie may spell any byte in octal; the session's id is looked up as text.
            or any("\x00" in value for value in request.COOKIES.values())
        )
        if has_nul and is_for_api(request):
            return problem("bad-request", "No address or parameter has a NUL in it.")
        if has_nul:
            return HttpResponse("Bad request", status=400, content_type="text/plain")
        return None

    def _log(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        extra = {
            "method": request.method,
            "path": _path_to_log(request, is_found=response.status_code < 400),
            "status": response.status_code,
            "ms": round((time.monotonic() - started) * 1000, 1),
        }
        if edge_trace.get():
            extra["trace"] = edge_trace.get()
        log.info("request", extra=extra)


def address_of(request: HttpRequest) -> str:
    """Give the client's address: the viewer's, told by our edge, or else the connection's own.

    What the edge tells counts only with the edge's secret; X-Forwarded-For never does, anybody can
    write its left end. CloudFront tells "address:port", with IPv6 addresses unbracketed.
    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
    """
    if came_by_edge(request):
        viewer = request.headers.get("CloudFront-Viewer-Address", "").rpartition(":")[0].strip("[]")
        with contextlib.suppress(ValueError):
            return _one_spelling(viewer)
    connected = str(request.META.get("REMOTE_ADDR", ""))
    with contextlib.suppress(ValueError):
        return _one_spelling(connected)
    return connected


def _one_spelling(address: str) -> str:
    """Spell an address as everybody does; raises ValueError for what is none.

    A server that listens to both kinds sees IPv4 as ::ffff:192.0.2.1: taken for IPv6, all of IPv4
    would be one network, whose limits one attacker could use up for everybody.
    """
    parsed = ipaddress.ip_address(address)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _path_to_log(request: HttpRequest, *, is_found: bool = False) -> str:
    """Give the path for a log line: the route, with slugs and numbers of rows filled in.

    Anything else in a path is left out: signed words that open an order, and what somebody typed
    where no page and no static file is.
    """
    match = request.resolver_match
    if match is None:
        is_static = request.path.startswith(settings.STATIC_URL)
        if not is_static:
            return "/…"
        return request.path if is_found else f"{settings.STATIC_URL}…"

    def filled(part: re.Match[str]) -> str:
        is_plain = part["kind"] in PLAIN_KINDS
        return str(match.kwargs.get(part["name"], "…")) if is_plain else "…"

    return "/" + ROUTE_PART.sub(filled, match.route)


def _route(request: HttpRequest) -> str:
    """Give the route as it is written in the site map, the same for everybody."""
    match = request.resolver_match
    return f"/{match.route}" if match else "/…"


def too_many(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """Show the page that says what to do instead of trying once more (RFC 6585, section 4)."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(error.retry_after if isinstance(error, TooMany) else 60)
    return response


def server_error(request: HttpRequest, status: int = 500) -> HttpResponse:
    """Show the static error page, which needs no database, with the request's reference.

    Its one style block is allowed by hash. Programs are told the same as a problem.
    """
    if is_for_api(request):
        return problem("away" if status == 503 else "error")
    page = loader.get_template("500.html").render({"reference": request_id.get()[:8].upper()})
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    response = HttpResponse(page, status=status)
    policy = settings.SECURE_CSP | {"style-src": [CSP.SELF, f"'sha256-{digest}'"]}
    response._csp_config = policy  # type: ignore[attr-defined]  # what csp_override sets
    return response


def public_page(seconds: int) -> Callable[[View], View]:
    """Let caches keep this page for everybody, for some seconds (core/public_pages.py keeps ours).

    Refuses with RuntimeError a view that touched the session: its page would be personal.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if request.session.accessed:
                raise RuntimeError(f"{view.__name__} is public and may not read the session")
            patch_cache_control(response, public=True, max_age=0, s_maxage=seconds)
            response.is_public = True  # type: ignore[attr-defined]
            response.public_seconds = seconds  # type: ignore[attr-defined]
            return response

        wrapped.is_public_page = True  # type: ignore[attr-defined]
        return wrapped

    return decorate


def is_same_origin(request: HttpRequest) -> bool:
    """Tell whether a browser says that the request comes from our own pages.

    Sec-Fetch-Site is set by the browser and cannot be set by a page; older browsers send Origin.
    A request with neither is refused. Source: https://www.w3.org/TR/fetch-metadata/
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == settings.SITE_URL


def public_form(view: View) -> View:
    """Accept a POST without token, from our own pages only: public pages carry no token."""

    @csrf_exempt
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_same_origin(request):
            raise PermissionDenied("cross-origin form")
        return view(request, *args, **kwargs)

    wrapped.is_public_form = True  # type: ignore[attr-defined]
    return wrapped


def machine_door(view: View) -> View:
    """Accept POSTs of a machine that signs its calls: no token, short answers, no pages."""

    @csrf_exempt
    @require_POST
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except BadRequest as error:
            return JsonResponse({"error": str(error)}, status=400)
        except PermissionDenied:
            return JsonResponse({"error": "signature"}, status=403)

    wrapped.is_machine_door = True  # type: ignore[attr-defined]
    return wrapped


def body_within(request: HttpRequest, limit: int) -> bytes:
    """Give the raw body of a machine's call; raises BadRequest above `limit` bytes."""
    length = request.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > limit:
        raise BadRequest("body too large or of unknown length")
    return request.body


def own_path(path: str | None, fallback: str) -> str:
    """Give a `next` path if it stays on this site, otherwise the fallback."""
    if (
        path
        and path.startswith(get_script_prefix())
        and url_has_allowed_host_and_scheme(path, None)
    ):
        return path if path.isprintable() else fallback
    return fallback

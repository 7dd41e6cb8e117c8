"""What every request and response of the shop has in common."""

import base64
import functools
import hashlib
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
from django.template import loader
from django.urls import get_script_prefix
from django.utils.cache import patch_cache_control
from django.utils.csp import CSP
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from makers_market.core.logs import request_id

log = logging.getLogger("makers_market.request")
Application = Callable[[dict[str, Any], Any], Any]
View = Callable[..., HttpResponse]
GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


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
        given = request.headers.get("X-Request-Id", "")
        request_id.set(given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex)
        started = time.monotonic()
        refused = self._refuse_unreadable(request)
        response = refused or self.get_response(request)
        response["X-Request-Id"] = request_id.get()
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        if getattr(response, "is_public", False):
            # The language is the URL alone, and public pages carry nothing personal.
            response["Vary"] = "Accept-Encoding, HX-Request"
        self._log(request, response, started)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 with Retry-After when PostgreSQL is away or too slow."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.exception("database_away", extra={"path": _path_without_token(request)})
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
        if has_nul:
            return HttpResponse("Bad request", status=400, content_type="text/plain")
        return None

    def _log(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        extra = {
            "method": request.method,
            "path": _path_without_token(request),
            "status": response.status_code,
            "ms": round((time.monotonic() - started) * 1000, 1),
        }
        log.info("request", extra=extra)


def _path_without_token(request: HttpRequest) -> str:
    """Give the path for a log line; the signed word that opens an order is left out."""
    before, slash, _token = request.path.partition("/order/")
    return before + slash


def server_error(request: HttpRequest, status: int = 500) -> HttpResponse:
    """Show the static error page, which needs no database, with the request's reference.

    Its one style block is allowed by hash.
    """
    page = loader.get_template("500.html").render({"reference": request_id.get()[:8].upper()})
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    response = HttpResponse(page, status=status)
    policy = settings.SECURE_CSP | {"style-src": [CSP.SELF, f"'sha256-{digest}'"]}
    response._csp_config = policy  # type: ignore[attr-defined]  # what csp_override sets
    return response


def public_page(seconds: int) -> Callable[[View], View]:
    """Let caches keep this page for everybody, for some seconds.

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
            return response

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

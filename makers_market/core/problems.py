"""Problems: what the API says when it says no (RFC 9457)."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from makers_market.core.logs import request_id

MEDIA_TYPE = "application/problem+json"
ROOT = "/api/v1/"
# Each kind's status and title; the API's page describes it under #problem-<kind>.
KINDS = {
    "bad-request": (400, "The request cannot be read."),
    "invalid-parameter": (400, "A parameter is not one that this address takes."),
    "not-found": (404, "There is nothing at this address."),
    "method-not-allowed": (405, "This address is only read: GET, HEAD, OPTIONS."),
    "not-acceptable": (406, "Answers come as application/json."),
    "too-many-requests": (429, "Too many requests from this address."),
    "error": (500, "Something broke on our side."),
    "away": (503, "The shop cannot answer for a moment."),
}


def is_for_api(request: HttpRequest) -> bool:
    """Tell whether a request came from a program, which reads problems and no pages."""
    return request.path.startswith(ROOT)


def problem(kind: str, detail: str = "", **more: Any) -> HttpResponse:
    """Make the answer that says what is wrong; `more` are members of its own.

    Programs in browsers may read it wherever they come from: it is the same for everybody.
    """
    status, title = KINDS[kind]
    body = {
        "type": f"{settings.SITE_URL}/api/docs/#problem-{kind}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "reference": request_id.get(),
    }
    response = HttpResponse(json.dumps(body | more), status=status, content_type=MEDIA_TYPE)
    response["Access-Control-Allow-Origin"] = "*"
    return response

"""Answers to programs that caches may keep: the API, feeds, site maps."""

import hashlib
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date

SECONDS = 60


def shared(
    request: HttpRequest,
    response: HttpResponse,
    *,
    seconds: int = SECONDS,
    changed_at: datetime | None = None,
) -> HttpResponse:
    """Let shared caches keep an answer for some seconds, and give 304 to who has it already.

    The answer is the same for everybody, so programs in browsers may read it from any origin.
    """
    patch_cache_control(response, public=True, max_age=0, s_maxage=seconds)
    answer = response
    if response.status_code == 200:
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = etag
        moment = int(changed_at.timestamp()) if changed_at else None
        if moment:
            response["Last-Modified"] = http_date(moment)
        found = get_conditional_response(request, etag, moment, response)
        answer = found or response
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Expose-Headers"] = "ETag, Link, RateLimit-Policy, X-Request-Id"
    answer.is_public = True  # type: ignore[attr-defined]
    return answer

"""Whether this process lives, and whether it can serve."""

import mmap

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

# One byte that gunicorn's master shares with the workers it forks: 1 once it was told to stop.
_draining = mmap.mmap(-1, 1)


def begin_draining() -> None:
    """Answer /readyz with 503 from now on, in all processes that were forked off this one."""
    _draining[0] = 1


def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: says nothing of the database, so that its absence does not kill the web."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: not stopping, and PostgreSQL answers. The cache may vanish, so it is not asked."""
    if _draining[0]:
        return JsonResponse({"status": "stopping"}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})

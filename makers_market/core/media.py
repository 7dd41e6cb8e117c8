"""Serves media files when they lie in the file system; on AWS the CDN does."""

import re

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.static import serve

# Derivatives alone: what makers sent lies beside them and is nobody else's.
SERVED = re.compile(r"pictures/[0-9a-f]{32}/\d{1,5}\.(avif|webp|jpg)", re.ASCII)


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer one public derivative; names hold the content's hash, so it never changes."""
    if ".." in path.split("/"):
        raise SuspiciousFileOperation("a path that climbs")
    if not SERVED.fullmatch(path):
        raise Http404
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    if isinstance(response, FileResponse):
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response

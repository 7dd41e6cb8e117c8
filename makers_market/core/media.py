"""Serves media files when they lie in the file system; on AWS the CDN does."""

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.static import serve

# Ours are under 80; the file system answers a name that is too long with an error.
PATH_MAX = 200


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer one public derivative; names hold the content's hash, so it never changes."""
    if len(path) > PATH_MAX:
        raise Http404
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    if isinstance(response, FileResponse):
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response

"""Serves files when they lie in the file system; on AWS CloudFront and S3 do."""

import re
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.static import serve

from makers_market.core.storage import (
    ANY_TYPE,
    FOREVER,
    SIGNED_FOLDER,
    PrivateFolder,
    originals,
    signed_name,
)

# Derivatives alone: what makers sent lies beside them and is nobody else's.
SERVED = re.compile(r"pictures/[0-9a-f]{32}/(\d{1,5}\.(avif|webp|jpg)|og\.jpg)", re.ASCII)


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer one public derivative, or a private file whose address was signed lately.

    Names of derivatives hold the content's hash, so they never change.
    """
    if ".." in path.split("/"):
        raise SuspiciousFileOperation("a path that climbs")
    if path.startswith(SIGNED_FOLDER):
        return _private(path.removeprefix(SIGNED_FOLDER))
    if not SERVED.fullmatch(path):
        raise Http404
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    if isinstance(response, FileResponse):
        response["Cache-Control"] = FOREVER
    return response


def _private(signed: str) -> FileResponse:
    """Answer a private file as something to keep: it was never looked into, so never shown."""
    store = originals()
    if not isinstance(store, PrivateFolder):
        raise Http404
    try:
        name = signed_name(signed)
        file = store.open(name)
    except (BadSignature, FileNotFoundError) as error:
        raise Http404 from error
    name = PurePosixPath(name).name
    return FileResponse(file, as_attachment=True, filename=name, content_type=ANY_TYPE)

"""How much a form with files may weigh: Django itself limits only what is no file."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

# Twelve pictures of twelve megabytes, and their wrapping.
WORKSHOP_MAX = 150 * 1024 * 1024
# Nobody sends files elsewhere.
ELSEWHERE_MAX = 256 * 1024


def expect_files(request: HttpRequest, limit: int) -> None:
    """Let the form of this request weigh up to `limit` bytes; before its body is read.

    For doors that know by then who is there: they carry no token, which would be read first.
    """
    request.files_limit = limit  # type: ignore[attr-defined]


class WithinLimits(FileUploadHandler):
    """Refuses a form with files before its body is read, by the length it announces.

    A form is read for its token before anybody is asked who they are: only who has a workplace
    may send pictures.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        works_here = getattr(self.request, "workplace", None) is not None
        elsewhere = getattr(self.request, "files_limit", ELSEWHERE_MAX)
        if content_length > (WORKSHOP_MAX if works_here else elsewhere):
            raise RequestDataTooBig("form with files too large")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the bytes on to the handlers that keep them."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers that keep it."""

"""Originals, the pictures as makers sent them: private files, named by a random uuid.

Files are written before a service runs and removed after it, never under a lock.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from catalog.models import ReviewPicture, Upload
from catalog.services.showing import digest_of
from makers_market.core.errors import Refusal
from makers_market.core.storage import STORE_ERRORS, originals

log = logging.getLogger(__name__)
FOLDER = "originals"
# A file without a row may be of a request that is running; after a week it is nobody's.
FORGOTTEN_AFTER = timedelta(days=7)
NAMES_AT_ONCE = 500


class NotKept(Refusal):
    """The store of files is away, full or slow."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "We could not keep your picture just now. "
                "Whatever is missing can be sent again in a moment."
            )
        )


@dataclass(frozen=True)
class Original:
    """A picture as it was sent, stored under its uuid; the digest names its content."""

    uuid: UUID
    digest: str


def original_name(uuid: UUID) -> str:
    """Name the file of an original."""
    return f"{FOLDER}/{uuid.hex}"


def store_original(content: bytes) -> Original:
    """Store a checked picture as it was sent; raises NotKept, after 20 seconds at most.

    A door calls it itself: the maker is there to hear that it failed and has the file at hand.
    """
    original = Original(uuid4(), digest_of(content))
    try:
        originals().save(original_name(original.uuid), ContentFile(content))
    except STORE_ERRORS as error:
        log.warning("original_not_kept", extra={"why": type(error).__name__})
        raise NotKept from error
    return original


def read_original(uuid: UUID) -> bytes:
    """Give the content of an original; raises FileNotFoundError and STORE_ERRORS."""
    with originals().open(original_name(uuid)) as file:
        content: bytes = file.read()
    return content


def drop_original(uuid: UUID) -> None:
    """Remove the file of an original; one that is gone already is no matter."""
    originals().delete(original_name(uuid))


def leave_original(uuid: UUID) -> None:
    """Remove an original that was refused; while the store is away it is left to the sweep."""
    try:
        drop_original(uuid)
    except STORE_ERRORS as error:
        log.warning("original_left", extra={"why": type(error).__name__})


def sweep_originals(*, at: datetime) -> int:
    """Remove originals that no row names, a week after they were written; gives how many."""
    swept = 0
    old = originals().names_before(FOLDER, at - FORGOTTEN_AFTER)  # type: ignore[attr-defined]
    for names in batched(old, NAMES_AT_ONCE):
        for name in _nobody_s(names):
            originals().delete(name)
            swept += 1
    return swept


def _nobody_s(names: tuple[str, ...]) -> list[str]:
    """Give those names that are an original's and that no row names."""
    found = {}
    for name in names:
        try:
            found[UUID(name.rpartition("/")[2])] = name
        except ValueError:
            continue
    known = {
        uuid
        for model in (Upload, ReviewPicture)
        for uuid in model.objects.filter(uuid__in=found).values_list("uuid", flat=True)
    }
    return [name for uuid, name in found.items() if uuid not in known]

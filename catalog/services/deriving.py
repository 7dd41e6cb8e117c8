"""What a job makes of a picture that was sent, and what it says when nothing can be made of it."""

from typing import Any

from catalog.models import ReviewPicture, Upload
from catalog.services.keeping import read_original
from catalog.services.showing import make_derivatives
from makers_market.core.decoder import DAMAGED, MOVING, TOO_BIG, TOO_SLOW, Unreadable
from makers_market.core.storage import STORE_ERRORS

# Why a job refused a picture: kept as a word, said in the reader's language (REFUSALS).
UNREADABLE, LOST = DAMAGED, "lost"
REASONS = (UNREADABLE, LOST, TOO_BIG, MOVING, TOO_SLOW)
# A picture over which the whole worker died so often is not looked at again.
DEATHS_MAX = 4


def derivatives_of(upload: Upload | ReviewPicture) -> dict[str, Any]:
    """Make what pages show of a waiting picture; give its digest, size, widths and colour.

    Raises Unreadable, which says why, also for one over which the worker died again and again;
    STORE_ERRORS where the store is away: its job then tries again.
    """
    try:
        content = read_original(upload.uuid)
    except FileNotFoundError:
        raise Unreadable(LOST) from None
    deaths = upload.facts.get("deaths", 0)
    if deaths >= DEATHS_MAX:
        raise Unreadable(TOO_SLOW)
    _count(upload, deaths + 1)
    try:
        return make_derivatives(content, upload.digest) | {"digest": upload.digest}
    except STORE_ERRORS:
        _count(upload, deaths)
        raise


def _count(upload: Upload | ReviewPicture, deaths: int) -> None:
    """Count the attempt as if it were the last thing this process did."""
    waiting = type(upload)._default_manager.filter(pk=upload.pk, state=Upload.WAITING)
    waiting.update(facts={"deaths": deaths} if deaths else {})

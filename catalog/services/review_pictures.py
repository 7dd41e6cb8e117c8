"""Pictures of reviews: the original is private, a job makes of it what pages show."""

from typing import Any

from django.db import transaction

from catalog.models import ReviewPicture, Upload
from catalog.services.deriving import derivatives_of
from catalog.signals import original_unneeded
from makers_market.core.decoder import Unreadable


def prepare_review_picture(picture_id: int) -> None:
    """Make what pages show of a review's waiting picture.

    Decodes and writes files outside any transaction; safe to run twice and two at a time. What
    cannot be decoded is refused with its reason. Raises STORE_ERRORS: the job tries again.
    """
    picture = ReviewPicture.objects.filter(pk=picture_id, state=Upload.WAITING).first()
    if picture is None:
        return
    try:
        facts = derivatives_of(picture)
    except Unreadable as error:
        _end(picture, state=Upload.REFUSED, refusal=error.why)
    else:
        _end(picture, state=Upload.READY, facts=facts)


@transaction.atomic
def _end(picture: ReviewPicture, **fields: Any) -> None:
    waiting = ReviewPicture.objects.filter(pk=picture.pk, state=Upload.WAITING)
    if waiting.update(**fields) and fields["state"] == Upload.REFUSED:
        original_unneeded.send(ReviewPicture, upload_uuid=str(picture.uuid))

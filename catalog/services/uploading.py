"""Makers send pictures: the original is private, a job makes of it what pages show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.drafts import FOCUS, Entry, left
from catalog.models import Product, Upload
from catalog.services.deriving import derivatives_of
from catalog.services.keeping import Original
from catalog.services.staging import (
    ChangedMeanwhile,
    change_gallery,
    lock_piece,
    refuse_unless_open,
)
from catalog.signals import original_unneeded, picture_sent
from makers_market.core.audit_log import record
from makers_market.core.decoder import Unreadable
from makers_market.core.errors import Refusal

PICTURES_MAX = 12
# What one workshop may send in a day: a busy photographer's work, not a store of files.
UPLOADS_A_DAY = 400
ALT_MAX = 200


class TooManyPictures(Refusal):
    """A piece shows at most twelve pictures."""

    def __init__(self, room: int) -> None:
        words = ngettext(
            "There is room for %(count)d more picture: a piece shows at most twelve.",
            "There is room for %(count)d more pictures: a piece shows at most twelve.",
            room,
        )
        super().__init__(words % {"count": room})


class TooManyToday(Refusal):
    """A workshop sent more pictures in a day than people do."""

    def __init__(self) -> None:
        super().__init__(_("You have sent very many pictures today. Go on tomorrow."))


@dataclass(frozen=True)
class Placed:
    """A picture of a gallery with what it shows, in words.

    `focus` is what a crop keeps, in percent from the left and from the top; `shows` the option
    value that it shows, empty for the piece at large. None of either keeps what it had.
    """

    digest: str
    alt_en: str
    alt_pt: str
    focus: tuple[int, int] | None = None
    shows: str | None = None


@transaction.atomic
def begin_uploads(
    product_id: int, *, originals: Sequence[Original], by: str, at: datetime
) -> list[Upload]:
    """Take stored originals as pictures of a piece and tell picture_sent for each.

    A picture that the piece shows or awaits already is left out. Locks the piece. Raises InReview,
    TooManyPictures, TooManyToday.
    """
    product = lock_piece(product_id)
    refuse_unless_open(product)
    known = {entry["digest"] for entry in left(product).gallery}
    known.update(_waiting(product))
    fresh = {each.digest: each for each in reversed(originals) if each.digest not in known}
    room = PICTURES_MAX - len(known)
    if len(fresh) > room:
        raise TooManyPictures(max(room, 0))
    _refuse_flood(product, len(fresh), at)
    begun = [_begin(product, each, by=by, at=at) for each in originals if each in fresh.values()]
    for each in originals:
        if each not in fresh.values():
            original_unneeded.send(Upload, upload_uuid=str(each.uuid))
    return begun


def _waiting(product: Product) -> list[str]:
    waiting = product.uploads.filter(state=Upload.WAITING)
    return list(waiting.values_list("digest", flat=True))


def _refuse_flood(product: Product, count: int, at: datetime) -> None:
    since = at - timedelta(days=1)
    sent = Upload.objects.filter(maker_id=product.maker_id, uploaded_at__gt=since).count()
    if sent + count > UPLOADS_A_DAY:
        raise TooManyToday


def _begin(product: Product, original: Original, *, by: str, at: datetime) -> Upload:
    upload = Upload.objects.create(
        uuid=original.uuid,
        maker_id=product.maker_id,
        product=product,
        digest=original.digest,
        uploaded_at=at,
        uploaded_by=by,
    )
    changes = {"picture": ("", original.digest)}
    record("product.picture_sent", product, by=by, at=at, maker=product.maker_id, changes=changes)
    picture_sent.send(Upload, upload_id=upload.pk)
    return upload


def prepare_upload(upload_id: int, *, at: datetime) -> None:
    """Make what pages show of a waiting picture, then hang it in its piece's gallery.

    It hangs last, but before those that were sent after it and were ready sooner.

    Decodes and writes files outside any transaction; safe to run twice and two at a time. What
    cannot be decoded is refused with its reason.
    """
    upload = Upload.objects.filter(
        pk=upload_id, state=Upload.WAITING, product__isnull=False
    ).first()
    if upload is None:
        return
    try:
        facts = derivatives_of(upload)
    except Unreadable as refusal:
        _refuse(upload, refusal.why)
    else:
        _finish(upload, Entry(facts), at=at)


@transaction.atomic
def _finish(upload: Upload, facts: Entry, *, at: datetime) -> None:
    product = lock_piece(upload.product_id or 0)
    waiting = Upload.objects.filter(pk=upload.pk, state=Upload.WAITING)
    if not waiting.update(state=Upload.READY, facts=facts):
        return
    gallery = left(product).gallery
    if any(entry["digest"] == upload.digest for entry in gallery):
        return
    entry = facts | {"alt_en": upload.alt_en, "alt_pt": upload.alt_pt, "shows": ""} | FOCUS
    gallery.insert(_place(gallery, upload), entry)
    change_gallery(product, gallery, by=upload.uploaded_by, at=at)


def _place(gallery: Sequence[Entry], upload: Upload) -> int:
    later = Upload.objects.filter(product=upload.product_id, pk__gt=upload.pk)
    sent_later = set(later.values_list("digest", flat=True))
    place = len(gallery)
    while place and gallery[place - 1]["digest"] in sent_later:
        place -= 1
    return place


@transaction.atomic
def _refuse(upload: Upload, why: str) -> None:
    waiting = Upload.objects.filter(pk=upload.pk, state=Upload.WAITING)
    if waiting.update(state=Upload.REFUSED, refusal=why):
        original_unneeded.send(Upload, upload_uuid=str(upload.uuid))


@transaction.atomic
def discard_upload(product_id: int, upload: UUID, *, by: str, at: datetime) -> None:
    """Forget a picture that is being prepared or was refused. Locks the piece.

    Raises InReview, and Upload.DoesNotExist for one that is not of this piece.
    """
    product = lock_piece(product_id)
    refuse_unless_open(product)
    unshown = product.uploads.exclude(state=Upload.READY)
    found = unshown.select_for_update().get(uuid=upload)
    changes = {"picture": (found.digest, "")}
    record(
        "product.picture_discarded", product, by=by, at=at, maker=product.maker_id, changes=changes
    )
    found.delete()
    original_unneeded.send(Upload, upload_uuid=str(upload))


@transaction.atomic
def arrange_gallery(
    product_id: int,
    *,
    placed: Sequence[Placed],
    without: str = "",
    by: str,
    at: datetime,
) -> None:
    """Put a piece's pictures in this order with these words, without the one of that digest.

    Pictures that are not named follow in their order: they came while this order was made. A
    value that the piece does not come in is not shown by any. Locks the piece. Raises InReview,
    ChangedMeanwhile for one that is gone, NotComplete.
    """
    product = lock_piece(product_id)
    refuse_unless_open(product)
    gallery = left(product).gallery
    there = {entry["digest"]: entry for entry in gallery}
    named = {each.digest: each for each in placed}
    if not {*named, *([without] if without else [])} <= there.keys():
        raise ChangedMeanwhile
    order = [*named, *(digest for digest in there if digest not in named)]
    values = {value for axis in product.options for value in axis["values"]}
    arranged = [
        _worded(there[digest], named.get(digest), values) for digest in order if digest != without
    ]
    if arranged != gallery:
        change_gallery(product, arranged, by=by, at=at)


def _worded(entry: Entry, placed: Placed | None, values: Collection[str]) -> Entry:
    if placed is None:
        return entry
    new = entry | {"alt_en": placed.alt_en[:ALT_MAX], "alt_pt": placed.alt_pt[:ALT_MAX]}
    if placed.focus is not None:
        x, y = (min(max(each, 0), 100) for each in placed.focus)
        new |= {"focus_x": x, "focus_y": y}
    if placed.shows is not None:
        new |= {"shows": placed.shows if placed.shows in values else ""}
    return new

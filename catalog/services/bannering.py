"""The wide picture of a shop page: sent as pictures of pieces are, it waits in the page's draft."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import services as accounts
from accounts.models import Maker
from catalog.models import Upload
from catalog.services.deriving import derivatives_of
from catalog.services.keeping import Original
from catalog.services.uploading import TooManyToday
from catalog.signals import banner_sent, original_unneeded
from makers_market.core.audit_log import record
from makers_market.core.decoder import Unreadable
from makers_market.core.errors import Refusal

BANNERS_A_DAY = 30
# The page may not be changed while an operator reads the application.
LATE = "late"


@transaction.atomic
def begin_banner(maker_id: int, *, original: Original, by: str, at: datetime) -> Upload:
    """Take a stored original as the next wide picture of a shop page; tells banner_sent.

    The same picture again, while it is being prepared, is once. Raises TooManyToday.
    """
    maker = Maker.objects.select_for_update(no_key=True).get(pk=maker_id)
    sent = Upload.objects.filter(maker=maker, product=None)
    waiting = sent.filter(state=Upload.WAITING, digest=original.digest).first()
    if waiting:
        original_unneeded.send(Upload, upload_uuid=str(original.uuid))
        return waiting
    if sent.filter(uploaded_at__gt=at - timedelta(days=1)).count() >= BANNERS_A_DAY:
        raise TooManyToday
    upload = Upload.objects.create(
        uuid=original.uuid, maker=maker, digest=original.digest, uploaded_at=at, uploaded_by=by
    )
    changes = {"banner": ("", original.digest)}
    record("maker.banner_sent", maker, by=by, at=at, maker=maker.pk, changes=changes)
    banner_sent.send(Upload, upload_id=upload.pk)
    return upload


def prepare_banner(upload_id: int, *, at: datetime) -> None:
    """Make what the page shows of a waiting wide picture, then put it into the page's draft.

    Decodes and writes files outside any transaction; safe to run twice and two at a time.
    """
    upload = Upload.objects.filter(pk=upload_id, product=None, state=Upload.WAITING).first()
    if upload is None:
        return
    try:
        _finish(upload, derivatives_of(upload), at=at)
    except Unreadable as refusal:
        _refuse(upload, refusal.why)
    except Refusal:
        _refuse(upload, LATE)


@transaction.atomic
def _finish(upload: Upload, facts: dict[str, object], *, at: datetime) -> None:
    """Claim the picture and draft it, unless a newer one was sent meanwhile."""
    waiting = Upload.objects.filter(pk=upload.pk, state=Upload.WAITING)
    if not waiting.update(state=Upload.READY, facts=facts):
        return
    newer = Upload.objects.filter(maker=upload.maker_id, product=None, pk__gt=upload.pk)
    if not newer.exists():
        accounts.draft_banner(upload.maker_id, facts, by=upload.uploaded_by, at=at)


@transaction.atomic
def _refuse(upload: Upload, why: str) -> None:
    waiting = Upload.objects.filter(pk=upload.pk, state=Upload.WAITING)
    if waiting.update(state=Upload.REFUSED, refusal=why):
        original_unneeded.send(Upload, upload_uuid=str(upload.uuid))

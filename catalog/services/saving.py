"""Pieces are saved for later: in an account's one list, or in a guest's until they sign in."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Product, SavedList, SavedPiece
from makers_market.core.errors import Refusal

PIECES_MAX = 500
# A guest's list that nobody adds to for so long belongs to a session that ended long before.
GUESTS_LISTS_LIVE = timedelta(days=180)
SWEEP = 500


class ListFull(Refusal):
    """There are as many pieces in the list as a list holds."""

    def __init__(self) -> None:
        super().__init__(
            _("Your list is full: it holds %(count)d pieces. Remove some to save others.")
            % {"count": PIECES_MAX}
        )


@transaction.atomic
def save_piece(
    saved_list: SavedList | None, product: Product, *, user: User | None, at: datetime
) -> SavedList:
    """Save a piece, once however often it is asked for; makes the list with its first piece.

    `user` owns a new list; None for a guest. Locks the list. Raises ListFull above `PIECES_MAX`.
    """
    kept = _locked(saved_list, user=user, at=at)
    if kept.pieces.filter(product=product).exists():
        return kept
    if kept.pieces.count() >= PIECES_MAX:
        raise ListFull
    SavedPiece.objects.create(saved_list=kept, product=product, at=at)
    return kept


def _locked(saved_list: SavedList | None, *, user: User | None, at: datetime) -> SavedList:
    """Give the list under its lock; a new one where there is none, or where it was merged away."""
    if saved_list is not None:
        found = SavedList.objects.select_for_update().filter(pk=saved_list.pk).first()
        if found is not None:
            return found
    if user is None:
        return SavedList.objects.create(created_at=at)
    made, _created = SavedList.objects.get_or_create(user=user, defaults={"created_at": at})
    return SavedList.objects.select_for_update().get(pk=made.pk)


def remove_piece(saved_list: SavedList, product: Product) -> bool:
    """Take a piece out of a list; True if it was there."""
    gone, _by_model = SavedPiece.objects.filter(saved_list=saved_list, product=product).delete()
    return gone > 0


@transaction.atomic
def merge_saved(guests: UUID, *, user: User, at: datetime) -> int:
    """Put what a guest saved into the account's list, and end the guest's; gives how many came.

    The pieces saved last come first while the list has room. Another account's list is left
    alone. Locks the account's list, then the guest's.
    """
    target = _locked(None, user=user, at=at)
    found = SavedList.objects.select_for_update().filter(uuid=guests, user=None).first()
    if found is None:
        return 0
    known = target.pieces.values("product")
    room = max(PIECES_MAX - target.pieces.count(), 0)
    coming = list(found.pieces.exclude(product__in=known)[:room])
    SavedPiece.objects.bulk_create(
        SavedPiece(saved_list=target, product_id=piece.product_id, at=piece.at) for piece in coming
    )
    found.delete()
    return len(coming)


@transaction.atomic
def share_list(saved_list: SavedList) -> str:
    """Let whoever has its link read the list; gives the key in the link, the same until it ends."""
    kept = SavedList.objects.select_for_update().get(pk=saved_list.pk)
    if not kept.share_key:
        kept.share_key = secrets.token_urlsafe(18)
        kept.save(update_fields=["share_key"])
    return kept.share_key


def stop_sharing(saved_list: SavedList) -> None:
    """End the link that shares a list, for good: shared again, it gets another."""
    SavedList.objects.filter(pk=saved_list.pk).update(share_key="")


def sweep_saved_lists(*, at: datetime) -> int:
    """Delete guests' lists that nobody has added to for half a year, some at a time."""
    old = at - GUESTS_LISTS_LIVE
    guests = SavedList.objects.filter(user=None, created_at__lt=old)
    left = guests.annotate(last=Max("pieces__at")).exclude(last__gte=old)
    keys = list(left.order_by("pk").values_list("pk", flat=True)[:SWEEP])
    SavedList.objects.filter(pk__in=keys).delete()
    return len(keys)

"""Moderators decide: a piece goes on sale or back to its maker, a change is shown or refused.

Each decision says which state of the piece its moderator looked at (`seen`, from
`catalog.drafts.left(product).seen` or `changes_of(revision).seen`): what was changed meanwhile is
never approved unseen.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from accounts.services.applying import refuse_own_workshop
from catalog.drafts import Left, changes_of, left
from catalog.models import Product, Revision
from catalog.services.indexing import index_pieces
from catalog.services.staging import (
    ChangedMeanwhile,
    NotComplete,
    apply_change,
    close_change,
    lock_piece,
    missing_pictures,
    missing_words,
)
from catalog.signals import product_decided, revision_decided
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.lifecycle import IllegalMove

__all__ = [
    "MakerNotApproved",
    "ReasonNeeded",
    "approve_product",
    "approve_revision",
    "changes_of",
    "reject_product",
    "reject_revision",
]
REASON_MIN, REASON_MAX = 10, 200


class MakerNotApproved(Refusal):
    """Nothing goes on sale in a workshop that is not approved."""

    def __init__(self) -> None:
        super().__init__(_("This workshop is not approved yet: decide on the workshop first."))


class ReasonNeeded(Refusal):
    """A maker is told why, in 10 to 200 characters."""

    def __init__(self) -> None:
        super().__init__(_("Give the maker a reason, in 10 to 200 characters."))


@transaction.atomic
def approve_product(product_id: int, *, seen: str, by: str, at: datetime) -> None:
    """Put a piece in review on sale; tells product_decided. The first time dates it.

    Locks the piece. Raises IllegalMove unless it is in review, ChangedMeanwhile if it is not what
    the moderator saw, MakerNotApproved, NotComplete, OwnWorkshop.
    """
    product = _in_review(product_id, Product.LIVE, by=by)
    now = left(product)
    _refuse_unseen(now, seen)
    if product.maker.status != Maker.APPROVED:
        raise MakerNotApproved
    if missing := missing_words(now.words) + missing_pictures(now.gallery):
        raise NotComplete(missing)
    if product.published_at is None:
        product.published_at = at
        product.save(update_fields=["published_at"])
    _decide(product, Product.LIVE, "product.approved", by=by, at=at)


@transaction.atomic
def reject_product(product_id: int, *, seen: str, by: str, at: datetime, why: str) -> None:
    """Give a piece in review back to its maker as a draft, with the reason; tells product_decided.

    Locks the piece. Raises IllegalMove, ChangedMeanwhile, ReasonNeeded, OwnWorkshop.
    """
    why = _reason(why)
    product = _in_review(product_id, Product.DRAFT, by=by)
    _refuse_unseen(left(product), seen)
    _decide(product, Product.DRAFT, "product.rejected", by=by, at=at, why=why)


def _in_review(product_id: int, wished: str, *, by: str) -> Product:
    product = lock_piece(product_id)
    refuse_own_workshop(product.maker_id, by=by)
    if product.status != Product.REVIEW:
        raise IllegalMove("Product", product.status, wished)
    return product


def _decide(
    product: Product, status: str, action: str, *, by: str, at: datetime, why: str = ""
) -> None:
    product.move_to(status, by=by, at=at, why=why)
    changes = {"status": (Product.REVIEW, status)}
    record(action, product, by=by, at=at, maker=product.maker_id, changes=changes, why=why)
    index_pieces([product.pk])
    move_id = product.moves.order_by("pk").values_list("pk", flat=True).last()
    product_decided.send(Product, move_id=move_id)


@transaction.atomic
def approve_revision(revision: UUID, *, seen: str, by: str, at: datetime) -> None:
    """Show shoppers a waiting change of a piece, whole; tells revision_decided.

    Locks the piece. Raises IllegalMove unless it waits, ChangedMeanwhile if it is not what the
    moderator saw, NotComplete, NotTheirs, OwnWorkshop; Revision.DoesNotExist for an unknown one.
    """
    now = _waiting(revision, Revision.APPROVED, by=by)
    _refuse_unseen(now, seen)
    apply_change(now)
    _close(now, Revision.APPROVED, "product.change_approved", by=by, at=at)


@transaction.atomic
def reject_revision(revision: UUID, *, seen: str, by: str, at: datetime, why: str) -> None:
    """Refuse a waiting change with a reason, nothing changes for shoppers; tells revision_decided.

    Locks the piece. Raises IllegalMove, ChangedMeanwhile, ReasonNeeded, OwnWorkshop;
    Revision.DoesNotExist.
    """
    why = _reason(why)
    now = _waiting(revision, Revision.REJECTED, by=by)
    _refuse_unseen(now, seen)
    _close(now, Revision.REJECTED, "product.change_rejected", by=by, at=at, why=why)


def _waiting(revision: UUID, wished: str, *, by: str) -> Left:
    """Lock the piece of a change, and read both as they are then."""
    product_id = Revision.objects.values_list("product_id", flat=True).get(uuid=revision)
    now = left(lock_piece(product_id))
    refuse_own_workshop(now.product.maker_id, by=by)
    shown = now.product.status in {Product.LIVE, Product.RETIRED}
    if now.revision is None or now.revision.uuid != revision or not shown:
        raise IllegalMove("Revision", "decided", wished)
    return now


def _close(now: Left, state: str, action: str, *, by: str, at: datetime, why: str = "") -> None:
    revision, product = now.revision, now.product
    if revision is None:
        raise ValueError("no change waits")
    close_change(revision, state, by=by, at=at, why=why)
    changes = {"change": (Revision.WAITING, state), "fields": ([], sorted(revision.fields))}
    record(action, product, by=by, at=at, maker=product.maker_id, changes=changes, why=why)
    revision_decided.send(Revision, revision_id=revision.pk)


def _refuse_unseen(now: Left, seen: str) -> None:
    if now.seen != seen:
        raise ChangedMeanwhile


def _reason(why: str) -> str:
    stripped = why.strip()
    if not REASON_MIN <= len(stripped) <= REASON_MAX or "\0" in stripped:
        raise ReasonNeeded
    return stripped

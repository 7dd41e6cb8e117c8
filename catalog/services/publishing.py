"""Makers bring pieces to shoppers: to review, off sale and back, and changes that wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.drafts import left
from catalog.models import Product, Revision, Upload
from catalog.services.alerting import tell_piece_returned
from catalog.services.indexing import index_pieces
from catalog.services.staging import (
    NotComplete,
    apply_change,
    close_change,
    lock_piece,
    missing_pictures,
    missing_words,
)
from makers_market.core.audit_log import record
from makers_market.core.lifecycle import IllegalMove


@transaction.atomic
def submit_piece(product_id: int, *, by: str, at: datetime) -> None:
    """Send a draft to review; raises NotComplete naming all it lacks, IllegalMove. Locks it."""
    product = lock_piece(product_id)
    if product.status not in {Product.DRAFT, Product.REVIEW}:
        raise IllegalMove("Product", product.status, Product.REVIEW)
    _refuse_incomplete(product)
    _move(product, Product.REVIEW, "product.submitted", by=by, at=at)


def _refuse_incomplete(product: Product) -> None:
    now = left(product)
    missing = missing_words(now.words) + missing_pictures(now.gallery)
    if product.uploads.filter(state=Upload.WAITING).exists():
        missing.append(_("Wait until your pictures are prepared, it takes a minute."))
    if not product.variants.filter(is_offered=True).exists():
        missing.append(_("Set a price."))
    if missing:
        raise NotComplete(missing)


@transaction.atomic
def withdraw_piece(product_id: int, *, by: str, at: datetime) -> None:
    """Take a piece back from review; raises IllegalMove. Locks it."""
    product = lock_piece(product_id)
    if product.status not in {Product.DRAFT, Product.REVIEW}:
        raise IllegalMove("Product", product.status, Product.DRAFT)
    _move(product, Product.DRAFT, "product.withdrawn", by=by, at=at)


@transaction.atomic
def retire_piece(product_id: int, *, by: str, at: datetime) -> None:
    """Take a piece off sale: its page stays and says so. Raises IllegalMove. Locks it."""
    product = lock_piece(product_id)
    if product.status not in {Product.LIVE, Product.RETIRED}:
        raise IllegalMove("Product", product.status, Product.RETIRED)
    _move(product, Product.RETIRED, "product.retired", by=by, at=at)


@transaction.atomic
def bring_back_piece(product_id: int, *, by: str, at: datetime) -> None:
    """Put a piece on sale again, or in review with the change that waited since.

    Locks the piece. Raises IllegalMove; NotComplete where what waits for review lacks something.
    """
    product = lock_piece(product_id)
    if product.status == Product.LIVE:
        return
    if product.status != Product.RETIRED:
        raise IllegalMove("Product", product.status, Product.LIVE)
    now = left(product)
    if now.revision is None:
        _move(product, Product.LIVE, "product.returned", by=by, at=at)
        tell_piece_returned(product)
        return
    _refuse_incomplete(product)
    apply_change(now)
    close_change(now.revision, Revision.WITHDRAWN, by=by, at=at)
    _move(product, Product.REVIEW, "product.submitted", by=by, at=at)


@transaction.atomic
def withdraw_revision(product_id: int, *, by: str, at: datetime) -> None:
    """Forget the change of a piece that waits for review, if one does. Locks the piece."""
    product = lock_piece(product_id)
    waiting = Revision.objects.waiting().filter(product=product).first()
    if waiting is None:
        return
    close_change(waiting, Revision.WITHDRAWN, by=by, at=at)
    changes: Mapping[str, tuple[Any, Any]] = {"change": (Revision.WAITING, Revision.WITHDRAWN)}
    record(
        "product.change_withdrawn",
        product,
        by=by,
        at=at,
        maker=product.maker_id,
        changes=changes,
    )


def _move(product: Product, status: str, action: str, *, by: str, at: datetime) -> None:
    before = product.status
    if product.move_to(status, by=by, at=at):
        changes = {"status": (before, status)}
        record(action, product, by=by, at=at, maker=product.maker_id, changes=changes)
        index_pieces([product.pk])

"""Makers tick what a piece is made of, and say how it comes to be; it holds at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from catalog.drafts import fingerprint
from catalog.models import Product, Term
from catalog.services.indexing import index_pieces
from catalog.services.making import set_making, set_one_of_a_kind
from catalog.services.staging import ChangedMeanwhile, NotTheirs, lock_piece, lock_stock_of
from makers_market.core.audit_log import record


@dataclass(frozen=True)
class Kind:
    """How a piece comes to be: the only one, or made to order within so many working days."""

    is_one_of_a_kind: bool
    is_made_to_order: bool
    days_min: int
    days_max: int


def described(product: Product) -> str:
    """Name what is ticked of a piece now: who ticks anew says what they looked at."""
    terms = sorted(product.terms.values_list("pk", flat=True))
    return fingerprint([terms, *(getattr(product, name) for name in FLAGS)])


FLAGS = ("is_one_of_a_kind", "is_made_to_order", "making_days_min", "making_days_max")


@transaction.atomic
def describe_piece(
    product_id: int, *, terms: Collection[int], kind: Kind, seen: str, by: str, at: datetime
) -> None:
    """Say of a piece which materials and colours it has and how it comes to be; all or nothing.

    `seen` is the `described` that the maker began from. Locks the piece, then its stock. Raises
    ChangedMeanwhile, NotTheirs for a term that is not there, BadMaking.
    """
    product = lock_piece(product_id)
    if seen != described(product):
        raise ChangedMeanwhile
    if kind.is_one_of_a_kind:
        lock_stock_of(product)
    set_terms([product_id], terms, by=by, at=at)
    if not kind.is_one_of_a_kind:
        set_one_of_a_kind(product_id, is_one=False, by=by, at=at)
    set_making(
        product_id,
        is_made_to_order=kind.is_made_to_order,
        days_min=kind.days_min,
        days_max=kind.days_max,
        by=by,
        at=at,
    )
    if kind.is_one_of_a_kind:
        set_one_of_a_kind(product_id, is_one=True, by=by, at=at)


@transaction.atomic
def set_terms(
    product_ids: Collection[int],
    terms: Collection[int],
    *,
    keep_others: bool = False,
    by: str,
    at: datetime,
) -> None:
    """Tick these materials and colours of pieces, in place of the others or beside them.

    Locks the pieces in primary-key order. Raises NotTheirs for a term that is not there.
    """
    wished = set(Term.objects.filter(pk__in=terms))
    if len(wished) < len(set(terms)):
        raise NotTheirs
    changed = []
    for pk in sorted(product_ids):
        product = lock_piece(pk)
        before = set(product.terms.all())
        after = before | wished if keep_others else wished
        if after == before:
            continue
        product.terms.set(after)
        changes = {"terms": (_slugs(before), _slugs(after))}
        record("product.terms_set", product, by=by, at=at, maker=product.maker_id, changes=changes)
        changed.append(pk)
    index_pieces(changed)


def _slugs(terms: Collection[Term]) -> list[str]:
    return sorted(f"{term.kind}:{term.slug}" for term in terms)

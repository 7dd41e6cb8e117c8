"""Makers change many pieces in one go: all of them, or none."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.drafts import fingerprint
from catalog.models import Product, Stock, Variant
from catalog.services.describing import set_terms
from catalog.services.indexing import index_pieces
from catalog.services.pricing import ask_price
from catalog.services.publishing import bring_back_piece, retire_piece
from catalog.services.staging import ChangedMeanwhile, NotTheirs
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

MANY_MAX = 100
PERCENT_MIN, PERCENT_MAX = Decimal(-90), Decimal(200)
# What a price is rounded to, in cents; halves go up.
STEPS = (1, 10, 50, 100)


class NotAll(Refusal):
    """One of many pieces cannot be changed like that, so none is; the words name it."""

    def __init__(self, product: Product, refusal: Refusal) -> None:
        words = _("%(title)s: %(why)s Nothing was changed.")
        super().__init__(words % {"title": product.title, "why": str(refusal)})


class TooManyPieces(Refusal):
    """A hundred pieces at a time."""

    def __init__(self) -> None:
        super().__init__(_("Choose up to 100 pieces at a time."))


class BadPercentage(Refusal):
    """Prices go down by 90 per cent at most and up by 200."""

    def __init__(self) -> None:
        super().__init__(_("Give a percentage between -90 and 200, not 0."))


@dataclass(frozen=True)
class Repricing:
    """A change of prices by a percentage (-10 is ten per cent off), rounded to a step of cents."""

    percent: Decimal
    step: int = 1
    shows_old: bool = False

    def price(self, cents: int) -> int:
        """Give the new price of an old one, both in cents: at least one step."""
        exact = Decimal(cents) * (100 + self.percent) / 100 / self.step
        return max(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), 1) * self.step


def reprices(variants: Iterable[Variant], how: Repricing) -> list[tuple[Variant, int]]:
    """Pair each variant on offer with its new price in cents."""
    return [(each, how.price(each.price_cents)) for each in variants if each.is_offered]


def prices_seen(variants: Iterable[Variant], how: Repricing) -> str:
    """Name a preview: which prices become which."""
    rows = sorted((each.pk, each.price_cents, cents) for each, cents in reprices(variants, how))
    return fingerprint([rows, how.shows_old])


@transaction.atomic
def change_prices(
    product_ids: Collection[int],
    how: Repricing,
    *,
    maker_id: int,
    seen: str,
    by: str,
    at: datetime,
) -> int:
    """Ask other prices of all that these pieces come in; gives how many prices changed.

    `seen` is the `prices_seen` of the preview. Locks the pieces, then variants and stock in
    primary-key order. Raises NotTheirs, TooManyPieces, BadPercentage, ChangedMeanwhile, NotAll.
    """
    if not how.percent or not PERCENT_MIN <= how.percent <= PERCENT_MAX or how.step not in STEPS:
        raise BadPercentage
    pieces = _lock(product_ids, maker_id)
    rows = Stock.objects.select_related("variant").filter(variant__product__in=pieces)
    locked = rows.order_by("pk").select_for_update(of=("self", "variant"), no_key=True)
    variants = [row.variant for row in locked]
    if seen != prices_seen(variants, how):
        raise ChangedMeanwhile
    told: dict[int, dict[str, tuple[Any, Any]]] = {}
    for variant, cents in reprices(variants, how):
        before = variant.price_cents
        variant.product = pieces[variant.product_id]
        if _asked(variant, cents, how, at=at):
            told.setdefault(variant.product_id, {})[variant.sku] = (before, cents)
    for pk, changes in told.items():
        record("product.prices_set", pieces[pk], by=by, at=at, maker=maker_id, changes=changes)
    index_pieces(told)
    return sum(len(changes) for changes in told.values())


def _asked(variant: Variant, cents: int, how: Repricing, *, at: datetime) -> bool:
    try:
        return ask_price(variant, cents, shows_old=how.shows_old, at=at)
    except Refusal as refusal:
        raise NotAll(variant.product, refusal) from refusal


@transaction.atomic
def retire_pieces(product_ids: Collection[int], *, maker_id: int, by: str, at: datetime) -> None:
    """Take pieces off sale. Locks them. Raises NotTheirs, TooManyPieces, NotAll."""
    _each(retire_piece, product_ids, maker_id=maker_id, by=by, at=at)


@transaction.atomic
def bring_back_pieces(
    product_ids: Collection[int], *, maker_id: int, by: str, at: datetime
) -> None:
    """Put pieces on sale again, or in review. Locks them. Raises NotTheirs, NotAll."""
    _each(bring_back_piece, product_ids, maker_id=maker_id, by=by, at=at)


def _each(
    verb: Callable[..., None], product_ids: Collection[int], *, maker_id: int, **facts: Any
) -> None:
    for pk, product in _lock(product_ids, maker_id).items():
        try:
            verb(pk, **facts)
        except Refusal as refusal:
            raise NotAll(product, refusal) from refusal


@transaction.atomic
def tick_pieces(
    product_ids: Collection[int],
    terms: Sequence[int],
    *,
    maker_id: int,
    keep_others: bool,
    by: str,
    at: datetime,
) -> None:
    """Tick materials and colours of pieces. Locks them. Raises NotTheirs, TooManyPieces."""
    pieces = _lock(product_ids, maker_id)
    set_terms(list(pieces), terms, keep_others=keep_others, by=by, at=at)


def _lock(product_ids: Collection[int], maker_id: int) -> dict[int, Product]:
    """Lock a workshop's pieces in primary-key order; raises NotTheirs if one is not."""
    if len(product_ids) > MANY_MAX:
        raise TooManyPieces
    theirs = Product.objects.filter(pk__in=product_ids, maker_id=maker_id).order_by("pk")
    found = {piece.pk: piece for piece in theirs.select_for_update(of=("self",), no_key=True)}
    if len(found) < len(set(product_ids)):
        raise NotTheirs
    return found

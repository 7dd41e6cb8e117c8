"""Makers write pieces: a draft, its words, its prices and stock."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import Maker
from catalog.drafts import WORDS, left
from catalog.models import Product, ProductSlug, Stock, Variant
from catalog.services.indexing import index_pieces
from catalog.services.pricing import ask_price, note_price, refuse_price
from catalog.services.staging import (
    ChangedMeanwhile,
    NotTheirs,
    change_words,
    lock_piece,
    refuse_foreign_shelf,
    refuse_unless_open,
)
from catalog.services.stocking import correct_stock, receive_stock
from makers_market.core.audit_log import record

SLUG_LENGTH = 40


@dataclass(frozen=True)
class Choice:
    """One version of a new piece; a piece that comes in one version has no value."""

    price_cents: int
    stock: int
    value: str = ""
    value_pt: str = ""


@dataclass(frozen=True)
class Offer:
    """A change of one variant: a new price, a new count of what is on hand, or both.

    `seen` is the number on hand that the counting began with; `shows_old` shows beside a lower
    price what it is reduced from.
    """

    variant_id: int
    price_cents: int | None = None
    shows_old: bool = False
    on_hand: int | None = None
    seen: int = 0


@transaction.atomic
def draft_piece(
    *,
    maker_id: int,
    words: dict[str, Any],
    choices: Sequence[Choice],
    axis: str = "",
    token: UUID,
    by: str,
    at: datetime,
) -> Product:
    """Begin a piece as a draft with its variants, prices and stock, once per token and maker.

    `axis` names what the choices differ in ("glaze"). Locks the maker, so that two sendings of a
    form meet. Raises NotTheirs, PriceOutOfBounds.
    """
    Maker.objects.select_for_update(no_key=True).get(pk=maker_id)
    code = hashlib.sha256(f"{maker_id}:{token}".encode()).hexdigest()[:10].upper()
    begun = Variant.objects.select_related("product").filter(sku=f"{code}-1").first()
    if begun:
        return begun.product
    product = Product(maker_id=maker_id, options=_options(axis, choices))
    for name in WORDS.keys() & words.keys():
        setattr(product, name, words[name])
    refuse_foreign_shelf(product, words)
    _save_under_free_slug(product, code)
    product.starting_move(by=by, at=at).save()
    for number, choice in enumerate(choices, 1):
        _offer(product, axis, choice, sku=f"{code}-{number}", by=by, at=at)
    title = {"title": ("", product.title_en)}
    record("product.drafted", product, by=by, at=at, maker=maker_id, changes=title)
    index_pieces([product.pk])
    return product


def _options(axis: str, choices: Sequence[Choice]) -> list[dict[str, Any]]:
    if not axis:
        return []
    values = [choice.value for choice in choices]
    values_pt = [choice.value_pt or choice.value for choice in choices]
    return [{"name": axis, "values": values, "values_pt": values_pt}]


def _save_under_free_slug(product: Product, code: str) -> None:
    """Save under an address made of the title; it stays when the title changes."""
    plain = slugify(product.title_en)[:SLUG_LENGTH].strip("-") or "piece"
    other = f"{plain}-{code[:6].lower()}"
    try:
        with transaction.atomic():
            product.slug = other if ProductSlug.objects.filter(slug=plain).exists() else plain
            product.save(force_insert=True)
    except IntegrityError:
        product.slug = other
        product.save(force_insert=True)


def _offer(product: Product, axis: str, choice: Choice, *, sku: str, by: str, at: datetime) -> None:
    refuse_price(choice.price_cents)
    variant = Variant.objects.create(
        product=product,
        sku=sku,
        options={axis: choice.value} if axis else {},
        price_cents=choice.price_cents,
        position=int(sku.rpartition("-")[2]) - 1,
    )
    Stock.objects.create(variant=variant)
    note_price(variant, at=at)
    if choice.stock:
        receive_stock(variant, choice.stock, reference="first", by=by, at=at)


@transaction.atomic
def save_words(
    product_id: int, *, words: dict[str, Any], seen: str, by: str, at: datetime
) -> Product:
    """Write a piece's words: a draft's at once, those shoppers see wait for review.

    `seen` is the `words_seen` that the writer began from. Locks the piece. Raises InReview,
    ChangedMeanwhile, NotComplete, NotTheirs; words that are there already change nothing.
    """
    product = lock_piece(product_id)
    refuse_unless_open(product)
    now = left(product)
    words = {"slug": now.words["slug"]} | words
    if words == now.words:
        return product
    if seen != now.words_seen:
        raise ChangedMeanwhile
    refuse_foreign_shelf(product, words)
    change_words(product, words, by=by, at=at)
    return product


@transaction.atomic
def set_price(
    variant_id: int, cents: int, *, shows_old: bool = False, by: str, at: datetime
) -> None:
    """Ask another price from now on, also for what is on sale, with the old one if wished.

    Locks the variant and its stock, as a checkout does: one that holds it keeps its price. Raises
    PriceOutOfBounds, NoReduction.
    """
    variant = _lock_variants([variant_id])[variant_id]
    before = {"price_cents": variant.price_cents, "was_cents": variant.was_cents}
    if not ask_price(variant, cents, shows_old=shows_old, at=at):
        return
    changes = {
        name: (value, getattr(variant, name))
        for name, value in before.items()
        if value != getattr(variant, name)
    }
    maker = variant.product.maker_id
    record("product.price_set", variant.product, by=by, at=at, maker=maker, changes=changes)
    index_pieces([variant.product_id])


def _lock_variants(ids: Iterable[int]) -> dict[int, Variant]:
    """Lock variants with their stock in the order in which checkouts lock them."""
    rows = (
        Stock.objects.select_related("variant__product")
        .filter(pk__in=ids)
        .order_by("pk")
        .select_for_update(of=("self", "variant"), no_key=True)
    )
    return {row.pk: row.variant for row in rows}


@transaction.atomic
def change_offers(
    product_id: int, *, offers: Sequence[Offer], token: UUID, by: str, at: datetime
) -> None:
    """Change prices and stock of a piece's variants at once, stock once per token.

    Locks the piece, then variants and stock in primary-key order. Raises NotTheirs for a variant
    of another piece, PriceOutOfBounds, and what `correct_stock` raises.
    """
    product = lock_piece(product_id)
    theirs = set(product.variants.values_list("pk", flat=True))
    if not {offer.variant_id for offer in offers} <= theirs:
        raise NotTheirs
    variants = _lock_variants(offer.variant_id for offer in offers)
    for offer in sorted(offers, key=lambda offer: offer.variant_id):
        if offer.price_cents is not None:
            set_price(offer.variant_id, offer.price_cents, shows_old=offer.shows_old, by=by, at=at)
        if offer.on_hand is not None:
            correct_stock(
                variants[offer.variant_id],
                offer.on_hand,
                seen=offer.seen,
                why="Counted on the page of the piece",
                reference=f"piece:{token}",
                by=by,
                at=at,
            )

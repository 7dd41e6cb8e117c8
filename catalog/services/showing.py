"""Pieces are listed, offered in variants and shown in pictures."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from catalog.models import Category, Picture, Product, Stock, Variant
from catalog.services.indexing import index_pieces
from catalog.signals import category_changed
from makers_market.core.decoder import develop

# Written last: where it lies, all derivatives of that picture do.
FACTS = "facts.json"


@transaction.atomic
def arrange_category(*, slug: str, **fields: Any) -> Category:
    """Put a category on its shelf, or renew one that is there."""
    words = ("name_en", "name_pt", "parent_id", "craft")
    before = Category.objects.filter(slug=slug).values(*words).first()
    category, _created = Category.objects.update_or_create(slug=slug, defaults=fields)
    if before not in (None, {name: getattr(category, name) for name in words}):
        category_changed.send(Category, category_id=category.pk)
    return category


@transaction.atomic
def list_product(*, slug: str, at: datetime, **fields: Any) -> Product:
    """List a piece for sale unreviewed, or renew its description; the first listing dates it.

    For demo shops and tests: makers draft pieces, and moderators put them on sale.
    """
    product, created = Product.objects.update_or_create(
        slug=slug,
        defaults=fields,
        create_defaults=fields | {"status": Product.LIVE, "published_at": at},
    )
    if created:
        product.starting_move(by="command", at=at).save()
    elif product.published_at is None:
        product.published_at = at
        product.save(update_fields=["published_at"])
    product.move_to(Product.LIVE, by="command", at=at)
    index_pieces([product.pk])
    return product


@transaction.atomic
def offer_variant(
    product: Product, *, sku: str, options: Mapping[str, str], price_cents: int, position: int
) -> Variant:
    """Offer a product in one choice of its options at a price; makes its empty stock row."""
    variant, _created = Variant.objects.update_or_create(
        sku=sku,
        defaults={
            "product": product,
            "options": dict(options),
            "price_cents": price_cents,
            "position": position,
        },
    )
    Stock.objects.get_or_create(variant=variant)
    index_pieces([product.pk])
    return variant


@dataclass(frozen=True)
class PictureFile:
    """An original picture and what it shows; `shows` is an option value or empty."""

    content: bytes
    alt_en: str
    alt_pt: str
    shows: str = ""

    @property
    def digest(self) -> str:
        return digest_of(self.content)


def add_picture(product: Product, file: PictureFile, *, position: int) -> Picture:
    """Show a picture of a piece at a place in its gallery, with derivatives in both kinds.

    Repeating it with the same content makes and writes no file again. Decoding happens outside
    any transaction. Raises Unreadable for content that is no picture.
    """
    facts = make_derivatives(file.content, file.digest)
    fields = facts | {
        "digest": file.digest,
        "alt_en": file.alt_en,
        "alt_pt": file.alt_pt,
        "shows": file.shows,
    }
    with transaction.atomic():
        picture, _created = Picture.objects.update_or_create(
            product=product, position=position, defaults=fields
        )
        index_pieces([product.pk])
    return picture


def digest_of(content: bytes) -> str:
    """Name content: 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:32]


def make_derivatives(content: bytes, digest: str) -> dict[str, Any]:
    """Write the derivatives of a picture that are missing; give its size, widths and colour.

    They are made by a process that can do nothing else (core/decoder.py), once for each content.
    Raises Unreadable, which says why.
    """
    folder = f"pictures/{digest}"
    if default_storage.exists(f"{folder}/{FACTS}"):
        with default_storage.open(f"{folder}/{FACTS}") as kept:
            facts: dict[str, Any] = json.load(kept)
        return facts
    made = develop(content)
    for name, file in made.files.items():
        _keep(f"{folder}/{name}", file)
    _keep(f"{folder}/{FACTS}", json.dumps(made.facts).encode())
    return made.facts


def _keep(name: str, content: bytes) -> None:
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))

"""Reads of the catalogue's pages."""

import re
from functools import lru_cache

from django.contrib.postgres.lookups import Unaccent
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import Maker, ShopSection
from catalog.cards import Card, cards_of
from catalog.models import Category, Listing, Product


class ForgedCursor(Exception):
    """The cursor was not made by us, or for another order."""


def makers_by_name() -> QuerySet[Maker]:
    """Give the open workshops by name, accents set aside, each with its `product_count`."""
    live = Q(products__status=Product.LIVE)
    return (
        Maker.objects.filter(is_open=True)
        .annotate(product_count=Count("products", filter=live))
        .order_by(Lower(Unaccent("name")))
    )


def sections_with_counts(maker: Maker) -> list[ShopSection]:
    """Give the sections of a shop page that have pieces on sale, in order, each with `count`."""
    live = Q(products__status=Product.LIVE)
    counted = maker.sections.annotate(count=Count("products", filter=live))
    return list(counted.filter(count__gt=0))


def close_to(path: str) -> list[Card]:
    """Give up to four pieces named in an address that led nowhere, else new ones."""
    words = re.findall(r"[a-z]{4,20}", path.lower())[-6:]
    named = Q()
    for word in words:
        named |= Q(product__title_en__icontains=word) | Q(product__slug__icontains=word)
    on_sale = Listing.objects.on_sale().newest_first().for_cards()
    found = cards_of(on_sale.filter(named)[:4]) if words else []
    return found or cards_of(on_sale[:4])


def category_at(slug: str, *, edition: int | None) -> Category | None:
    """Give the shelf at an address with the one above it.

    From memory while nothing of the shop has changed since it was read; `edition` None reads it.
    """
    return _category_at(slug) if edition is None else _remembered(slug, edition)


def _category_at(slug: str) -> Category | None:
    return Category.objects.select_related("parent").filter(slug=slug).first()


@lru_cache(maxsize=200)
def _remembered(slug: str, edition: int) -> Category | None:
    return _category_at(slug)

"""Reads of the catalogue's pages."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.lookups import Unaccent
from django.core import signing
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Maker, ShopSection
from catalog.models import (
    QUANTITY_MAX,
    Category,
    Collection,
    Product,
    ProductQuerySet,
    Variant,
    value_label,
)
from catalog.promises import promise
from makers_market.core.countries import COUNTRIES, HOME

CURSOR_SALT = "catalog.cursor"
# Axes whose values are shown as colours, each with a class of the value's slug.
SWATCHED = frozenset({"glaze", "colour"})


class ForgedCursor(Exception):
    """The cursor was not made by us."""


@dataclass(frozen=True)
class Shelf:
    """One page of pieces, the cursor of the next one, and how many there are in all."""

    products: list[Product]
    next_cursor: str | None
    count: int


def page_of(products: ProductQuerySet, *, after: str, size: int) -> Shelf:
    """Give the page of a shelf, newest first, that follows a cursor; costs the same at any depth.

    Raises ForgedCursor.
    """
    ordered = products.newest_first()
    if after:
        published_at, pk = _read(after)
        older = Q(published_at__lt=published_at) | Q(published_at=published_at, pk__lt=pk)
        ordered = ordered.filter(older)
    page = list(ordered.for_cards()[: size + 1])
    more = len(page) > size
    return Shelf(page[:size], _cursor(page[size - 1]) if more else None, products.count())


def _cursor(product: Product) -> str:
    published = product.published_at.isoformat() if product.published_at else ""
    return signing.dumps([published, product.pk], salt=CURSOR_SALT)


def _read(cursor: str) -> tuple[datetime, int]:
    try:
        published, pk = signing.loads(cursor, salt=CURSOR_SALT)
        return datetime.fromisoformat(published), int(pk)
    except (signing.BadSignature, ValueError, TypeError, json.JSONDecodeError) as error:
        raise ForgedCursor from error


def children_with_counts(category: Category) -> QuerySet[Category]:
    """Give the kinds of piece below a category that have pieces, each with its `count`."""
    on_sale = Q(products__status=Product.LIVE, products__maker__is_open=True)
    counted = Category.objects.filter(parent=category).annotate(
        count=Count("products", filter=on_sale)
    )
    return counted.filter(count__gt=0)


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


def close_to(path: str) -> list[Product]:
    """Give up to four pieces named in an address that led nowhere, else new ones."""
    words = re.findall(r"[a-z]{4,20}", path.lower())[-6:]
    named = Q()
    for word in words:
        named |= Q(title_en__icontains=word) | Q(slug__icontains=word)
    on_sale = Product.objects.on_sale().newest_first().for_cards()
    found = list(on_sale.filter(named)[:4]) if words else []
    return found or list(on_sale[:4])


def chosen_variant(product: Product, sku: str) -> Variant | None:
    """Give the variant of that SKU; without one the first for sale; None for an unknown SKU."""
    variants = product.sellable
    if sku:
        return next((variant for variant in variants if variant.sku == sku), None)
    for_sale = (variant for variant in variants if variant.available)
    return next(for_sale, variants[0] if variants else None)


def product_page(product: Product, variant: Variant, *, country: str) -> dict[str, Any]:
    """Give what a product page shows for one variant and one country of delivery."""
    if country not in COUNTRIES:
        country = HOME
    pictures = sorted(product.pictures.all(), key=lambda picture: picture.position)
    chosen = set(variant.options.values())
    pictures.sort(key=lambda picture: picture.shows not in chosen)
    return {
        "product": product,
        "pictures": pictures,
        "variant": variant,
        "options": options_of(product, variant),
        "delivery": _delivery(product.maker, country),
        "maker": product.maker,
        "more": _more(product),
        "quantity_max": min(QUANTITY_MAX, variant.available) if _is_on_sale(product) else 0,
        "is_on_sale": _is_on_sale(product),
        "breadcrumbs": _breadcrumbs(product),
        "facts": _facts(product),
    }


def _is_on_sale(product: Product) -> bool:
    return product.status == Product.LIVE and product.maker.is_open


def _delivery(maker: Maker, country: str) -> dict[str, Any]:
    dates = promise(maker, country, at=timezone.now())
    return {
        "price_cents": maker.delivery_cents_to(country),
        "country": country,
        "country_name": COUNTRIES[country].name,
        "arrives_from": dates.arrives_from,
        "arrives_to": dates.arrives_to,
        "countries": [(each.code, each.name) for each in COUNTRIES.values()],
    }


def _more(product: Product) -> list[Product]:
    """Give four other pieces of the maker, then of the craft, newest first."""
    others = Product.objects.on_sale().exclude(pk=product.pk)
    same = Q(maker=product.maker) | Q(category__craft=product.category.craft)
    mine_first = (F("maker_id") - product.maker_id) * (F("maker_id") - product.maker_id)
    ranked = others.filter(same).annotate(distance=mine_first)
    return list(ranked.order_by("distance", "-published_at", "-id").for_cards()[:4])


def _breadcrumbs(product: Product) -> list[tuple[str, str]]:
    category = product.category
    above = [category.parent] if category.parent else []
    shelves = [(each.name, each.url) for each in [*above, category]]
    return [(_("Home"), reverse("home")), *shelves]


def _facts(product: Product) -> list[tuple[str, str]]:
    facts = [(_("Material"), product.material), (_("Made in"), product.maker.place)]
    return [(label, value) for label, value in facts if value]


def axis_label(name: str) -> str:
    """Name an axis of choice in the reader's language, as far as we know the word."""
    labels = {
        "bars": _("Bars"),
        "base": _("Base"),
        "bottle": _("Bottle"),
        "colour": _("Colour"),
        "colours": _("Colours"),
        "enamel": _("Enamel"),
        "fitting": _("Fitting"),
        "frame": _("Frame"),
        "fruit": _("Fruit"),
        "glaze": _("Glaze"),
        "hanger": _("Hanger"),
        "height": _("Height"),
        "length": _("Length"),
        "metal": _("Metal"),
        "paper": _("Paper"),
        "pattern": _("Pattern"),
        "pot": _("Pot"),
        "print": _("Print"),
        "rings": _("Rings"),
        "scent": _("Scent"),
        "set": _("Set"),
        "shape": _("Shape"),
        "size": _("Size"),
        "stone": _("Stone"),
        "stripe": _("Stripe"),
        "tin": _("Tin"),
        "wood": _("Wood"),
    }
    return labels.get(name, name.capitalize())


def options_of(product: Product, variant: Variant) -> list[dict[str, Any]]:
    """Give each axis with its values; a value links to the variant that choosing it leads to.

    Only combinations that exist are offered: where the other choices do not combine with a value,
    it leads to the nearest variant that has it.
    """
    return [
        {
            "name": axis["name"],
            "label": axis_label(axis["name"]),
            "selected": value_label(axis, variant.options.get(axis["name"], "")),
            "values": [
                _value(product, variant, axis, value)
                for value in axis["values"]
                if any(v.options.get(axis["name"]) == value for v in product.sellable)
            ],
        }
        for axis in product.options
    ]


def _value(product: Product, variant: Variant, axis: dict[str, Any], value: str) -> dict[str, Any]:
    name = axis["name"]
    wished = variant.options | {name: value}
    having = [each for each in product.sellable if each.options.get(name) == value]
    nearest = max(having, key=lambda each: len(each.options.items() & wished.items()))
    return {
        "value": value,
        "label": value_label(axis, value),
        "url": nearest.url,
        "selected": variant.options.get(name) == value,
        "available": nearest.available > 0,
        "swatch": slugify(value) if name in SWATCHED else "",
    }


def pieces_of(collection: Collection) -> list[Product]:
    """Give the pieces of a collection that are on sale, in its order."""
    chosen = Product.objects.on_sale().filter(collectionpiece__collection=collection)
    return list(chosen.order_by("collectionpiece__position", "collectionpiece__id").for_cards())

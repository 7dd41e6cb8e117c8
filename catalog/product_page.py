"""What the page of a piece shows, in at most six queries however much there is of it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.models import (
    QUANTITY_MAX,
    PersonalField,
    Picture,
    Product,
    ProductSlug,
    Stock,
    Variant,
    value_label,
)
from catalog.neighbours import neighbours_of
from catalog.promises import made_between, making_words, promise, week_full_words
from catalog.review_figures import Rating, rating
from makers_market.core.countries import COUNTRIES, HOME

# Axes whose values are shown as colours, each with a class of the value's slug.
SWATCHED = frozenset({"glaze", "colour"})


@dataclass(frozen=True)
class Shown:
    """A piece with its pictures and its questions, each in the maker's order."""

    product: Product
    pictures: list[Picture]
    fields: list[PersonalField]


def piece_at(slug: str) -> Product | None:
    """Give the piece at an address with all that its page needs of it, in one query.

    Its variants on offer are in `sellable`; its pictures in `shown_pictures` and its questions in
    `shown_fields`, in order, as plain rows: `shown_as` makes models of them. None where shoppers
    see no piece.
    """
    piece: Any = next(iter(_pieces().filter(slug=slug)), None)
    if piece is not None:
        piece.sellable = [_offered(piece, row) for row in piece.shown_variants]
    return piece


@cache
def _pieces() -> QuerySet[Product]:
    """Ask for pieces with all that their pages need; put together once, for that takes long."""
    with_all = Product.objects.seen_by_shoppers().select_related(
        "category__parent", "listing", "maker__rating", "maker__workload"
    )
    return with_all.annotate(
        shown_pictures=_rows(Picture),
        shown_fields=_rows(PersonalField),
        shown_variants=_array(_offers()),
    )


def _offered(piece: Product, row: dict[str, Any]) -> Variant:
    """Make a variant of a row of `_offers`."""
    stock = row.pop("stock")
    variant = Variant(**row)
    variant.product = piece
    if stock:
        variant.stock = Stock(**stock)
    return variant


def shown_as(piece: Any) -> Shown:
    """Make models of what `piece_at` has read; no query."""
    pictures = rows_as(Picture, piece.shown_pictures)
    return Shown(piece, pictures, rows_as(PersonalField, piece.shown_fields))


def rows_as[M: Model](model: type[M], rows: list[dict[str, Any]]) -> list[M]:
    """Make models of the rows of a kind that `piece_at` has read."""
    return [model(**row) for row in rows]


def _rows(model: type[Model]) -> RawSQL:
    """Read what belongs to a piece beside the piece itself: one query fewer for each kind."""
    return _array(f"""SELECT {_row(model, "own")} FROM {model._meta.db_table} AS own
        WHERE own.product_id = catalog_product.id ORDER BY own.position, own.id""")  # noqa: S608


def _offers() -> str:
    """Ask for the variants on offer, each with its stock."""
    return f"""SELECT {_row(Variant, "own")} || jsonb_build_object('stock',
            CASE WHEN stock.variant_id IS NOT NULL THEN {_row(Stock, "stock")} END)
        FROM catalog_variant AS own LEFT JOIN catalog_stock AS stock ON stock.variant_id = own.id
        WHERE own.product_id = catalog_product.id AND own.is_offered
        ORDER BY own.position, own.id"""  # noqa: S608


def _row(model: type[Model], table: str) -> str:
    """Write a row as JSON, by name: a newer release may have added columns we do not know."""
    fields = model._meta.concrete_fields
    pairs = ", ".join(f"'{each.attname}', {table}.{each.column}" for each in fields)
    return f"jsonb_build_object({pairs})"


def _array(rows: str) -> RawSQL:
    # Nothing of it comes from outside; as expressions it takes longer to write than to run.
    return RawSQL(f"ARRAY({rows})", [], output_field=ArrayField(JSONField()))  # noqa: S611


def moved_to(slug: str) -> Product | None:
    """Give the piece that had this address before; None where shoppers see no such piece."""
    seen = Product.objects.seen_by_shoppers()
    moved = ProductSlug.objects.select_related("product").filter(slug=slug, product__in=seen)
    found = moved.first()
    return found.product if found else None


def chosen_variant(product: Product, sku: str) -> Variant | None:
    """Give the variant of that SKU; without one the first for sale; None for an unknown SKU."""
    variants = product.sellable
    if sku:
        return next((variant for variant in variants if variant.sku == sku), None)
    for_sale = (variant for variant in variants if variant.available)
    return next(for_sale, variants[0] if variants else None)


def buying_part(shown: Shown, variant: Variant, *, country: str) -> dict[str, Any]:
    """Give what changes with the choice: pictures, price, choices, stock, delivery; no query.

    A country we do not know counts as home. The variant's own pictures come first.
    """
    product, chosen = shown.product, set(variant.options.values())
    standing = standing_of(product, variant)
    return {
        "product": product,
        "maker": product.maker,
        "pictures": sorted(shown.pictures, key=lambda picture: picture.shows not in chosen),
        "variant": variant,
        "is_reduced": (variant.was_cents or 0) > variant.price_cents,
        "options": options_of(product, variant),
        "personal_fields": shown.fields,
        "delivery": _delivery(product, country if country in COUNTRIES else HOME),
        "standing": standing,
        "promised": _promised(product, standing),
        "quantity_max": 0 if standing == "off" else min(QUANTITY_MAX, variant.available),
        "facts": _facts(product),
    }


def ratings_of(product: Product) -> dict[str, Rating]:
    """Give the ratings of a piece and of its maker, from what `piece_at` has loaded."""
    of_piece, of_maker = getattr(product, "listing", None), getattr(product.maker, "rating", None)
    return {
        "rating": rating(of_piece and of_piece.stars),
        "maker_rating": rating(of_maker and of_maker.stars),
    }


def surroundings(product: Product) -> dict[str, Any]:
    """Give what stands around a piece, whatever its choice: crumbs and neighbours, one query."""
    return {"breadcrumbs": breadcrumbs_of(product)} | neighbours_of(product)


def standing_of(product: Product, variant: Variant) -> str:
    """Say how a variant stands with shoppers, in one word that its page puts into a sentence.

    "off": taken off sale. "sold": the only one, and it is. "reserved": all that there are wait for
    a payment. "full": its maker takes no more on this week. "out", "few", "ready", "made": what
    stock and workload say.
    """
    if variant.available > 0:
        if product.status != Product.LIVE or not product.maker.is_open:
            return "off"
        if product.is_made_to_order:
            return "made"
        return "few" if variant.available <= 3 and not product.is_one_of_a_kind else "ready"
    if product.is_one_of_a_kind and variant.stock.on_hand == 0:
        return "sold"
    if product.status != Product.LIVE or not product.maker.is_open:
        return "off"
    if product.is_made_to_order:
        return "full"
    return "reserved" if variant.stock.held else "out"


def _promised(product: Product, standing: str) -> str:
    """Say when a piece that is made to order leaves, or when its maker takes orders again."""
    if standing == "full":
        return week_full_words(product.maker, at=timezone.now())
    return making_words(product) if standing == "made" else ""


def _delivery(product: Product, country: str) -> dict[str, Any]:
    maker, now = product.maker, timezone.now()
    made_by = made_between(product, at=now).ships_by if product.is_made_to_order else None
    dates = promise(maker, country, at=now, made_by=made_by)
    return {
        "price_cents": maker.delivery_cents_to(country),
        "country": country,
        "country_name": COUNTRIES[country].name,
        "arrives_from": dates.arrives_from,
        "arrives_to": dates.arrives_to,
        "countries": tuple((each.code, str(each.name)) for each in COUNTRIES.values()),
    }


def breadcrumbs_of(product: Product) -> list[tuple[str, str]]:
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

    Only combinations that exist are offered: the first axis has every value, a later one those
    that go with what is chosen before it. Where a later choice does not go with a value, it leads
    to the nearest variant that has it.
    """
    offered, left = [], product.sellable
    for axis in product.options:
        name = axis["name"]
        there = {each.options.get(name) for each in left}
        values = [value for value in axis["values"] if value in there]
        if values:
            shown = [_value(left, variant, axis, value) for value in values]
            offered.append(
                {
                    "name": name,
                    "label": axis_label(name),
                    "selected": value_label(axis, variant.options.get(name, "")),
                    "values": shown,
                    "is_swatched": name in SWATCHED,
                }
            )
        left = [each for each in left if each.options.get(name) == variant.options.get(name)]
    return offered


def _value(
    left: list[Variant], variant: Variant, axis: dict[str, Any], value: str
) -> dict[str, Any]:
    name = axis["name"]
    wished = variant.options | {name: value}
    having = [each for each in left if each.options.get(name) == value]
    nearest = max(
        having,
        key=lambda each: (len(each.options.items() & wished.items()), each.available > 0),
    )
    return {
        "value": value,
        "label": value_label(axis, value),
        "url": nearest.url,
        "selected": variant.options.get(name) == value,
        "available": nearest.available > 0,
        "swatch": slugify(value) if name in SWATCHED else "",
    }

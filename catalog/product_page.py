"""What the page of a piece shows, in at most six queries however much there is of it."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, IntegerField, Model, OuterRef, Prefetch, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.cards import Card, cards_of
from catalog.models import (
    QUANTITY_MAX,
    Listing,
    PersonalField,
    Picture,
    Product,
    ProductSlug,
    Variant,
    value_label,
)
from catalog.promises import made_between, making_words, promise, week_full_words
from catalog.review_figures import Rating, rating
from makers_market.core.countries import COUNTRIES, HOME

# Axes whose values are shown as colours, each with a class of the value's slug.
SWATCHED = frozenset({"glaze", "colour"})
# How many neighbours of each kind are shown, and out of how many the similar ones are chosen.
NEIGHBOURS, CANDIDATES = 4, 48


@dataclass(frozen=True)
class Shown:
    """A piece with its pictures and its questions, each in the maker's order."""

    product: Product
    pictures: list[Picture]
    fields: list[PersonalField]


def piece_at(slug: str) -> Product | None:
    """Give the piece at an address with all that its page needs of it, in two queries.

    Its pictures are in `shown_pictures` and its questions in `shown_fields`, in order, as plain
    rows: `shown_as` makes models of them. None where shoppers see no piece.
    """
    with_all = Product.objects.seen_by_shoppers().select_related(
        "category__parent", "listing", "maker__rating", "maker__workload"
    )
    variants = Prefetch("variants", Variant.objects.select_related("stock"))
    rows = with_all.annotate(shown_pictures=_rows(Picture), shown_fields=_rows(PersonalField))
    return rows.prefetch_related(variants).filter(slug=slug).first()


def shown_as(piece: Any) -> Shown:
    """Make models of what `piece_at` has read; no query."""
    pictures = rows_as(Picture, piece.shown_pictures)
    return Shown(piece, pictures, rows_as(PersonalField, piece.shown_fields))


def rows_as[M: Model](model: type[M], rows: list[dict[str, Any]]) -> list[M]:
    """Make models of the rows of a kind that `piece_at` has read."""
    return [model(**row) for row in rows]


def _rows(model: type[Model]) -> ArraySubquery:
    """Read what belongs to a piece beside the piece itself: one query fewer for each kind."""
    columns = {field.attname: field.attname for field in model._meta.concrete_fields}
    of_piece = model._default_manager.filter(product=OuterRef("pk"))
    return ArraySubquery(of_piece.order_by("position", "pk").values(row=JSONObject(**columns)))


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
        "countries": [(each.code, each.name) for each in COUNTRIES.values()],
    }


def neighbours_of(product: Product) -> dict[str, list[Card]]:
    """Give up to four other pieces of the maker, and four of other makers that are like it.

    Like it are pieces of its kind, else of its craft, by how many materials and colours they share.
    They are looked for among the newest only: one query, which costs the same among a million.
    """
    likeness = _likeness(product.listing)
    newest = Listing.objects.on_sale().exclude(pk=product.pk).newest_first()
    mine = newest.filter(maker=product.maker_id)[:NEIGHBOURS]
    foreign = newest.exclude(maker=product.maker_id)
    same_kind = foreign.filter(category=product.category_id)[:CANDIDATES]
    same_craft = foreign.filter(craft=product.craft)[:CANDIDATES]
    candidates = same_kind.values("pk").union(same_craft.values("pk"))
    alike = Listing.objects.filter(pk__in=candidates).order_by(-likeness, "-published_at", "-pk")
    chosen = mine.values("pk").union(alike.values("pk")[:NEIGHBOURS])
    near = Listing.objects.filter(pk__in=chosen).annotate(likeness=likeness)
    rows = list(near.newest_first().for_cards())
    like_it = [row for row in rows if row.maker_id != product.maker_id]
    like_it.sort(key=attrgetter("likeness"), reverse=True)
    return {
        "more": cards_of(row for row in rows if row.maker_id == product.maker_id),
        "similar": cards_of(like_it),
    }


def _likeness(listing: Listing) -> Combinable:
    """Count what a listing shares with another: its kind weighs more than any one word."""
    same = [When(category=listing.category_id, then=Value(3))]
    shared: Combinable = Case(*same, default=Value(0), output_field=IntegerField())
    for column, slugs in (("materials", listing.materials), ("colours", listing.colours)):
        for slug in slugs:
            has = Q(**{f"{column}__contains": [slug]})
            shared = shared + Case(When(has, then=Value(1)), default=Value(0))
    return shared


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

"""What the public API tells: plain dicts in the shapes of catalog/api/serializers.py.

Only what public pages show: no primary key, no person, no exact stock above QUANTITY_MAX.
"""

from typing import Any, Protocol

from django.conf import settings
from django.urls import reverse

from accounts.models import Craft, Maker
from catalog.cards import Card
from catalog.models import (
    QUANTITY_MAX,
    Category,
    PersonalField,
    Product,
    Variant,
    in_language,
    value_label,
)
from catalog.product_page import Shown as ProductShown
from catalog.product_page import axis_label, standing_of
from catalog.review_figures import Rating, rating
from catalog.review_pages import ReviewShown
from catalog.search.facets import FACETS, Counted, Value, shown_values
from catalog.search.filters import Filters
from catalog.search.words import Understood

Answer = dict[str, Any]


class Shown(Protocol):
    """A picture as the catalogue keeps it."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def widths(self) -> list[int]: ...
    @property
    def alt(self) -> str: ...
    def url(self, width: int, kind: str) -> str: ...


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def money(cents: int) -> Answer:
    return {"cents": cents, "currency": "EUR"}


def picture(shown: Shown) -> Answer:
    return {
        "alt": shown.alt,
        "width": shown.width,
        "height": shown.height,
        "sources": [
            {"width": width} | {kind: absolute(shown.url(width, kind)) for kind in ("avif", "webp")}
            for width in shown.widths
        ],
    }


def stars(found: Rating) -> Answer | None:
    if not found.count:
        return None
    return {
        "average": round(found.average, 2),
        "count": found.count,
        "distribution": list(found.counts),
    }


def card(shown: Card) -> Answer:
    """Tell of a piece what lists show."""
    listing, cover = shown.listing, shown.cover
    return {
        "slug": shown.slug,
        "url": absolute(shown.url),
        "title": shown.title,
        "maker": {"slug": shown.maker_slug, "name": shown.maker_name},
        "craft": shown.craft,
        "price_from": money(listing.price_cents),
        "price_to": money(listing.price_max_cents),
        "is_reduced": shown.was_cents is not None,
        "is_made_to_order": listing.is_made_to_order,
        "is_one_of_a_kind": listing.is_one_of_a_kind,
        "in_stock": listing.is_shown and not shown.is_sold_out,
        "rating": stars(rating(listing.stars)),
        "picture": picture(cover) if cover else None,
        "published_at": listing.published_at,
    }


def whole_product(shown: ProductShown) -> Answer:
    """Tell all of a piece; no query."""
    product, variants = shown.product, shown.product.sellable
    pictures = [picture(each) for each in shown.pictures]
    prices = [variant.price_cents for variant in variants] or [0]
    return {
        "slug": product.slug,
        "url": absolute(product.url),
        "title": product.title,
        "maker": {"slug": product.maker.slug, "name": product.maker.name},
        "craft": product.craft,
        "price_from": money(min(prices)),
        "price_to": money(max(prices)),
        "is_reduced": any((each.was_cents or 0) > each.price_cents for each in variants),
        "is_made_to_order": product.is_made_to_order,
        "is_one_of_a_kind": product.is_one_of_a_kind,
        "in_stock": any(_can_be_ordered(product, each) for each in variants),
        "rating": stars(rating(product.listing.stars)),
        "picture": pictures[0] if pictures else None,
        "published_at": product.published_at,
    } | _details(shown, variants, pictures)


def _can_be_ordered(product: Product, variant: Variant) -> bool:
    return standing_of(product, variant) in {"made", "few", "ready"}


def _details(shown: ProductShown, variants: list[Variant], pictures: list[Answer]) -> Answer:
    product = shown.product
    days = sorted((product.making_days_min, product.making_days_max))
    return {
        "is_on_sale": product.status == Product.LIVE and product.maker.is_open,
        "description": product.description,
        "material": product.material,
        "category": product.category.slug,
        "options": [_axis(axis) for axis in product.options],
        "variants": [_variant(product, each) for each in variants],
        "pictures": pictures,
        "personal_fields": [_question(each) for each in shown.fields],
        "delivery": delivery(product.maker),
        "making": (
            {"days_min": days[0], "days_max": days[1]} if product.is_made_to_order else None
        ),
    }


def _axis(axis: dict[str, Any]) -> Answer:
    values = [{"value": value, "label": value_label(axis, value)} for value in axis["values"]]
    return {"name": axis["name"], "label": axis_label(axis["name"]), "values": values}


def _variant(product: Product, variant: Variant) -> Answer:
    can_be_ordered = _can_be_ordered(product, variant)
    is_reduced = (variant.was_cents or 0) > variant.price_cents
    return {
        "sku": variant.sku,
        "url": absolute(variant.url),
        "title": variant.title,
        "options": variant.options,
        "price": money(variant.price_cents),
        "was": money(variant.was_cents or 0) if is_reduced else None,
        "available": min(variant.available, QUANTITY_MAX) if can_be_ordered else 0,
        "available_is_at_least": can_be_ordered and variant.available >= QUANTITY_MAX,
    }


def _question(asked: PersonalField) -> Answer:
    choices = [
        {"value": each["value"], "label": in_language(each["value"], each.get("value_pt", ""))}
        for each in asked.choices
    ]
    return {
        "label": asked.label,
        "kind": asked.kind,
        "is_required": asked.is_required,
        "length_max": asked.length_max,
        "choices": choices,
        "extra": money(asked.extra_cents),
    }


def delivery(maker: Maker) -> Answer:
    abroad = maker.delivery_abroad_cents
    return {
        "home": money(maker.delivery_cents),
        "abroad": None if abroad is None else money(abroad),
        "posts_within_days": maker.posts_within_days,
        "allows_collection": maker.allows_collection,
    }


def maker_card(maker: Maker) -> Answer:
    return {
        "slug": maker.slug,
        "url": absolute(maker.url),
        "name": maker.name,
        "place": maker.place,
        "craft": maker.craft,
        "quote": maker.quote_words,
    }


def whole_maker(maker: Maker, ratings: tuple[Rating, Rating]) -> Answer:
    wide = maker.wide_picture
    own, pieces = ratings
    return maker_card(maker) | {
        "story": maker.story_words,
        "announcement": maker.announcement_words,
        "policies": maker.policies_words,
        "delivery": delivery(maker),
        "rating": stars(own),
        "piece_rating": stars(pieces),
        "picture": picture(wide) if wide else None,
        "products": absolute(f"{reverse('api:products')}?maker={maker.slug}"),
        "reviews": absolute(reverse("api:maker_reviews", args=[maker.slug])),
    }


def kind(category: Category) -> Answer:
    return {
        "slug": category.slug,
        "url": absolute(category.url),
        "name": category.name,
        "blurb": category.blurb,
    }


def tree(categories: list[Category]) -> list[Answer]:
    """Tell the crafts, each with the kinds below it, in their order."""
    below: dict[int | None, list[Category]] = {}
    for each in categories:
        below.setdefault(each.parent_id, []).append(each)
    return [
        kind(craft)
        | {"craft": craft.craft, "children": [kind(each) for each in below.get(craft.pk, [])]}
        for craft in below.get(None, [])
    ]


def review(shown: ReviewShown, product_slug: str) -> Answer:
    said = shown.review
    return {
        "uuid": said.uuid,
        "product": product_slug,
        "stars": said.stars,
        "title": said.title,
        "words": said.words,
        "language": said.language,
        "author": said.author_name,
        "variant": said.variant_title,
        "written_at": said.written_at,
        "helpful_count": said.helpful_count,
        "reply": {"words": said.reply, "at": said.replied_at} if said.reply else None,
        "pictures": [picture(each) for each in shown.pictures],
    }


def found(text: Understood, counted: Counted, filters: Filters) -> Answer:
    """Tell how many pieces a search found, and each facet's first values with their numbers."""
    return {
        "searched": text.text,
        "is_respelled": text.respelled,
        "count": counted.total,
        "count_is_about": counted.is_about,
        "facets": [
            {
                "name": name,
                "values": [
                    {"value": each.value, "label": _label(name, each), "count": each.count}
                    for each in shown_values(counted, filters, name)
                ],
            }
            for name in FACETS
        ],
    }


def _label(facet: str, value: Value) -> str:
    return str(Craft(value.value).label) if facet == "craft" else value.name

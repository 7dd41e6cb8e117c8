"""Quotes: what pieces cost, delivered, and when they arrive. The same sums for page and order."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Coalesce

from accounts.models import Maker
from catalog.models import QUANTITY_MAX, Picture, Variant
from catalog.personal import Answers, Said, answers_again, said
from catalog.promises import MadeBetween, Promise, made_between, promise, week_full_words
from makers_market.core.countries import HOME
from makers_market.core.money import share, vat_within
from orders.models import Basket, BasketLine, Shipment

DELIVERY_VAT_BASIS_POINTS = 2300


@dataclass(frozen=True)
class Wish:
    """Some pieces of a variant; `seen_cents` is the unit price the shopper last saw.

    `personal` are the answers that were given with it, as catalog.personal keeps them.
    """

    variant: Variant
    quantity: int
    seen_cents: int
    line_id: int = 0
    personal: list[dict[str, Any]] = field(default_factory=list)


def picture_of(variant: Variant) -> Picture | None:
    """Give the picture that shows the chosen option, else the piece's first."""
    pictures = list(variant.product.pictures.all())
    chosen = set(variant.options.values())
    return next((p for p in pictures if p.shows in chosen), pictures[0] if pictures else None)


def wish_of(line: BasketLine, variant: Variant) -> Wish:
    return Wish(variant, line.quantity, line.seen_price_cents, line.pk, line.personal)


@dataclass
class QuotedLine:
    """A wish with its price; amounts in cents, VAT included.

    `taken_before` pieces of the same variant, or of the same maker's week, are in lines above.
    """

    wish: Wish
    at: datetime
    taken_before: int = 0

    @cached_property
    def answers(self) -> Answers | None:
        """The shopper's answers by the questions of today; None when they no longer fit."""
        return answers_again(self.variant.product.personal_fields.all(), self.wish.personal)

    @property
    def is_stale(self) -> bool:
        return self.answers is None

    @property
    def personal(self) -> list[Said]:
        """The shopper's answers in the reader's language, those that no longer fit too."""
        return said(self.wish.personal if self.answers is None else self.answers.rows)

    @property
    def made(self) -> MadeBetween | None:
        """When a piece made to order leaves its maker; None for one from stock."""
        product = self.variant.product
        return made_between(product, at=self.at) if product.is_made_to_order else None

    @property
    def week_full_words(self) -> str:
        return week_full_words(self.variant.product.maker, at=self.at)

    @property
    def id(self) -> int:
        return self.wish.line_id

    @property
    def variant(self) -> Variant:
        return self.wish.variant

    @property
    def quantity(self) -> int:
        return self.wish.quantity

    @property
    def product_title(self) -> str:
        return self.variant.product.title

    @property
    def variant_title(self) -> str:
        return self.variant.title

    @property
    def url(self) -> str:
        return self.variant.url

    @property
    def picture(self) -> Picture | None:
        return picture_of(self.variant)

    @property
    def unit_cents(self) -> int:
        return self.variant.price_cents + (self.answers.extra_cents if self.answers else 0)

    @property
    def total_cents(self) -> int:
        return self.unit_cents * self.quantity

    @property
    def vat_cents(self) -> int:
        return vat_within(self.total_cents, self.variant.product.vat_basis_points)

    @property
    def commission_cents(self) -> int:
        return share(self.total_cents, settings.COMMISSION_BASIS_POINTS)

    @property
    def is_for_sale(self) -> bool:
        product = self.variant.product
        is_on_sale = product.status == product.LIVE and product.maker.is_open
        return self.variant.is_offered and is_on_sale

    @property
    def quantity_max(self) -> int:
        if not self.is_for_sale:
            return 0
        bound = self.variant.bound
        return (
            QUANTITY_MAX if bound is None else min(QUANTITY_MAX, max(bound - self.taken_before, 0))
        )

    @property
    def is_orderable(self) -> bool:
        return not self.is_short and not self.is_stale

    @property
    def price_has_changed(self) -> bool:
        return self.wish.seen_cents != self.unit_cents

    @property
    def is_short(self) -> bool:
        return self.quantity > self.quantity_max


@dataclass
class QuotedParcel:
    """One maker's pieces with their delivery; `ships` is False where the maker cannot post."""

    maker: Maker
    lines: list[QuotedLine]
    country: str
    method: str
    at: datetime
    position: int = 0

    @property
    def ships(self) -> bool:
        return self.maker.delivery_cents_to(self.country) is not None

    @cached_property
    def promise(self) -> Promise:
        return promise(
            self.maker,
            self.country,
            at=self.at,
            is_collection=self.method == Shipment.COLLECTION,
            made_by=self.made_by,
        )

    @property
    def made_by(self) -> date | None:
        """The day by which the last of its made-to-order pieces is made; None without any."""
        return max((line.made.ships_by for line in self.lines if line.made), default=None)

    @property
    def arrives_from(self) -> date:
        return self.promise.arrives_from

    @property
    def arrives_to(self) -> date:
        return self.promise.arrives_to

    @property
    def items_cents(self) -> int:
        return sum(line.total_cents for line in self.lines)

    @property
    def delivery_cents(self) -> int:
        if self.method == Shipment.COLLECTION:
            return 0
        return self.maker.delivery_cents_to(self.country) or 0

    @property
    def delivery_vat_cents(self) -> int:
        return vat_within(self.delivery_cents, DELIVERY_VAT_BASIS_POINTS)

    @property
    def total_cents(self) -> int:
        return self.items_cents + self.delivery_cents

    @property
    def pieces_count(self) -> int:
        return sum(line.quantity for line in self.lines)


@dataclass
class Quote:
    """Parcels by maker in the order their first piece was added; amounts in cents."""

    country: str
    parcels: list[QuotedParcel]

    @property
    def lines(self) -> list[QuotedLine]:
        return [line for parcel in self.parcels for line in parcel.lines]

    @property
    def pieces_count(self) -> int:
        return sum(parcel.pieces_count for parcel in self.parcels)

    @property
    def makers_count(self) -> int:
        return len(self.parcels)

    @property
    def parcels_count(self) -> int:
        return len(self.parcels)

    @property
    def items_cents(self) -> int:
        return sum(parcel.items_cents for parcel in self.parcels)

    @property
    def delivery_cents(self) -> int:
        return sum(parcel.delivery_cents for parcel in self.parcels)

    @property
    def total_cents(self) -> int:
        return self.items_cents + self.delivery_cents

    @property
    def vat_cents(self) -> int:
        goods = sum(line.vat_cents for line in self.lines)
        return goods + sum(parcel.delivery_vat_cents for parcel in self.parcels)

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.parcels) and all(
            parcel.ships and all(line.is_orderable for line in parcel.lines)
            for parcel in self.parcels
        )

    @property
    def thumbnails(self) -> list[Picture]:
        return [line.picture for line in self.lines[:4] if line.picture]


def quote(
    wishes: Iterable[Wish], country: str, *, at: datetime, methods: Mapping[int, str] | None = None
) -> Quote:
    """Price wishes as parcels; `methods` maps a maker's id to the chosen way of delivery."""
    by_maker: dict[int, list[Wish]] = {}
    for wish in wishes:
        by_maker.setdefault(wish.variant.product.maker_id, []).append(wish)
    parcels = [
        QuotedParcel(
            maker=group[0].variant.product.maker,
            lines=_lines(group, at),
            country=country,
            method=_method(group[0].variant.product.maker, methods or {}),
            at=at,
            position=position,
        )
        for position, group in enumerate(by_maker.values(), start=1)
    ]
    return Quote(country, parcels)


def _lines(group: list[Wish], at: datetime) -> list[QuotedLine]:
    """Give one maker's lines; those of one variant, or of one week, share what there is."""
    taken: Counter[object] = Counter()
    lines = []
    for wish in group:
        product = wish.variant.product
        pool: object = "week" if product.is_made_to_order else wish.variant.pk
        lines.append(QuotedLine(wish, at, taken[pool]))
        taken[pool] += wish.quantity
    return lines


def _method(maker: Maker, methods: Mapping[int, str]) -> str:
    wished = methods.get(maker.pk, Shipment.TRACKED)
    return wished if wished != Shipment.COLLECTION or maker.allows_collection else Shipment.TRACKED


def quote_basket(
    basket: Basket | None, *, at: datetime, methods: Mapping[int, str] | None = None
) -> Quote:
    """Price a basket in three queries, whatever its size."""
    if basket is None:
        return Quote(HOME, [])
    lines = (
        BasketLine.objects.filter(basket=basket)
        .select_related(
            "variant__stock", "variant__product__maker__workload", "variant__product__category"
        )
        .prefetch_related("variant__product__pictures", "variant__product__personal_fields")
    )
    return quote(
        [wish_of(line, line.variant) for line in lines], basket.country, at=at, methods=methods
    )


def asked_variant(sku: str) -> Variant:
    """Load a variant that was just for sale, with its piece's questions and pictures."""
    variants = Variant.objects.select_related("stock", "product__maker__workload")
    return variants.prefetch_related("product__pictures", "product__personal_fields").get(sku=sku)


def count_pieces(basket: Basket | None) -> int:
    """Count the pieces in a basket, for the header."""
    if basket is None:
        return 0
    return int(basket.lines.aggregate(count=Coalesce(Sum("quantity"), 0))["count"])

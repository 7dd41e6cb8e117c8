"""Quotes: what pieces cost, delivered, and when they arrive. The same sums for page and order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.db.models import Prefetch, Sum
from django.db.models.functions import Coalesce

from accounts.models import Maker
from catalog.models import QUANTITY_MAX, Picture, Variant
from catalog.promises import Promise, promise
from makers_market.core.countries import HOME
from makers_market.core.money import share, vat_within
from orders.models import Basket, BasketLine, Shipment

DELIVERY_VAT_BASIS_POINTS = 2300


@dataclass(frozen=True)
class Wish:
    """Some pieces of a variant; `seen_cents` is the unit price the shopper last saw."""

    variant: Variant
    quantity: int
    seen_cents: int
    line_id: int = 0


@dataclass
class QuotedLine:
    """A wish with its price; amounts in cents, VAT included."""

    wish: Wish

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
        """The picture that shows the chosen option, else the product's first."""
        pictures = list(self.variant.product.pictures.all())
        chosen = set(self.variant.options.values())
        return next((p for p in pictures if p.shows in chosen), pictures[0] if pictures else None)

    @property
    def unit_cents(self) -> int:
        return self.variant.price_cents

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
        return product.status == product.LIVE and product.maker.is_open

    @property
    def quantity_max(self) -> int:
        return min(QUANTITY_MAX, self.variant.available if self.is_for_sale else 0)

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
            self.maker, self.country, at=self.at, is_collection=self.method == Shipment.COLLECTION
        )

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
            parcel.ships and not any(line.is_short for line in parcel.lines)
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
            lines=[QuotedLine(wish) for wish in group],
            country=country,
            method=_method(group[0].variant.product.maker, methods or {}),
            at=at,
            position=position,
        )
        for position, group in enumerate(by_maker.values(), start=1)
    ]
    return Quote(country, parcels)


def _method(maker: Maker, methods: Mapping[int, str]) -> str:
    wished = methods.get(maker.pk, Shipment.TRACKED)
    return wished if wished != Shipment.COLLECTION or maker.allows_collection else Shipment.TRACKED


def quote_basket(
    basket: Basket | None, *, at: datetime, methods: Mapping[int, str] | None = None
) -> Quote:
    """Price a basket in two queries, whatever its size."""
    if basket is None:
        return Quote(HOME, [])
    lines = (
        BasketLine.objects.filter(basket=basket)
        .select_related("variant__stock", "variant__product__maker", "variant__product__category")
        .prefetch_related(Prefetch("variant__product__pictures"))
    )
    wishes = [Wish(x.variant, x.quantity, x.seen_price_cents, x.pk) for x in lines]
    return quote(wishes, basket.country, at=at, methods=methods)


def count_pieces(basket: Basket | None) -> int:
    """Count the pieces in a basket, for the header."""
    if basket is None:
        return 0
    return int(basket.lines.aggregate(count=Coalesce(Sum("quantity"), 0))["count"])

"""What a workshop has, loaded for a whole sheet in few queries, and how a sheet says it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import ShopSection
from catalog.drafts import fingerprint, words_of
from catalog.models import Category, Product, ProductSlug, Revision, Term, Variant
from catalog.sheets.columns import COLUMNS

AT_ONCE = 100
TERM_COLUMNS = {"materials": Term.MATERIAL, "colours": Term.COLOUR}
SEPARATOR = "|"


@dataclass(frozen=True)
class Shelves:
    """The words a sheet has for categories, sections of the shop, materials and colours."""

    categories: dict[int, str]
    sections: dict[int, str]
    terms: dict[tuple[str, str], int]

    def category_id(self, slug: str) -> int | None:
        return next((pk for pk, known in self.categories.items() if known == slug), None)

    def section_id(self, name: str) -> int | None:
        return next((pk for pk, known in self.sections.items() if known == name), None)


def shelves_of(maker_id: int) -> Shelves:
    """Load the shelves of a workshop, in three queries."""
    sections = ShopSection.objects.filter(maker=maker_id).values_list("pk", "name_en")
    terms = Term.objects.values_list("kind", "slug", "pk")
    return Shelves(
        dict(Category.objects.values_list("pk", "slug")),
        {pk: name.strip() for pk, name in sections},
        {(kind, slug): pk for kind, slug, pk in terms},
    )


@dataclass(frozen=True)
class Piece:
    """A piece as its maker left it, and the rows that say it."""

    product: Product
    words: dict[str, Any]
    rows: list[dict[str, str]]

    @property
    def variants(self) -> list[Variant]:
        return self.product.sellable

    @property
    def seen(self) -> str:
        """Name this state, stock apart: an import finds out what changed since it was checked."""
        product = self.product
        terms = sorted(term.pk for term in product.terms.all())
        making = [
            product.is_made_to_order, product.making_days_min, product.making_days_max,
            product.is_one_of_a_kind,
        ]  # fmt: skip
        versions = [
            [each.sku, each.options, each.price_cents, each.is_offered]
            for each in product.variants.all()
        ]
        return fingerprint([self.words, terms, making, product.options, versions])


@dataclass(frozen=True)
class Known:
    """What a sheet may name: the workshop's pieces by handle, and what is taken by others."""

    shelves: Shelves
    pieces: dict[str, Piece] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    # Numbers (SKUs) in use anywhere → the piece that has it.
    numbers: dict[str, int] = field(default_factory=dict)


def known_of(
    maker_id: int, shelves: Shelves, handles: Iterable[str], numbers: Iterable[str]
) -> Known:
    """Load what these handles and numbers mean to a workshop, in nine queries."""
    handles = set(handles)
    pieces = {
        each.product.slug: each
        for each in pieces_in(Product.objects.filter(maker=maker_id, slug__in=handles), shelves)
    }
    taken = set(Product.objects.filter(slug__in=handles).values_list("slug", flat=True))
    taken |= set(ProductSlug.objects.filter(slug__in=handles).values_list("slug", flat=True))
    used = Variant.objects.filter(sku__in=set(numbers)).values_list("sku", "product_id")
    return Known(shelves, pieces, frozenset(taken - set(pieces)), dict(used))


def all_rows(maker_id: int) -> Iterator[dict[str, str]]:
    """Give every piece of a workshop row by row, a hundred pieces in memory at a time."""
    shelves = shelves_of(maker_id)
    keys = Product.objects.filter(maker=maker_id).order_by("pk").values_list("pk", flat=True)
    for some in batched(list(keys), AT_ONCE):
        for piece in pieces_in(Product.objects.filter(pk__in=some), shelves):
            yield from piece.rows


def pieces_in(products: QuerySet[Product], shelves: Shelves) -> Iterator[Piece]:
    """Load pieces as they were left, in four queries however many there are."""
    waiting = Prefetch("revisions", Revision.objects.waiting(), to_attr="changes_waiting")
    variants = Prefetch("variants", Variant.objects.select_related("stock"))
    for product in products.order_by("pk").prefetch_related(waiting, variants, "terms"):
        words = words_of(product)
        for revision in product.changes_waiting:
            words |= revision.fields
        yield Piece(product, words, _rows(product, words, shelves))


def _rows(product: Product, words: dict[str, Any], shelves: Shelves) -> list[dict[str, str]]:
    """Say a piece: its words stand in its first row, what differs by version in each."""
    said = _said(product, words, shelves)
    rows: list[dict[str, str]] = [_version(product, each) for each in product.sellable] or [{}]
    return [
        {"handle": product.slug} | (said if number == 0 else {}) | row
        for number, row in enumerate(rows)
    ]


def _said(product: Product, words: dict[str, Any], shelves: Shelves) -> dict[str, str]:
    texts = {name: str(value) for name, value in words.items() if name in COLUMNS}
    terms = list(product.terms.all())
    lists = {
        column: SEPARATOR.join(sorted(term.slug for term in terms if term.kind == kind))
        for column, kind in TERM_COLUMNS.items()
    }
    return texts | lists | {
        "status": product.status,
        "category": shelves.categories.get(words["category_id"], ""),
        "section": shelves.sections.get(words["section_id"], ""),
        "made_to_order": _yes(product.is_made_to_order),
        "making_days_min": str(product.making_days_min),
        "making_days_max": str(product.making_days_max),
        "one_of_a_kind": _yes(product.is_one_of_a_kind),
    }  # fmt: skip


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _version(product: Product, variant: Variant) -> dict[str, str]:
    row = {}
    for number, axis in enumerate(product.options, 1):
        value = variant.options.get(axis["name"], "")
        row[f"option{number}_name"] = axis["name"]
        row[f"option{number}_value"] = value
        row[f"option{number}_value_pt"] = _portuguese(axis, value)
    on_hand = str(variant.stock.on_hand)
    euros, cents = divmod(variant.price_cents, 100)
    price = f"{euros}.{cents:02}"
    return row | {"sku": variant.sku, "price": price, "stock": on_hand, "stock_seen": on_hand}


def _portuguese(axis: dict[str, Any], value: str) -> str:
    """Give the Portuguese word of a value, nothing where it is the same."""
    pairs = dict(zip(axis["values"], axis.get("values_pt", []), strict=False))
    word = str(pairs.get(value, ""))
    return "" if word == value else word

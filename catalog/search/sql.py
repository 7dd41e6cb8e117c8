"""Where pieces are looked for, in which order, and the page after a cursor; all in one statement.

Without a text the order is an index's. With one, the newest 2,000 of what was found are ranked:
ranking all of a million takes longer than anybody waits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.core import signing
from django.db import connection

from catalog.cards import Card
from catalog.models import Category
from catalog.models.listings import CARD_FIELDS
from catalog.queries import ForgedCursor
from catalog.search.filters import Filters
from catalog.search.words import Understood, language

CANDIDATES = 2_000
CURSOR_SALT = "catalog.shelf"
# Without the time of day: the same page has the same address, and the same answer its validator.
SIGNER = signing.Signer(salt=CURSOR_SALT)
PAGE = 24
# Pages that one address shows at once, appended to each other.
PAGES_MAX = 4
# A piece of two years ago counts for a third of a new one that fits as well. Its age is taken from
# a fixed day, so that the order of two pieces never changes and cursors stay true.
BEST = """(
    ln(ts_rank('{0.1, 0.3, 0.5, 1.0}', listing.words_LANGUAGE, %(query)s::tsquery)::float8 + 0.001)
    + extract(epoch FROM listing.published_at)::float8 / 63072000
    + ln(listing.rating_damped + 1))"""

# What conditions on a listing may name beside it.
BESIDE = (
    "JOIN accounts_maker AS maker ON maker.id = listing.maker_id"
    " JOIN catalog_category AS category ON category.id = listing.category_id"
)

NEWEST = "ORDER BY listing.published_at DESC, listing.product_id DESC LIMIT %(candidates)s"


@dataclass(frozen=True)
class Sort:
    """An order: by what, which way, and the type of what a cursor carries."""

    key: str
    descends: bool
    type: str

    @property
    def way(self) -> str:
        return "DESC" if self.descends else "ASC"


SORTS = {
    "best": Sort(BEST, True, "float8"),
    "new": Sort("listing.published_at", True, "timestamptz"),
    "cheap": Sort("listing.price_cents", False, "int"),
    "dear": Sort("listing.price_cents", True, "int"),
    "rated": Sort("listing.rating_damped", True, "float8"),
    "popular": Sort("listing.sold_lately", True, "int"),
    "chosen": Sort("chosen.position", False, "int"),
}
SHELF_SORTS = ("new", "popular", "rated", "cheap", "dear")
SEARCH_SORTS = ("best", *SHELF_SORTS)
COLLECTION_SORTS = ("chosen", *SHELF_SORTS)


@dataclass(frozen=True)
class Scope:
    """Where to look: on a shelf, in a workshop, in a collection, below a price; else everywhere.

    A craft's shelf includes those below it; `price_below` is in cents.
    """

    category: Category | None = None
    maker_id: int | None = None
    section_id: int | None = None
    collection_id: int | None = None
    price_below: int | None = None
    text: Understood | None = None

    @property
    def sorts(self) -> tuple[str, ...]:
        """Give the orders to choose from; the first holds unless another is chosen."""
        if self.text is not None:
            return SEARCH_SORTS
        return COLLECTION_SORTS if self.collection_id else SHELF_SORTS

    @property
    def source(self) -> str:
        """Give the listings of this place, with what names it, in SQL."""
        joined = ["catalog_listing AS listing"]
        if self.collection_id:
            joined.append(
                "JOIN catalog_collectionpiece AS chosen ON chosen.product_id = listing.product_id"
                " AND chosen.collection_id = %(collection)s"
            )
        if self.section_id:
            joined.append(
                "JOIN catalog_product AS product ON product.id = listing.product_id"
                " AND product.section_id = %(section)s"
            )
        return " ".join(joined)

    @property
    def tables(self) -> str:
        return f"{self.source} {BESIDE}"

    @property
    def own_conditions(self) -> list[str]:
        """Give what a listing of this place answers to by itself, without its maker."""
        wished = [
            "listing.is_shown",
            "NOT (listing.is_one_of_a_kind AND listing.available <= 0)",
        ]
        if self.category and self.category.parent_id is None:
            # The craft names the index that has the order; the shelf names the pieces.
            wished.append("listing.craft = %(shelf_craft)s")
            # Wrapped: PostgreSQL would take the kinds for a choice as narrow again as their craft,
            # expect few pieces and read them all instead of the newest.
            wished.append(
                "coalesce(listing.category_id = ANY (ARRAY(SELECT id FROM catalog_category"
                " WHERE %(shelf)s IN (id, parent_id))), false)"
            )
        elif self.category:
            wished.append("listing.category_id = %(shelf)s")
        if self.maker_id:
            wished.append("listing.maker_id = %(workshop)s")
        if self.price_below:
            wished.append("listing.price_cents < %(price_below)s")
        if self.text is not None:
            wished.append(f"listing.words_{language()} @@ %(query)s::tsquery")
        return wished

    @property
    def conditions(self) -> list[str]:
        return [*self.own_conditions, "maker.is_open"]

    def values(self) -> dict[str, Any]:
        return {
            "shelf": self.category.pk if self.category else None,
            "shelf_craft": self.category.craft if self.category else None,
            "workshop": self.maker_id,
            "section": self.section_id,
            "collection": self.collection_id,
            "price_below": self.price_below,
            "query": self.text.query if self.text else None,
        }


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the last piece's key in an order, its id, and how many came before."""

    sort: str
    key: Any
    pk: int
    seen: int

    def __str__(self) -> str:
        key = self.key.isoformat() if isinstance(self.key, datetime) else self.key
        return SIGNER.sign_object([self.sort, key, self.pk, self.seen])


def read_cursor(text: str, *, sort: str) -> Cursor | None:
    """Read a cursor for an order, None for no text; raises ForgedCursor."""
    if not text:
        return None
    try:
        cursor = Cursor(*SIGNER.unsign_object(text))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise ForgedCursor from error
    if cursor.sort != sort:
        raise ForgedCursor
    return cursor


@dataclass(frozen=True)
class Rows:
    """Some pages of pieces as cards, and where the next page begins."""

    cards: list[Card]
    next: Cursor | None


def read_rows(
    scope: Scope,
    filters: Filters,
    *,
    after: Cursor | None = None,
    size: int = PAGE,
    candidates: str = "",
) -> Rows:
    """Give the pieces that follow a cursor, in one query that costs the same at any depth.

    `candidates` are the ids of all that fit a text, as Counted has them: it is not searched again.
    """
    name = filters.sort or scope.sorts[0]
    values = scope.values() | filters.values() | {"size": size + 1, "candidates": CANDIDATES}
    values["found"] = candidates
    if after:
        values |= {"after_key": after.key, "after_pk": after.pk}
    statement = _shelved if scope.text is None else _searched
    with connection.cursor() as cursor:
        cursor.execute(statement(scope, filters, SORTS[name], values), values)
        found = cursor.fetchall()
    cards = [card_of(row) for row in found[:size]]
    if len(found) <= size:
        return Rows(cards, None)
    seen = (after.seen if after else 0) + size
    return Rows(cards, Cursor(name, found[size - 1][-1], cards[-1].pk, seen))


CARD_COLUMNS = ", ".join(f"listing.{name}" for name in ("product_id", *CARD_FIELDS))


def _shelved(scope: Scope, filters: Filters, sort: Sort, values: Mapping[str, Any]) -> str:
    where = " AND ".join([*scope.conditions, *filters.conditions().values()])
    after = f" AND {_beyond(sort.key, 'listing', sort)}" if "after_key" in values else ""
    return (
        f"SELECT {CARD_COLUMNS}, maker.name, maker.slug, {sort.key} FROM {scope.tables}"  # noqa: S608
        f" WHERE {where}{after} {_order(sort.key, 'listing', sort)} LIMIT %(size)s"
    )


def _searched(scope: Scope, filters: Filters, sort: Sort, values: Mapping[str, Any]) -> str:
    """Rank the candidates; the cards' own columns are read for those that are shown alone."""
    after = f"WHERE {_beyond('key', 'candidate', sort)}" if "after_key" in values else ""
    wished = list(filters.conditions().values())
    if values["found"]:
        tables = f"{scope.source} {BESIDE if wished else ''}"
        where, newest = ["listing.product_id = ANY (%(found)s::bigint[])", *wished], ""
    else:
        tables, where, newest = scope.tables, [*scope.conditions, *wished], NEWEST
    return f"""
        WITH candidate AS MATERIALIZED (
            SELECT listing.product_id, {sort.key.replace("LANGUAGE", language())} AS key
            FROM {tables} WHERE {" AND ".join(where)} {newest}
        ), shown AS MATERIALIZED (
            SELECT * FROM candidate {after} {_order("key", "candidate", sort)} LIMIT %(size)s
        )
        SELECT {CARD_COLUMNS}, maker.name, maker.slug, shown.key
        FROM shown JOIN catalog_listing AS listing USING (product_id)
        JOIN accounts_maker AS maker ON maker.id = listing.maker_id
        {_order("shown.key", "shown", sort)}"""  # noqa: S608


def _beyond(key: str, table: str, sort: Sort) -> str:
    """Keep what comes after a cursor in an order."""
    beyond = "<" if sort.descends else ">"
    return f"({key}, {table}.product_id) {beyond} (%(after_key)s::{sort.type}, %(after_pk)s)"


def _order(key: str, table: str, sort: Sort) -> str:
    return f"ORDER BY {key} {sort.way}, {table}.product_id {sort.way}"


def card_of(row: tuple[Any, ...]) -> Card:
    """Make a card of CARD_COLUMNS, the maker's name and slug, and one column that it leaves out.

    Without making models of it, which takes longer than reading it. Django leaves JSON in raw
    rows as text.
    """
    pk, *columns, name, slug, _other = row
    said = dict(zip(CARD_FIELDS, columns, strict=True))
    said["card"] = json.loads(said["card"])
    return Card(SimpleNamespace(pk=pk, maker=SimpleNamespace(name=name, slug=slug), **said))

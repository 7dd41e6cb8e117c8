"""Facets: what one may choose on a shelf, each value with its number of pieces, in one query.

A facet's own choice does not count for its own numbers: choosing a second colour widens. Above
2,000 pieces only the newest 2,000 are counted, and the numbers are said to be about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from catalog.models import in_language
from catalog.search.filters import MADE, RATED, STOCK, Filters
from catalog.search.sql import BESIDE, CANDIDATES, Scope

# Values that a facet shows at most; those that are chosen are always among them. Makers may be
# thousands: so many are read, for one of them may be what was searched for.
VALUES_MAX, MAKERS_MAX = 12, 60
FACETS = ("craft", "type", "material", "colour", "place", "maker")
OTHERS = ("price", "ready", "sale", "rating")
PLACE_SLUG = """trim(BOTH '-' FROM regexp_replace(
    lower(unaccent(split_part(maker.place, ',', 1))), '[^a-z0-9]+', '-', 'g'))"""

# Each row: facet, value, number of pieces, name, name in Portuguese, what it is shown with. The
# newest listings come first, alone; what stands beside them is joined to those that are left. They
# are looked at twice: once for the numbers of all, once for those by kind, by maker and by each set
# of materials and of colours, which are few.
COUNT = """
WITH listing AS MATERIALIZED (
    SELECT listing.product_id, listing.craft, listing.category_id, listing.maker_id, listing.place,
        listing.materials, listing.colours, listing.available, listing.is_made_to_order,
        listing.is_reduced, listing.rating_count, listing.stars, listing.price_cents,
        listing.price_max_cents
    FROM {source} WHERE {own}
    ORDER BY listing.published_at DESC, listing.product_id DESC LIMIT %(counted)s
), candidate AS MATERIALIZED (
    SELECT listing.product_id, listing.category_id, listing.maker_id, listing.place,
        listing.materials, listing.colours, {stock} AS stock, {made} AS made,
        listing.is_reduced AS sale, {rated} AS rating, {misses} AS misses, {flags}
    FROM listing {beside} WHERE maker.is_open
), every AS MATERIALIZED (
    SELECT (SELECT count(*) FROM listing) AS pieces, count(*) FILTER (WHERE misses = 0) AS fitting,
        count(*) FILTER (WHERE {ready} AND stock) AS stock,
        count(*) FILTER (WHERE {ready} AND made) AS made,
        count(*) FILTER (WHERE {sale} AND sale) AS sale,
        count(*) FILTER (WHERE {rating} AND rating) AS rating
    FROM candidate
), counted AS MATERIALIZED (
    SELECT CASE GROUPING(category_id, maker_id, materials, colours)
            WHEN 7 THEN 'category' WHEN 11 THEN 'maker' WHEN 13 THEN 'material' ELSE 'colour'
        END AS by,
        category_id, maker_id, place, materials, colours,
        count(*) FILTER (WHERE misses = 0) AS fitting, count(*) FILTER (WHERE {craft}) AS craft,
        count(*) FILTER (WHERE {type}) AS type, count(*) FILTER (WHERE {maker}) AS maker,
        count(*) FILTER (WHERE {place}) AS of_place, count(*) FILTER (WHERE {material}) AS material,
        count(*) FILTER (WHERE {colour}) AS colour
    FROM candidate
    GROUP BY GROUPING SETS ((category_id), (maker_id, place), (materials), (colours))
)
SELECT 'total', '', fitting::int, '', '', pieces::text FROM every
UNION ALL
SELECT 'makers', '', count(DISTINCT maker_id)::int, '', '', '' FROM counted
WHERE by = 'maker' AND fitting > 0
UNION ALL
SELECT 'craft', category.craft, sum(counted.craft)::int, '', '', ''
FROM counted JOIN catalog_category AS category ON category.id = counted.category_id
WHERE by = 'category' AND counted.craft > 0 GROUP BY category.craft
UNION ALL
SELECT 'type', category.slug, counted.type::int, category.name_en, category.name_pt,
    coalesce(category.parent_id, 0)::text
FROM counted JOIN catalog_category AS category ON category.id = counted.category_id
WHERE by = 'category' AND counted.type > 0
UNION ALL
(SELECT 'maker', maker.slug, sum(counted.maker)::int AS number, maker.name, '', maker.place
FROM counted JOIN accounts_maker AS maker ON maker.id = counted.maker_id
WHERE by = 'maker' AND counted.maker > 0 GROUP BY maker.id
ORDER BY maker.slug = ANY (%(maker)s) DESC, number DESC, maker.name LIMIT %(makers)s)
UNION ALL
SELECT 'place', counted.place, sum(of_place)::int, min(split_part(maker.place, ',', 1)), '', ''
FROM counted JOIN accounts_maker AS maker ON maker.id = counted.maker_id
WHERE by = 'maker' AND of_place > 0 AND counted.place <> '' GROUP BY counted.place
UNION ALL
SELECT term.kind, term.slug, sum(told.count)::int, term.name_en, term.name_pt, term.swatch
FROM (
    SELECT by AS kind, unnest(materials) AS slug, material AS count FROM counted
    WHERE by = 'material'
    UNION ALL
    SELECT by, unnest(colours), colour FROM counted WHERE by = 'colour'
) AS told JOIN catalog_term AS term ON term.kind = told.kind AND term.slug = told.slug
WHERE told.count > 0 GROUP BY term.id
UNION ALL
SELECT unnest(ARRAY['stock', 'made', 'sale', 'rating']), '1',
    unnest(ARRAY[stock, made, sale, rating])::int, '', '', '' FROM every
"""
# The names of what is chosen, for it may stand on no piece that is left.
NAME = """
UNION ALL
SELECT kind, slug, 0, name_en, name_pt, swatch FROM catalog_term
WHERE kind = 'material' AND slug = ANY (%(material)s) OR kind = 'colour' AND slug = ANY (%(colour)s)
UNION ALL
SELECT 'type', slug, 0, name_en, name_pt, coalesce(parent_id, 0)::text FROM catalog_category
WHERE slug = ANY (%(type)s)
UNION ALL
SELECT 'maker', slug, 0, name, '', place FROM accounts_maker
WHERE is_open AND slug = ANY (%(maker)s)
"""
NAME_PLACE = """
UNION ALL
SELECT 'place', {slug}, 0, min(split_part(maker.place, ',', 1)), '', ''
FROM accounts_maker AS maker WHERE maker.is_open GROUP BY 2 HAVING {slug} = ANY (%(place)s)
"""
# What a search goes on with.
FOUND = """
UNION ALL
SELECT 'found', '', 0, coalesce(array_agg(product_id)::text, ''), '', '' FROM candidate
"""
# How many there are when only the newest were counted: at most one more than the most. 0 where
# nothing more had to be counted.
TOTAL = """
UNION ALL
SELECT 'all', '', count(*), '', '', '' FROM (
    SELECT FROM {tables} WHERE {where} LIMIT %(counted)s
) AS found
WHERE (SELECT pieces = %(counted)s AND fitting < %(counted)s FROM every)
"""


@dataclass(frozen=True)
class Value:
    """One value of a facet; `extra` is a colour's swatch, a kind's craft, a maker's place."""

    value: str
    count: int
    name_en: str
    name_pt: str
    extra: str

    @property
    def name(self) -> str:
        return in_language(self.name_en, self.name_pt)


@dataclass(frozen=True)
class Counted:
    """The numbers of a shelf: in all, how many makers, and each facet's values by number.

    `is_about` tells that there are more than were counted. `candidates` are the ids among which a
    search has all that fits, as PostgreSQL writes an array; empty where it has to look again.
    """

    total: int
    makers: int
    is_about: bool
    candidates: str = ""
    values: dict[str, list[Value]] = field(default_factory=dict)

    def of(self, facet: str, value: str = "1") -> Value | None:
        return next((each for each in self.values.get(facet, []) if each.value == value), None)


def count_facets(scope: Scope, filters: Filters) -> Counted:
    """Count a shelf and its facets in one query."""
    values = scope.values() | filters.values() | {"counted": CANDIDATES + 1, "makers": MAKERS_MAX}
    with connection.cursor() as cursor:
        cursor.execute(_statement(scope, filters), values)
        rows = cursor.fetchall()
    found: dict[str, dict[str, Value]] = {}
    for facet, *columns in rows:
        value = Value(*columns)
        kept = found.setdefault(facet, {}).get(value.value)
        if kept is None or kept.count < value.count:
            found[facet][value.value] = value
    total = found.pop("total")[""]
    makers = found.pop("makers")[""].count
    every = found.pop("all")[""].count
    ids = found.pop("found", {}).get("")
    is_about = int(total.extra) > CANDIDATES
    number = min(max(every, total.count), CANDIDATES)
    shown = {facet: _ordered(list(each.values())) for facet, each in found.items()}
    # Of those that are filtered there may be more than among the newest.
    candidates = ids.name_en if ids and not (is_about and filters) else ""
    return Counted(number, makers, is_about, candidates, shown)


def _ordered(values: Sequence[Value]) -> list[Value]:
    return sorted(values, key=lambda each: (-each.count, each.name_en))


def _statement(scope: Scope, filters: Filters) -> str:
    conditions = filters.conditions()
    flags = {name: conditions.get(name, "true") for name in (*FACETS, *OTHERS)}
    # A piece counts for a facet when it misses nothing, or only what this facet wishes.
    counts = {
        name: f"(misses = 0 OR (misses = 1 AND NOT {name}_fits))"
        if name in conditions
        else "(misses = 0)"
        for name in flags
    }
    parts = {
        "stock": STOCK,
        "made": MADE,
        "rated": RATED,
        "source": scope.source,
        "beside": BESIDE,
        "misses": " + ".join(f"(NOT {flags[name]})::int" for name in conditions) or "0",
        "flags": ", ".join(f"{condition} AS {name}_fits" for name, condition in flags.items()),
    }
    statement = COUNT.format(own=" AND ".join(scope.own_conditions), **parts, **counts)
    if scope.text is not None:
        statement += FOUND
    if filters.chosen:
        statement += NAME
    if "place" in filters.chosen:
        statement += NAME_PLACE.format(slug=PLACE_SLUG)
    everything = " AND ".join([*scope.conditions, *conditions.values()])
    return statement + TOTAL.format(tables=scope.tables, where=everything)


def shown_values(counted: Counted, filters: Filters, facet: str) -> list[Value]:
    """Give the values of a facet that a page shows: the most frequent, and all that are chosen."""
    values = counted.values.get(facet, [])
    chosen = set(filters.chosen.get(facet, ()))
    often = [each for each in values if each.count][:VALUES_MAX]
    return often + [each for each in values if each.value in chosen and each not in often]


def unknown_choices(counted: Counted, filters: Filters) -> list[Any]:
    """List the chosen values that name nothing."""
    return [
        (facet, value)
        for facet in FACETS
        if facet != "craft"
        for value in filters.chosen.get(facet, ())
        if counted.of(facet, value) is None
    ]

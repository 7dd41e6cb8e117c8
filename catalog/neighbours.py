"""What stands beside a piece: others of its maker, and pieces of other makers that are like it."""

from typing import Any

from django.db import connection

from catalog.cards import Card
from catalog.models import Product
from catalog.search.sql import CARD_COLUMNS, Scope, card_of

# How many neighbours of each kind are shown, and out of how many the similar ones are chosen.
NEIGHBOURS, CANDIDATES = 4, 48
ON_SALE = " AND ".join([*Scope().conditions, "listing.product_id <> %(piece)s"])
NEWEST = "ORDER BY listing.published_at DESC, listing.product_id DESC"
# Being of the same kind weighs more than sharing any one material or colour.
STATEMENT = f"""
WITH mine AS (
    SELECT listing.product_id, 0 AS likeness FROM {Scope().tables}
    WHERE {ON_SALE} AND listing.maker_id = %(maker)s {NEWEST} LIMIT %(neighbours)s
), candidate AS (
    (SELECT listing.product_id FROM {Scope().tables}
     WHERE {ON_SALE} AND listing.maker_id <> %(maker)s AND listing.category_id = %(category)s
     {NEWEST} LIMIT %(candidates)s)
    UNION
    (SELECT listing.product_id FROM {Scope().tables}
     WHERE {ON_SALE} AND listing.maker_id <> %(maker)s AND listing.craft = %(craft)s
     {NEWEST} LIMIT %(candidates)s)
), alike AS (
    SELECT listing.product_id,
        (listing.category_id = %(category)s)::int * 3
        + (SELECT count(*) FROM unnest(listing.materials) AS slug WHERE slug = ANY (%(materials)s))
        + (SELECT count(*) FROM unnest(listing.colours) AS slug WHERE slug = ANY (%(colours)s))
        AS likeness
    FROM candidate JOIN catalog_listing AS listing USING (product_id)
    ORDER BY likeness DESC, listing.published_at DESC, listing.product_id DESC LIMIT %(neighbours)s
)
SELECT {CARD_COLUMNS}, maker.name, maker.slug, listing.maker_id
FROM (SELECT * FROM mine UNION ALL SELECT * FROM alike) AS near
JOIN catalog_listing AS listing USING (product_id)
JOIN accounts_maker AS maker ON maker.id = listing.maker_id
ORDER BY near.likeness DESC, listing.published_at DESC, listing.product_id DESC
"""  # noqa: S608


def neighbours_of(product: Product) -> dict[str, list[Card]]:
    """Give up to four other pieces of the maker, and four of other makers that are like it.

    Like it are pieces of its kind, else of its craft, by how many materials and colours they share.
    They are looked for among the newest only: one query, which costs the same among a million.
    """
    values: dict[str, Any] = {
        "piece": product.pk,
        "maker": product.maker_id,
        "category": product.category_id,
        "craft": product.craft,
        "materials": product.listing.materials,
        "colours": product.listing.colours,
        "neighbours": NEIGHBOURS,
        "candidates": CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        rows = cursor.fetchall()
    return {
        "more": [card_of(row) for row in rows if row[-1] == product.maker_id],
        "similar": [card_of(row) for row in rows if row[-1] != product.maker_id],
    }

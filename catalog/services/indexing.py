"""The listing of a piece is written anew whenever the piece changes: the index of all searches.

How many are for sale is not written here: a trigger keeps it (catalog/migrations/0006_search.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from catalog.models import Product

BATCH = 1_000
# The Bayesian mean (C·m + Σ stars) / (C + n), https://en.wikipedia.org/wiki/Bayesian_average: a
# piece begins with C votes of the shop's mean m. One vote of five does not beat fifty of 4.8, and
# a piece that nobody has judged yet stands between the good ones and the bad ones.
USUAL_VOTES = 10
# What m is while nobody has judged anything.
USUAL_STARS = 4.0
# From the makers' counts, of which there are few; to a tenth, for rows written at different times
# must compare. `index_everything` draws all of them to the mean of the day.
SHOP_MEAN = """
SELECT round(sum(place * votes::bigint) / nullif(sum(votes::bigint), 0), 1)
FROM catalog_makerrating,
    jsonb_array_elements_text(piece_stars) WITH ORDINALITY AS counted (votes, place)
"""

LOCK = """
SELECT product_id FROM catalog_listing
WHERE product_id = ANY (%(ids)s) ORDER BY product_id FOR NO KEY UPDATE
"""
# Weights: A the title, B its shelf, materials and colours, C choices, maker and material in the
# maker's words, D the description and the title in the other language.
INDEX = """
WITH piece AS MATERIALIZED (
    SELECT product.id, product.maker_id, product.category_id, category.craft,
        product.status = 'live' AS is_shown,
        -- Words that wait for review are on no card, also of a piece that was on sale before.
        CASE WHEN product.status IN ('live', 'retired') THEN product.published_at END
            AS published_at,
        product.is_made_to_order, product.is_one_of_a_kind,
        trim(BOTH '-' FROM regexp_replace(
            lower(unaccent(split_part(maker.place, ',', 1))), '[^a-z0-9]+', '-', 'g')) AS place,
        product.title_en, coalesce(nullif(product.title_pt, ''), product.title_en) AS title_pt,
        product.description_en,
        coalesce(nullif(product.description_pt, ''), product.description_en) AS description_pt,
        concat_ws(' ', product.material, maker.name, choices.en) AS lesser_en,
        concat_ws(' ', product.material, maker.name, choices.pt) AS lesser_pt,
        concat_ws(' ', category.name_en, parent.name_en, terms.en) AS shelf_en,
        concat_ws(' ', coalesce(nullif(category.name_pt, ''), category.name_en),
            coalesce(nullif(parent.name_pt, ''), parent.name_en), terms.pt) AS shelf_pt,
        coalesce(terms.materials, '{}') AS materials, coalesce(terms.colours, '{}') AS colours,
        coalesce(offers.price_cents, 0) AS price_cents,
        coalesce(offers.price_max_cents, 0) AS price_max_cents,
        coalesce(offers.available, 0) AS available,
        coalesce(offers.is_reduced, false) AS is_reduced,
        votes.stars, votes.rating_count,
        (votes.total + %(usual_votes)s * %(usual_stars)s) / (votes.rating_count + %(usual_votes)s)
            AS rating_damped,
        jsonb_build_object(
            'slug', product.slug, 'en', product.title_en, 'pt', product.title_pt,
            'picture', picture.facts, 'was', offers.was_cents,
            'count', coalesce(offers.count, 0), 'axes', coalesce(choices.axes, '[]')) AS card
    FROM catalog_product AS product
    JOIN catalog_category AS category ON category.id = product.category_id
    LEFT JOIN catalog_category AS parent ON parent.id = category.parent_id
    JOIN accounts_maker AS maker ON maker.id = product.maker_id
    CROSS JOIN LATERAL (
        SELECT string_agg(value.en, ' ') AS en, string_agg(value.pt, ' ') AS pt,
            (SELECT jsonb_agg(jsonb_build_array(
                axis.value ->> 'name', jsonb_array_length(axis.value -> 'values')))
            FROM jsonb_array_elements(product.options) AS axis) AS axes
        FROM jsonb_array_elements(product.options) AS axis,
            ROWS FROM (
                jsonb_array_elements_text(axis.value -> 'values'),
                jsonb_array_elements_text(coalesce(axis.value -> 'values_pt', '[]'))
            ) AS value (en, pt)
    ) AS choices
    CROSS JOIN LATERAL (
        SELECT min(variant.price_cents) AS price_cents, max(variant.price_cents) AS price_max_cents,
            sum(stock.on_hand - stock.held) AS available, count(*) AS count,
            bool_or(variant.was_cents > variant.price_cents) AS is_reduced,
            (array_agg(variant.was_cents ORDER BY variant.price_cents, variant.position, variant.id)
                FILTER (WHERE variant.was_cents > variant.price_cents
                    AND variant.price_cents = cheapest.price_cents))[1] AS was_cents
        FROM catalog_variant AS variant
        LEFT JOIN catalog_stock AS stock ON stock.variant_id = variant.id
        CROSS JOIN (
            SELECT min(price_cents) AS price_cents FROM catalog_variant
            WHERE product_id = product.id AND is_offered
        ) AS cheapest
        WHERE variant.product_id = product.id AND variant.is_offered
    ) AS offers
    CROSS JOIN LATERAL (
        SELECT string_agg(term.name_en, ' ') AS en,
            string_agg(coalesce(nullif(term.name_pt, ''), term.name_en), ' ') AS pt,
            array_agg(term.slug ORDER BY term.position, term.id)
                FILTER (WHERE term.kind = 'material') AS materials,
            array_agg(term.slug ORDER BY term.position, term.id)
                FILTER (WHERE term.kind = 'colour') AS colours
        FROM catalog_product_terms AS chosen JOIN catalog_term AS term ON term.id = chosen.term_id
        WHERE chosen.product_id = product.id
    ) AS terms
    CROSS JOIN LATERAL (
        SELECT count(*) AS rating_count, coalesce(sum(review.stars), 0) AS total,
            ARRAY[
                count(*) FILTER (WHERE review.stars = 1), count(*) FILTER (WHERE review.stars = 2),
                count(*) FILTER (WHERE review.stars = 3), count(*) FILTER (WHERE review.stars = 4),
                count(*) FILTER (WHERE review.stars = 5)
            ]::int[] AS stars
        FROM catalog_review AS review
        WHERE review.product_id = product.id AND review.state = 'shown'
    ) AS votes
    LEFT JOIN LATERAL (
        SELECT jsonb_build_object(
            'digest', cover.digest, 'width', cover.width, 'height', cover.height,
            'widths', cover.widths, 'dominant', cover.dominant,
            'x', cover.focus_x, 'y', cover.focus_y) AS facts
        FROM catalog_picture AS cover WHERE cover.product_id = product.id
        ORDER BY cover.position, cover.id LIMIT 1
    ) AS picture ON true
    WHERE product.id = ANY (%(ids)s)
), vocabulary AS (
    INSERT INTO catalog_word (language, word)
    SELECT DISTINCT language, word
    FROM piece
    CROSS JOIN LATERAL (VALUES
        ('en', concat_ws(' ', title_en, shelf_en, lesser_en)),
        ('pt', concat_ws(' ', title_pt, shelf_pt, lesser_pt))
    ) AS said (language, words)
    CROSS JOIN LATERAL regexp_split_to_table(lower(unaccent(words)), '[^a-z0-9]+') AS word
    WHERE is_shown AND length(word) BETWEEN 3 AND 40 AND word ~ '[a-z]' AND NOT EXISTS (
        SELECT FROM catalog_word AS known
        WHERE known.language = said.language AND known.word = word.word
    )
    ORDER BY language, word
    ON CONFLICT DO NOTHING
)
INSERT INTO catalog_listing (
    product_id, maker_id, category_id, craft, is_shown, published_at, price_cents, price_max_cents,
    available, is_reduced, is_made_to_order, is_one_of_a_kind, place, materials, colours,
    rating_count, rating_damped, stars, sold_lately, words_en, words_pt, card
)
SELECT id, maker_id, category_id, craft, is_shown, published_at, price_cents, price_max_cents,
    available, is_reduced, is_made_to_order, is_one_of_a_kind, place, materials, colours,
    rating_count, rating_damped, stars, 0,
    setweight(to_tsvector('market_en', title_en), 'A')
        || setweight(to_tsvector('market_en', shelf_en), 'B')
        || setweight(to_tsvector('market_en', lesser_en), 'C')
        || setweight(to_tsvector('market_en', concat_ws(' ', description_en, title_pt)), 'D'),
    setweight(to_tsvector('market_pt', title_pt), 'A')
        || setweight(to_tsvector('market_pt', shelf_pt), 'B')
        || setweight(to_tsvector('market_pt', lesser_pt), 'C')
        || setweight(to_tsvector('market_pt', concat_ws(' ', description_pt, title_en)), 'D'),
    card
FROM piece ORDER BY id
ON CONFLICT (product_id) DO UPDATE SET
    maker_id = excluded.maker_id, category_id = excluded.category_id, craft = excluded.craft,
    is_shown = excluded.is_shown, published_at = excluded.published_at,
    price_cents = excluded.price_cents, price_max_cents = excluded.price_max_cents,
    is_reduced = excluded.is_reduced, is_made_to_order = excluded.is_made_to_order,
    is_one_of_a_kind = excluded.is_one_of_a_kind, place = excluded.place,
    materials = excluded.materials, colours = excluded.colours,
    rating_count = excluded.rating_count, rating_damped = excluded.rating_damped,
    stars = excluded.stars, words_en = excluded.words_en, words_pt = excluded.words_pt,
    card = excluded.card
"""
LOCK_UNLISTED = """
SELECT stock.variant_id FROM catalog_stock AS stock
JOIN catalog_variant AS variant ON variant.id = stock.variant_id
WHERE variant.product_id = ANY (%(ids)s) ORDER BY stock.variant_id FOR UPDATE OF stock
"""
COUNT_SALES = """
UPDATE catalog_listing AS listing SET sold_lately = coalesce(sale.count, 0)
FROM unnest(%(ids)s::bigint[]) AS touched (product_id)
LEFT JOIN unnest(%(sold)s::bigint[], %(counts)s::int[]) AS sale (product_id, count)
    ON sale.product_id = touched.product_id
WHERE listing.product_id = touched.product_id
"""


# What `indexed_once` gathers.
_gathered: ContextVar[set[int] | None] = ContextVar("gathered", default=None)


@contextmanager
def indexed_once(*, is_trial: bool = False) -> Iterator[None]:
    """Write the listings of all that changes herein once, at its end; on trial, not at all.

    For several verbs in one transaction, each of which would write the listing of the same piece.
    """
    gathered: set[int] = set()
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    if not is_trial:
        index_pieces(gathered)


@transaction.atomic(savepoint=False)
def index_pieces(product_ids: Iterable[int]) -> None:
    """Write the listings of these pieces anew, in the transaction that changed them.

    Locks the listings in primary-key order, after everything else: call it last.
    """
    ids = sorted(set(product_ids))
    if not ids:
        return
    gathered = _gathered.get()
    if gathered is not None:
        gathered.update(ids)
        return
    with connection.cursor() as cursor:
        cursor.execute(SHOP_MEAN)
        mean = float(cursor.fetchone()[0] or USUAL_STARS)
        values: dict[str, Any] = {"ids": ids, "usual_votes": USUAL_VOTES, "usual_stars": mean}
        cursor.execute(LOCK, values)
        cursor.execute(INDEX, values)


def index_everything() -> int:
    """Write all listings anew, a thousand in a transaction; gives how many."""
    done = last = 0
    while ids := _ids_after(last):
        index_pieces(ids)
        done, last = done + len(ids), ids[-1]
    return done


def _ids_after(last: int) -> list[int]:
    following = Product.objects.filter(pk__gt=last).order_by("pk")
    return list(following.values_list("pk", flat=True)[:BATCH])


def index_unlisted() -> int:
    """List the pieces that were there before listings were; gives how many.

    Locks their stock, for no trigger counts it yet, then the listings.
    """
    ids = list(Product.objects.filter(listing=None).values_list("pk", flat=True))
    for batch in batched(ids, BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK_UNLISTED, {"ids": list(batch)})
            index_pieces(batch)
    return len(ids)


def index_maker(maker_id: int) -> None:
    """Write the listings of a workshop anew, whose name or place has changed."""
    theirs = Product.objects.filter(maker_id=maker_id).order_by("pk").values_list("pk", flat=True)
    for batch in batched(theirs, BATCH):
        index_pieces(batch)


def index_category(category_id: int) -> None:
    """Write the listings of a category and of those below it anew."""
    shelf = Q(category=category_id) | Q(category__parent=category_id)
    below = Product.objects.filter(shelf).order_by("pk").values_list("pk", flat=True)
    for batch in batched(below, BATCH):
        index_pieces(batch)


def index_term(term_id: int) -> None:
    """Write the listings of what is of a material or colour anew."""
    made_of = Product.objects.filter(terms=term_id).order_by("pk").values_list("pk", flat=True)
    for batch in batched(made_of, BATCH):
        index_pieces(batch)


def record_sales(counts: Mapping[int, int]) -> None:
    """Set how many of each piece (product id → number) sold lately; all others sold none.

    Locks the listings that change in primary-key order, a thousand in a transaction.
    """
    before = dict(
        Product.objects.filter(listing__sold_lately__gt=0).values_list("pk", "listing__sold_lately")
    )
    everyone = sorted({*before, *counts})
    changed = [pk for pk in everyone if before.get(pk, 0) != counts.get(pk, 0)]
    for batch in batched(changed, BATCH):
        ids = list(batch)
        sold = [pk for pk in ids if counts.get(pk, 0)]
        values = {"ids": ids, "sold": sold, "counts": [counts[pk] for pk in sold]}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK, values)
            cursor.execute(COUNT_SALES, values)

"""What a search that is being typed may become: pieces, makers and crafts, eight at most."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import in_language
from catalog.search.words import language, plain, understand, words_of

LEAST_LETTERS = 2
# Of the pieces that fit, the newest so many are ranked.
CANDIDATES = 200

SUGGEST = """
(SELECT 'craft', slug, name_en, name_pt, '' FROM catalog_category
WHERE lower(unaccent(name_en)) ~ %(begun)s OR lower(unaccent(name_pt)) ~ %(begun)s
ORDER BY parent_id NULLS FIRST, position, id LIMIT 2)
UNION ALL
(SELECT 'maker', slug, name, '', split_part(place, ',', 1) FROM accounts_maker
WHERE is_open AND lower(unaccent(name)) ~ %(begun)s ORDER BY name, id LIMIT 2)
UNION ALL
(SELECT 'piece', slug, title_en, title_pt, maker FROM (
    SELECT listing.card ->> 'slug' AS slug, listing.card ->> 'en' AS title_en,
        listing.card ->> 'pt' AS title_pt, maker.name AS maker, listing.published_at,
        ts_rank(listing.{words}, %(query)s::tsquery) AS rank
    FROM catalog_listing AS listing JOIN accounts_maker AS maker ON maker.id = listing.maker_id
    WHERE listing.is_shown AND maker.is_open
        AND NOT (listing.is_one_of_a_kind AND listing.available <= 0)
        AND listing.{words} @@ %(query)s::tsquery
    ORDER BY listing.published_at DESC, listing.product_id DESC LIMIT %(candidates)s
) AS piece ORDER BY rank DESC, published_at DESC, slug LIMIT 4)
"""


@dataclass(frozen=True)
class Suggestion:
    """One line under the search box; `beside` says what it is."""

    kind: str
    label: str
    beside: str
    url: str


def suggest_for(typed: str) -> list[Suggestion]:
    """Give crafts, makers and pieces that begin as typed, in two queries; none for one letter."""
    words = words_of(typed)
    if len("".join(words)) < LEAST_LETTERS:
        return []
    text = understand(typed, is_begun=True)
    # Words hold letters and digits only: nothing in them means anything to a pattern.
    begun = r"\m" + r"[^a-z0-9]+".join(plain(word) for word in words)
    values: dict[str, Any] = {"begun": begun, "query": text.query, "candidates": CANDIDATES}
    with connection.cursor() as cursor:
        cursor.execute(SUGGEST.format(words=f"words_{language()}"), values)
        return [_suggestion(*row) for row in cursor.fetchall()]


def _suggestion(kind: str, slug: str, name_en: str, name_pt: str, beside: str) -> Suggestion:
    pages = {"craft": "catalog:category", "maker": "catalog:maker", "piece": "catalog:product"}
    words = {"craft": _("Craft"), "maker": _("Maker in %(place)s") % {"place": beside}}
    label = in_language(name_en, name_pt)
    return Suggestion(kind, label, words.get(kind, beside), reverse(pages[kind], args=[slug]))

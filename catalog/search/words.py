"""What somebody typed, understood: stems, synonyms, and what a mistyped word may have meant."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from django.db import connection
from django.utils.translation import get_language

QUERY_MAX, WORDS_MAX, WORD_MAX = 80, 8, 40
WORD = re.compile(r"[^\W_]+")
# Below this likeness (0 to 1, pg_trgm) a word is not taken for another.
ALIKE = 0.4
CONFIGURATIONS = {"en": "market_en", "pt": "market_pt"}

# Without accents a letter may become a sign that has a meaning in a query (ʼ, ː): hence the quotes.
UNDERSTAND = """
WITH phrase AS MATERIALIZED (
    SELECT synonym.id, phraseto_tsquery(%(configuration)s::regconfig, said.words) AS query
    FROM catalog_synonym AS synonym
    CROSS JOIN LATERAL regexp_split_to_table(synonym.words, ',') AS said (words)
    WHERE synonym.language = %(language)s
), typed AS MATERIALIZED (
    SELECT place, words, lower(unaccent(words)) AS plain, strpos(words, ' ') = 0 AS is_word,
        phraseto_tsquery(%(configuration)s::regconfig, words) AS query
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS typed (words, place)
), known AS MATERIALIZED (
    SELECT typed.*, (
        SELECT string_agg(DISTINCT '(' || other.query::text || ')', ' | ')
        FROM phrase JOIN phrase AS other ON other.id = phrase.id AND numnode(other.query) > 0
        WHERE phrase.query = typed.query AND numnode(typed.query) > 0
    ) AS synonyms,
    is_word AND (
        EXISTS (
            SELECT FROM catalog_word AS word
            WHERE word.language = %(language)s AND word.word = typed.plain
        ) OR catalog_is_said(typed.query, %(language)s)
    ) AS is_known
    FROM typed
)
SELECT words, query::text, synonyms, CASE WHEN is_word AND numnode(query) > 0 THEN
        to_tsquery(%(configuration)s::regconfig, quote_literal(plain) || ':*')::text END AS begun,
    CASE WHEN is_word AND NOT is_known AND synonyms IS NULL AND numnode(query) > 0 THEN (
        SELECT word.word FROM catalog_word AS word
        WHERE word.language = %(language)s AND word.word %% known.plain
            AND similarity(word.word, known.plain) >= %(alike)s
        ORDER BY similarity(word.word, known.plain) DESC,
            abs(length(word.word) - length(known.plain)), word.word
        LIMIT 1
    ) END AS closest
FROM known ORDER BY place
"""


@dataclass(frozen=True)
class Understood:
    """What was typed, and what is searched for it: `query` and `any` are texts of tsquery.

    `words` are those that are searched: `respelled` tells that they are not those that were typed.
    `any` finds pieces that have one of the words.
    """

    words: list[str] = field(default_factory=list)
    query: str = ""
    any: str = ""
    respelled: bool = False

    def __bool__(self) -> bool:
        return bool(self.query)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def language() -> str:
    """Give the language whose words are searched: "pt" on Portuguese pages, else "en"."""
    return "pt" if get_language() == "pt" else "en"


def configuration() -> str:
    return CONFIGURATIONS[language()]


def tidy(typed: str) -> str:
    """Give what was typed as the page repeats it: one line, at most 80 characters."""
    shown = "".join(each if each.isprintable() else " " for each in typed[: 4 * QUERY_MAX])
    return " ".join(shown.split())[:QUERY_MAX].rstrip()


def words_of(typed: str) -> list[str]:
    """Give the words to search for: at most 8, of at most 40 letters and digits each."""
    plain = unicodedata.normalize("NFKC", tidy(typed))
    return [word[:WORD_MAX] for word in WORD.findall(plain)][:WORDS_MAX]


def plain(text: str) -> str:
    """Give a text in lower case without accents, to compare names by."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in parts if not unicodedata.combining(each))


def understand(typed: str, *, as_typed: bool = False, is_begun: bool = False) -> Understood:
    """Understand what was typed, by one query, or two where a word was mistyped.

    `as_typed` respells nothing; `is_begun` takes the last word for the beginning of one.
    """
    words = words_of(typed)
    if not words:
        return Understood()
    rows = _ask(words)
    closest = [rows[word]["closest"] or word for word in words]
    if as_typed or is_begun or closest == words:
        return _combined(words, rows, is_begun=is_begun)
    return replace(_combined(closest, _ask(closest), is_begun=False), respelled=True)


def _ask(words: list[str]) -> dict[str, dict[str, Any]]:
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    values: dict[str, Any] = {
        "words": list(dict.fromkeys([*words, *pairs])), "language": language(),
        "configuration": configuration(), "alike": ALIKE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(UNDERSTAND, values)
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["words"]: row for row in rows}


def _combined(words: list[str], rows: dict[str, dict[str, Any]], *, is_begun: bool) -> Understood:
    """Ask for all words, each in any of its synonyms; a synonym may stand for two words."""
    parts: list[str] = []
    place = 0
    while place < len(words):
        pair = " ".join(words[place : place + 2])
        if " " in pair and rows[pair]["synonyms"]:
            parts.append(f"({rows[pair]['query'].replace('<->', '&')} | {rows[pair]['synonyms']})")
            place += 2
            continue
        parts.append(_part(rows[words[place]], is_begun=is_begun and place == len(words) - 1))
        place += 1
    parts = [part for part in parts if part]
    return Understood(words, " & ".join(parts), " | ".join(parts))


def _part(row: dict[str, Any], *, is_begun: bool) -> str:
    meant = row["begun"] if is_begun else row["query"]
    return f"({' | '.join(filter(None, [meant, row['synonyms']]))})" if meant else ""

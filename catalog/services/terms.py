"""Operators keep the words pieces are found by: materials, colours and synonyms."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.models import Synonym, Term
from catalog.services.editing import locked_as_seen, set_fields
from catalog.signals import term_changed
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

TERM_FIELDS = ("kind", "slug", "name_en", "name_pt", "swatch", "position")
SYNONYM_FIELDS = ("language", "words")
# More rows than these make every search slower.
SYNONYMS_MAX = 500


class TermInUse(Refusal):
    """Pieces are found by this material or colour."""

    def __init__(self) -> None:
        super().__init__(_("Pieces are found by this one: it can be renamed, not removed."))


class TermTaken(Refusal):
    """Another material or colour has this address."""

    def __init__(self) -> None:
        super().__init__(_("Another material or colour has this address."))


class OddSynonym(Refusal):
    """There is nothing that means the same, or there are too many rows."""


def check_term(term_id: int | None, fields: Mapping[str, Any]) -> None:
    """Refuse the address of another: TermTaken."""
    same = Term.objects.filter(kind=fields["kind"], slug=fields["slug"]).exclude(pk=term_id or 0)
    if same.exists():
        raise TermTaken


@transaction.atomic
def save_term(
    term_id: int | None, fields: Mapping[str, Any], *, seen: str, by: str, at: datetime
) -> Term:
    """Add a material or colour, or rename one; its pieces are indexed anew by a job.

    `fields` has TERM_FIELDS. Locks the row. Raises EditedMeanwhile, TermTaken; Term.DoesNotExist.
    """
    term = locked_as_seen(Term, term_id, seen)
    check_term(term_id, fields)
    changes = set_fields(term, {name: fields[name] for name in TERM_FIELDS})
    term.save()
    if changes:
        record("term.saved", term, by=by, at=at, changes=changes)
        term_changed.send(Term, term_id=term.pk)
    return term


@transaction.atomic
def remove_term(term_id: int, *, by: str, at: datetime) -> None:
    """Remove a material or colour that no piece has. Locks the row. Raises TermInUse."""
    term = Term.objects.select_for_update().get(pk=term_id)
    if term.products.exists():
        raise TermInUse
    record("term.removed", term, by=by, at=at, changes={"slug": (term.slug, "")})
    term.delete()


def tidy_words(words: str) -> str:
    """Give words that mean the same as they are kept: "cup, mug"; raises OddSynonym."""
    each = [" ".join(word.split()) for word in words.replace("\n", ",").split(",")]
    kept = list(dict.fromkeys(word for word in each if re.search(r"\w", word)))
    if len(kept) < 2:
        raise OddSynonym(_("Write at least two words, with commas between them."))
    return ", ".join(kept)


@transaction.atomic
def save_synonym(
    synonym_id: int | None, fields: Mapping[str, Any], *, seen: str, by: str, at: datetime
) -> Synonym:
    """Add or change words that mean the same; searches use them from the next one on.

    `fields` has SYNONYM_FIELDS. Locks the row. Raises EditedMeanwhile, OddSynonym.
    """
    synonym = locked_as_seen(Synonym, synonym_id, seen)
    if synonym_id is None and Synonym.objects.count() >= SYNONYMS_MAX:
        raise OddSynonym(_("There are 500 rows of synonyms: remove one first."))
    wished = {"language": fields["language"], "words": tidy_words(fields["words"])}
    changes = set_fields(synonym, wished)
    synonym.save()
    if changes:
        record("synonym.saved", synonym, by=by, at=at, changes=changes)
    return synonym


@transaction.atomic
def remove_synonym(synonym_id: int, *, by: str, at: datetime) -> None:
    """Remove words that mean the same. Locks the row."""
    synonym = Synonym.objects.select_for_update().get(pk=synonym_id)
    record("synonym.removed", synonym, by=by, at=at, changes={"words": (synonym.words, "")})
    synonym.delete()

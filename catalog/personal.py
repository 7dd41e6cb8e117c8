"""What shoppers say of a piece that is made personal: checked, priced, and read again later."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import PersonalField, Product, in_language
from makers_market.core.errors import Refusal

# Signs that turn the reading direction of all that follows: on a slip they show other words.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Control signs, halves of signs, breaks of lines and paragraphs, and what no alphabet has.
UNWRITABLE = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


class BadAnswers(Refusal):
    """Some questions about a piece are not answered as its maker asked; `errors` by field id."""

    def __init__(self, errors: Mapping[int, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Answers:
    """Checked answers in the maker's order, each {"field", "label_en", "label_pt", "value",
    "value_pt", "extra_cents"}; `key` is the same for the same answers, in whatever order their
    questions are asked by now, empty for none."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        if not self.rows:
            return ""
        said = json.dumps(sorted([row["field"], row["value"]] for row in self.rows))
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def extra_cents(self) -> int:
        """Give what the answers add to the price of one piece, in cents."""
        return sum(row["extra_cents"] for row in self.rows)


def checked_answers(product: Product, raw: Mapping[str, str]) -> Answers:
    """Check what a form says in its inputs `personal-<field id>`; other inputs are not read.

    Raises BadAnswers with words for each question that is not answered as asked.
    """
    return answers_to(product.personal_fields.all(), raw)


def answers_to(fields: Iterable[PersonalField], raw: Mapping[str, str]) -> Answers:
    """Check answers to questions already loaded; see `checked_answers`."""
    errors: dict[int, str] = {}
    rows = []
    for asked in fields:
        value = _plain(raw.get(asked.input_name, ""))
        wrong = _wrong(asked, value)
        if wrong:
            errors[asked.pk] = wrong
        elif value:
            rows.append(_row(asked, value))
    if errors:
        raise BadAnswers(errors)
    return Answers(rows)


def answers_again(fields: Iterable[PersonalField], kept: list[dict[str, Any]]) -> Answers | None:
    """Read answers given earlier by the questions of today; None when they do not fit any more.

    A new label or price is taken over; a question that is gone, or newly required, does not fit.
    """
    asked = list(fields)
    if not {row["field"] for row in kept} <= {each.pk for each in asked}:
        return None
    raw = {f"personal-{row['field']}": row["value"] for row in kept}
    try:
        return answers_to(asked, raw)
    except BadAnswers:
        return None


def _plain(value: str) -> str:
    """Compose letters, trim, and make one space of several: nobody sees the difference."""
    return SPACES.sub(" ", unicodedata.normalize("NFC", value).strip())


def _wrong(asked: PersonalField, value: str) -> str:
    """Say what is wrong with an answer, naming the question; empty when nothing is."""
    label = {"label": asked.label}
    if not _is_visible(value):
        if value:
            return _("%(label)s: use plain letters and signs.") % label
        if not asked.is_required:
            return ""
        if asked.kind == PersonalField.CHOICE:
            return _("%(label)s: choose one.") % label
        return _("%(label)s: tell the maker what to write.") % label
    if asked.kind == PersonalField.CHOICE:
        known = value in {_plain(each["value"]) for each in asked.choices}
        return "" if known else _("%(label)s: choose one of the list.") % label
    if any(unicodedata.category(sign) in UNWRITABLE or sign in TURNING for sign in value):
        return _("%(label)s: use plain letters and signs.") % label
    if len(value) > asked.length_max:
        words = ngettext(
            "%(label)s: use up to %(count)d character.",
            "%(label)s: use up to %(count)d characters.",
            asked.length_max,
        )
        return words % {**label, "count": asked.length_max}
    return ""


def _is_visible(value: str) -> bool:
    """Tell whether anything would be seen of it: joiners and marks alone are not."""
    return any(unicodedata.category(sign) not in {"Cf", "Zs", "Mn"} for sign in value)


def _row(asked: PersonalField, value: str) -> dict[str, Any]:
    portuguese = {_plain(choice): words for choice, words in asked.choices_pt}
    return {
        "field": asked.pk,
        "label_en": asked.label_en,
        "label_pt": asked.label_pt,
        "value": value,
        "value_pt": portuguese.get(value, ""),
        "extra_cents": asked.extra_cents,
    }


@dataclass(frozen=True)
class Said:
    """An answer in the reader's language."""

    label: str
    value: str
    extra_cents: int


def said(rows: Iterable[Mapping[str, Any]]) -> list[Said]:
    """Give kept answers in the reader's language."""
    return [
        Said(
            in_language(row["label_en"], row["label_pt"]),
            in_language(row["value"], row["value_pt"]),
            row["extra_cents"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class FieldShown:
    """A question as a form shows it again: with what was typed, and what is wrong with it."""

    asked: PersonalField
    value: str = ""
    error: str = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.asked, name)


def fields_shown(
    product: Product, typed: Mapping[str, str] | None = None, errors: Mapping[int, str] = {}
) -> list[FieldShown]:
    """Give a piece's questions for `catalog/personal_fields.html`, in one query at most."""
    return [
        FieldShown(each, (typed or {}).get(each.input_name, ""), errors.get(each.pk, ""))
        for each in product.personal_fields.all()
    ]

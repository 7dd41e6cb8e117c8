"""What single cells may say, and the faults of those that say anything else."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.sheets.columns import NO, YES
from catalog.sheets.known import SEPARATOR, TERM_COLUMNS, Shelves
from catalog.sheets.reading import Row

TEXTS = {
    "title_en": 140, "title_pt": 140, "description_en": 5_000, "description_pt": 5_000,
    "material": 120,
}  # fmt: skip
HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,48}[a-z0-9])?", re.ASCII)
NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}", re.ASCII)
EUROS = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)
COUNT = re.compile(r"\d{1,6}", re.ASCII)
ON_HAND_MAX, PRICE_MAX_CENTS, DAYS_MAX = 100_000, 10_000_000, 120
OPTION_NAME_MAX, OPTION_VALUE_MAX = 30, 60
VALUE_SHOWN = 60


@dataclass(frozen=True)
class Fault:
    """Why a row is not brought in: its number, the column, what stands there, the reason."""

    row: int
    column: str
    value: str
    reason: str

    def listed(self) -> list[Any]:
        return [self.row, self.column, self.value[:VALUE_SHOWN], self.reason]


class Faulty(Exception):
    """A cell, or what a service thinks of it, has faults."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = list(faults)


@dataclass(frozen=True)
class Cell:
    """One cell and where it stands."""

    row: Row
    column: str

    @property
    def text(self) -> str:
        return self.row.cells.get(self.column, "")

    def fault(self, reason: str) -> Faulty:
        return Faulty(Fault(self.row.number, self.column, self.text, reason))

    def words(self) -> str:
        """Give a text of the piece, of its column's length."""
        if len(self.text) > TEXTS[self.column]:
            most = TEXTS[self.column]
            words = ngettext("At most %(count)d character.", "At most %(count)d characters.", most)
            raise self.fault(words % {"count": most})
        if self.column == "title_en" and not self.text:
            raise self.fault(_("Give the piece a title."))
        return " ".join(self.text.split()) if self.column.startswith("title") else self.text

    def cents(self) -> int:
        """Give a price like 34, 34.50 or 34,50 in cents."""
        if not EUROS.fullmatch(self.text):
            raise self.fault(_("Write a price like 34.50"))
        euros, _point, part = self.text.replace(",", ".").partition(".")
        cents = int(euros) * 100 + int(part.ljust(2, "0") or 0)
        if not 1 <= cents <= PRICE_MAX_CENTS:
            raise self.fault(_("A price lies between 0.01 and 100,000.00 euros."))
        return cents

    def count(self, most: int = ON_HAND_MAX, *, least: int = 0) -> int:
        """Give a whole number within bounds."""
        if not COUNT.fullmatch(self.text) or not least <= int(self.text) <= most:
            words = _("Write a whole number from %(least)d to %(most)d.")
            raise self.fault(words % {"least": least, "most": most})
        return int(self.text)

    def is_so(self) -> bool:
        """Give what yes or no means."""
        said = self.text.casefold()
        if said not in YES | NO:
            raise self.fault(_("Write yes or no."))
        return said in YES

    def category(self, shelves: Shelves) -> int:
        found = shelves.category_id(self.text)
        if found is None:
            words = _("There is no such category. Use its short name, like “%(example)s”.")
            example = min(shelves.categories.values(), default="")
            raise self.fault(words % {"example": example})
        return found

    def section(self, shelves: Shelves) -> int | None:
        if not self.text:
            return None
        found = shelves.section_id(self.text)
        if found is None:
            raise self.fault(_("Your shop has no section of this name."))
        return found

    def terms(self, shelves: Shelves) -> list[int]:
        """Give the materials or colours that stand here, with | between."""
        kind = TERM_COLUMNS[self.column]
        slugs = [each.strip() for each in self.text.split(SEPARATOR) if each.strip()]
        unknown = next((slug for slug in slugs if (kind, slug) not in shelves.terms), None)
        if unknown is not None:
            raise self.fault(_("“%(word)s” is not on our list.") % {"word": unknown[:VALUE_SHOWN]})
        return sorted({shelves.terms[kind, slug] for slug in slugs})

    def option(self) -> str:
        """Give an option's name, in lower case, or one of its values."""
        most = OPTION_NAME_MAX if self.column.endswith("_name") else OPTION_VALUE_MAX
        text = " ".join(self.text.split())
        if len(text) > most:
            words = ngettext("At most %(count)d character.", "At most %(count)d characters.", most)
            raise self.fault(words % {"count": most})
        return text.lower() if self.column.endswith("_name") else text

    def number(self) -> str:
        if self.text and not NUMBER.fullmatch(self.text):
            raise self.fault(_("A number has up to 40 letters, digits, dots and dashes."))
        return self.text

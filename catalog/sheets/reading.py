"""Reads a sheet that somebody made with whatever they have; refuses in words what is none."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog.sheets.columns import column_of, plain
from makers_market.core.errors import Refusal

BYTES_MAX = 5 * 1024 * 1024
ROWS_MAX = 2_000
COLUMNS_MAX = 60
CELL_MAX = 20_000
DELIMITERS = ",;\t"
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class NotASheet(Refusal):
    """The file cannot be read as a sheet of pieces; the words say what to do."""


@dataclass(frozen=True)
class Row:
    """One row under its number in the spreadsheet, from 2; cells by column, as they are meant."""

    number: int
    cells: dict[str, str]
    # More cells than the sheet has columns.
    is_torn: bool = False


@dataclass(frozen=True)
class Sheet:
    rows: list[Row]
    columns: list[str]
    # Headers nobody knows, as they are written.
    unknown: list[str] = field(default_factory=list)


def read_sheet(content: bytes) -> Sheet:
    """Read UTF-8, UTF-16 or Windows-1252, with commas, semicolons or tabs; raises NotASheet."""
    text = _text(content)
    records = _records(text)
    headers = next(records, [])
    columns = _columns(headers)
    rows: list[Row] = []
    for number, record in enumerate(records, 2):
        if not any(cell.strip() for cell in record):
            continue
        if len(rows) == ROWS_MAX:
            raise NotASheet(_("This file has more than 2,000 rows. Send it in parts."))
        cells = {name: plain(cell) for name, cell in zip(columns, record, strict=False) if name}
        rows.append(Row(number, cells, is_torn=any(record[len(columns) :])))
    if not rows:
        raise NotASheet(_("This file has no rows below its header."))
    unknown = [
        header.strip() for header, name in zip(headers, columns, strict=True)
        if not name and header.strip()
    ]  # fmt: skip
    return Sheet(rows, [name for name in columns if name], unknown)


def _text(content: bytes) -> str:
    """Decode by the mark at its beginning, else as UTF-8, else as Windows writes Portuguese."""
    if content[:4] == b"PK\x03\x04":
        raise NotASheet(_("This is a spreadsheet, not a CSV file. Save it as “CSV UTF-8”."))
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if NO_TEXT.search(text):
            break
        return text
    raise NotASheet(
        _("We cannot read the letters of this file. Save it as “CSV UTF-8” and send it again.")
    )


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def _records(text: str) -> Iterator[list[str]]:
    """Give the records one by one; raises NotASheet with the row that breaks off."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            words = _("Row %(number)s breaks off: a quotation mark is open, or a cell is too long.")
            raise NotASheet(words % {"number": number}) from None
        if record is None:
            return
        if any(len(cell) > CELL_MAX for cell in record):
            raise NotASheet(_("Row %(number)s has a cell that is too long.") % {"number": number})
        yield record
        number += 1


def _delimiter(text: str) -> str:
    """Take what stands most often in the first line."""
    first = text[:20_000].partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _columns(headers: list[str]) -> list[str]:
    """Give the column each header means, nothing for unknown ones; raises NotASheet."""
    if len(headers) > COLUMNS_MAX:
        raise NotASheet(_("This file has more than 60 columns. Begin with a file you exported."))
    columns = [column_of(header) for header in headers]
    known = [name for name in columns if name]
    twice = next((name for name in known if known.count(name) > 1), "")
    if twice:
        raise NotASheet(_("The column %(name)s is there twice.") % {"name": twice})
    if "handle" not in known:
        raise NotASheet(_("The column “handle” is missing. Begin with a file you exported."))
    return columns

"""Writes a workshop's pieces as a CSV file, a piece of text at a time."""

import csv
import io
from collections.abc import Iterable, Iterator

from catalog.sheets.columns import COLUMNS, harmless

# Spreadsheets take a file for UTF-8 by this mark.
MARK = "\ufeff"


def as_csv(rows: Iterable[dict[str, str]], *, with_mark: bool = True) -> Iterator[str]:
    """Give the lines of a file: header first, formulas made harmless (columns.harmless)."""
    yield (MARK if with_mark else "") + _line(COLUMNS)
    for row in rows:
        yield _line(harmless(row.get(column, "")) for column in COLUMNS)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()

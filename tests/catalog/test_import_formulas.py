"""Cells of the export are no formulas, wherever a spreadsheet lets a cell begin."""

import csv
import io
import re
from itertools import product

import pytest

from accounts.models import Maker
from catalog.sheets.columns import harmless, plain
from catalog.sheets.writing import as_csv
from tests.catalog.sheets import checked, counts, exported
from tests.catalog.writing import drafted

# All that matters to how a row is split, and what makes a formula.
LETTERS = ";'=\"\n\ta,-"
HOSTILE = [
    "Mug;=1+1", "Mug\t=1+1", "two\n=1+1", "two\r\n=1+1", 'Mug;"=1+1";x', 'Mug;""=1+1', "Mug;'=1+1",
    "Mug;''-1", "Mug;＝1+1", '"\n@SUM(1)', "=1;=1", "'=1\n'=1", "- thrown\n- glazed; -fired",
]  # fmt: skip


def texts(most: int) -> list[str]:
    return ["".join(each) for size in range(most + 1) for each in product(LETTERS, repeat=size)]


def is_formula(cell: str) -> bool:
    return cell[:1] in {"=", "+", "-", "@", "＝", "＋", "－", "＠"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("neighbour", ["", 'x;"', "\n"])
def test_no_cell_is_a_formula_whatever_a_file_is_split_at(delimiter: str, neighbour: str):
    cells = [each for each in [*texts(4), *HOSTILE] if "=" in each or "-" in each]
    rows = [{"handle": "x", "title_en": neighbour, "title_pt": each} for each in cells]

    text = "".join(as_csv(rows, with_mark=False))

    read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert not [cell for row in read for cell in row if is_formula(cell)]
    # And for one that knows no quotation marks.
    bare = re.split("[;\t\r\n]", text)
    assert not [cell for cell in bare if is_formula(cell.lstrip('"'))]


def test_what_is_made_harmless_is_read_as_it_was():
    kept = [each for each in [*texts(5), *HOSTILE] if each == each.strip()]

    changed = [each for each in kept if plain(harmless(each)) != each.replace("\r\n", "\n")]

    assert changed == []


@pytest.mark.django_db
def test_round_trip_of_formulas_amid_cells_changes_nothing(mo: Maker):
    for text in HOSTILE:
        text = text.replace("\r\n", "\n")
        drafted(mo, title_en=f"x{text}".replace("\n", " "), description_en=text, material=text)

    found = checked(mo, exported(mo))

    assert (found.faults, counts(found)["same"]) == ([], len(HOSTILE))

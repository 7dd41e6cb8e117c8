"""The published checklist is whole, and what it names is there."""

import ast
import re
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASVS = ROOT / "docs" / "security" / "asvs.md"
THREATS = ROOT / "docs" / "security" / "threat-model.md"
# Requirements of levels 1 and 2 in each chapter of ASVS 5.0.0: 70 and 183.
CHAPTERS = (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7)
WORDS = ("By reading", "Written down", "Not applicable", "Issue 4", "Partly", "Not met")
ROW = re.compile(r"\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|")
SUMMARY = re.compile(r"\| (?:\*\*)?([\w ]+?)(?:\*\*)? \| (\d+) \| [^|]+ \|")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
PATH = re.compile(r"`([\w.-]+/[\w./-]*)`")

type Number = tuple[int, ...]


def rows() -> list[tuple[str, str]]:
    """List each requirement's number and how it holds."""
    found = (ROW.fullmatch(line) for line in ASVS.read_text().splitlines())
    return [(row[1], row[3]) for row in found if row]


def kind_of(how: str) -> str:
    return next((word for word in WORDS if how.startswith(f"**{word}**: ")), "held by tests")


def as_number(number: str) -> Number:
    return tuple(int(part) for part in number.split("."))


@cache
def names_in(path: Path) -> frozenset[str]:
    """Name the tests that pytest finds in a file."""
    tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def test_lists_every_requirement_once_in_order():
    numbers = [as_number(number) for number, _how in rows()]

    assert len(numbers) == 70 + 183
    assert numbers == sorted(set(numbers))
    assert Counter(number[0] for number in numbers) == dict(enumerate(CHAPTERS, start=1))


def test_takes_every_row_of_the_tables():
    lines = [line for line in ASVS.read_text().splitlines() if re.match(r"\| \d", line)]

    assert len(lines) == len(rows())


def test_says_of_every_requirement_how_it_holds():
    silent = [
        number
        for number, how in rows()
        if (kind_of(how) == "held by tests" and not TEST.search(how))
        or (kind_of(how) == "By reading" and not PATH.search(how))
        or (kind_of(how) == "Written down" and not PATH.search(how) and "below" not in how)
    ]

    assert silent == []


def test_counts_itself_rightly():
    head = ASVS.read_text().partition("\n## ")[0]

    said = {name: int(count) for name, count in SUMMARY.findall(head)}

    assert said == Counter(kind_of(how) for _number, how in rows())


@pytest.mark.parametrize("document", [ASVS, THREATS], ids=lambda path: path.stem)
def test_names_only_tests_that_exist(document: Path):
    named = set(TEST.findall(document.read_text()))

    missing = [f"{path}::{name}" for path, name in named if name not in names_in(ROOT / path)]

    assert named
    assert missing == []


@pytest.mark.parametrize("document", [ASVS, THREATS], ids=lambda path: path.stem)
def test_names_only_files_that_exist(document: Path):
    named = {path for path in PATH.findall(document.read_text()) if not path.startswith("/")}

    missing = [path for path in named if not (ROOT / path).exists()]

    assert named
    assert missing == []


def test_names_no_test_in_a_way_that_is_not_checked():
    text = chain.from_iterable(each.read_text().splitlines() for each in (ASVS, THREATS))

    odd = [line for line in text if line.count("::") != len(TEST.findall(line))]

    assert odd == []

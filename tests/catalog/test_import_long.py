"""The issue's own figures: two thousand rows, seventeen faults, and the way back and forth."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Maker
from catalog.models import Product
from tests.catalog.sheets import (
    checked,
    counts,
    exported,
    faults,
    new,
    run_sheets,
    sheet,
    start,
)

pytestmark = pytest.mark.django_db
# A fault of each kind: the column, and what stands in it.
SEEDED = [
    ("handle", "Not A Handle"), ("title_en", ""), ("title_en", "x" * 141), ("title_pt", "x" * 141),
    ("description_en", "x" * 5001), ("category", "no-such"), ("section", "Nowhere"),
    ("material", "x" * 121), ("materials", "unobtainium"), ("colours", "ultrablack"),
    ("made_to_order", "perhaps"), ("making_days_min", "0"), ("one_of_a_kind", "2"),
    ("price", "24.999"), ("price", "0"), ("stock", "1e3"), ("sku", "no number!"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def seeded(count: int) -> tuple[list[dict[str, str]], list[tuple[int, str, str]]]:
    """Give so many rows with the seventeen faults spread among them, and where they are."""
    rows = [new(f"piece-{number:04}", sku=f"SKU-{number:04}") for number in range(count)]
    expected = []
    for place, (column, value) in enumerate(SEEDED):
        number = (place * count) // len(SEEDED) + 1
        rows[number][column] = value
        expected.append((number + 2, column, value[:60]))
    return rows, expected


def timed[Given](phase: str, run: Callable[[], Given]) -> Given:
    began = time.perf_counter()
    given = run()
    print(f"{phase}: {time.perf_counter() - began:.1f} s")
    return given


def try_figures(mo: Maker, count: int) -> None:
    rows, expected = seeded(count)

    found = timed("check", lambda: checked(mo, sheet(*rows)))
    timed("bring in", lambda: (start(found), run_sheets()))

    found.refresh_from_db()
    assert faults(found) == expected
    assert counts(found) == {"new": count - 17, "changed": 0, "same": 0, "faulty": 17}
    assert (found.state, found.effects["came"]) == ("done", count - 17)
    assert Product.objects.filter(maker=mo).count() == count - 17
    text = timed("export", lambda: exported(mo))
    again = timed("check the export", lambda: checked(mo, text))
    assert counts(again) == {"new": 0, "changed": 0, "same": count - 17, "faulty": 0}
    assert again.faults == []


def test_seventeen_faults_are_named_and_the_round_trip_changes_nothing(mo: Maker):
    try_figures(mo, 60)


@pytest.mark.long
@pytest.mark.timeout(1800)
# As in earnest: in one transaction PostgreSQL could not forget what was rolled back.
@pytest.mark.django_db(transaction=True)
def test_two_thousand_rows_with_seventeen_faults(mo: Maker):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    try_figures(mo, 2000)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024

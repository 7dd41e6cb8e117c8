"""A large shop of synthetic pieces, written in bulk: 10,000, 100,000 or a million."""

from pathlib import Path
from typing import Any

from django.db import connection, transaction

from catalog import services as catalog
from catalog.models import Product
from sandbox.demo.filling import fill
from sandbox.demo.progress import Progress

SCRIPT = Path(__file__).with_name("filling.sql")
BATCH = 5_000
# Keys of synthetic pieces begin here: far above those of the demo shop's.
FIRST_KEY = 10_000_000


def fill_to(count: int, out: Any) -> None:
    """Fill the database up to so many synthetic pieces; those that are there stay.

    The demo shop's shelves, materials and colours come first. Each 5,000 are one transaction, so
    an interrupted filling goes on where it stood. Raises ValueError when there are more.
    """
    fill(out, with_pictures=False)
    done = Product.objects.filter(pk__gte=FIRST_KEY).count()
    if done > count:
        raise ValueError(f"{done} pieces are there already: use --reset for fewer")
    lows = range(done, count, BATCH)
    with Progress(out, "batches", len(lows)) as progress:
        for low in progress.over(lows):
            _fill(low, min(low + BATCH, count) - 1)
    if lows:
        _settle()


@transaction.atomic
def _fill(low: int, high: int) -> None:
    with connection.cursor() as cursor:
        for statement in SCRIPT.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"low": low, "high": high})
    catalog.index_pieces(range(FIRST_KEY + low, FIRST_KEY + high + 1))


def _settle() -> None:
    """Let PostgreSQL look at what came: its plans and maps would be those of an empty shop."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")

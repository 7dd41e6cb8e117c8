"""What the tests of sheets share: files as makers send them, checked and brought in."""

import csv
import io
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Category, Import, Product
from catalog.sheets.columns import COLUMNS
from catalog.sheets.known import all_rows
from catalog.sheets.writing import as_csv
from tests import factories
from tests.worker import run_jobs


def exported(maker: Maker) -> str:
    return "".join(as_csv(all_rows(maker.pk)))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def sheet(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",") -> str:
    """Give a file with these rows; cells that are not named are empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def shelf() -> str:
    """Give the category that new pieces lie in."""
    return Category.objects.get(pk=factories.category().pk).slug


def new(handle: str, **cells: str) -> dict[str, str]:
    """Give the row of a new piece that has all it needs."""
    plain = {
        "handle": handle, "title_en": f"Piece {handle}", "description_en": "Thrown in Mértola.",
        "category": shelf(), "price": "24.00", "stock": "5",
    }  # fmt: skip
    return plain | cells


def run_sheets() -> None:
    """Run the jobs of imports, and forget what else waits: mails about pieces."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name !~ '^catalog[.].*(import|sheet)'"
        )
    run_jobs()


def sent(maker: Maker, text: str | bytes) -> Import:
    """Send a file, as the door does; nothing is checked yet."""
    content = text if isinstance(text, bytes) else text.encode()
    stored = catalog.store_sheet(content)
    who = f"user:{maker.members.get().pk}"
    return catalog.begin_import(maker.pk, sheet=stored, by=who, at=timezone.now())


def checked(maker: Maker, text: str | bytes) -> Import:
    begun = sent(maker, text)
    run_sheets()
    begun.refresh_from_db()
    return begun


def start(begun: Import) -> None:
    catalog.start_import(begun.pk, by=begun.sent_by, at=timezone.now())


def brought_in(maker: Maker, text: str | bytes) -> Import:
    """Send, check, press, and wait for the job."""
    begun = checked(maker, text)
    start(begun)
    run_sheets()
    begun.refresh_from_db()
    return begun


def counts(found: Import) -> dict[str, int]:
    return {name: found.effects[name] for name in ("new", "changed", "same", "faulty")}


def faults(found: Import) -> list[tuple[int, str, str]]:
    """Give the faults without their reasons."""
    return [(row, column, value) for row, column, value, _reason in found.faults]


def all_of(maker: Maker) -> list[Any]:
    """Give all of a workshop's pieces that an import could touch."""
    fields = ("slug", "title_en", "status", "options", "variants__sku", "variants__price_cents",
              "variants__stock__on_hand")  # fmt: skip
    return list(Product.objects.filter(maker=maker).order_by("pk", "variants").values(*fields))

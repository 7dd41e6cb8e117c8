"""Two at once on one import: tabs, jobs that run twice, and a piece that is edited meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Import, Product, StockMovement, Variant
from makers_market.core.models import AuditEntry
from tests import factories
from tests.catalog.sheets import checked, exported, new, rows_of, sent, sheet, start
from tests.catalog.test_piece_races import at_once
from tests.catalog.writing import drafted
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROWS = 12


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def mo(transactional_db: None) -> Maker:
    """Mo's workshop, with the shelf that all of the rows want."""
    factories.category()
    return factories.maker("mo", members=[factories.user("mo@example.com")])


def many() -> str:
    return sheet(*(new(f"jug-{number}", sku=f"JUG-{number}") for number in range(ROWS)))


def jobs(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [name])
        return int(cursor.fetchone()[0])


def test_start_pressed_in_four_tabs_at_once_is_one_run(mo: Maker):
    found = checked(mo, many())

    told = at_once(*[lambda: start(found)] * 4)

    assert told == [None] * 4
    assert jobs("catalog.run_import") == 1
    assert AuditEntry.objects.filter(action="import.started").count() == 1


def test_start_and_drop_at_once_leave_one_of_both(mo: Maker):
    found = checked(mo, many())

    told = at_once(
        lambda: start(found),
        lambda: catalog.drop_import(found.pk, by="test", at=timezone.now()),
    )
    catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert found.state == "dropped"
    assert (told[0], Product.objects.count()) in [(None, 0), ("NotChecked", 0)]


def test_two_files_sent_at_once_are_one_import(mo: Maker):
    text = many()

    told = at_once(lambda: sent(mo, text), lambda: sent(mo, text))

    assert sorted(isinstance(each, Import) for each in told) == [False, True]
    assert "OneAtATime" in told
    assert Import.objects.count() == 1


def test_two_workers_at_once_bring_each_piece_once(mo: Maker):
    found = checked(mo, many())
    start(found)

    told = at_once(*[lambda: catalog.run_import(found.pk, at=timezone.now())] * 2)

    assert told == [None, None]
    found.refresh_from_db()
    assert (found.state, found.rows_done, found.effects["came"]) == ("done", ROWS, ROWS)
    assert list(StockMovement.objects.values_list("quantity", flat=True)) == [5] * ROWS
    assert AuditEntry.objects.filter(action="import.done").count() == 1


def test_two_workers_check_at_once_and_a_third_gives_up_nothing(mo: Maker):
    found = sent(mo, many())

    told = at_once(
        lambda: catalog.check_import(found.pk, at=timezone.now()),
        lambda: catalog.check_import(found.pk, at=timezone.now()),
        lambda: catalog.give_imports_up(at=timezone.now()),
    )

    assert told == [None, None, 0]
    found.refresh_from_db()
    assert (found.state, found.faults, found.effects["new"]) == ("checked", [], ROWS)
    assert not Product.objects.exists()


def test_run_that_is_dropped_meanwhile_stops_between_two_pieces(mo: Maker):
    found = checked(mo, many())
    start(found)

    told = at_once(
        lambda: catalog.run_import(found.pk, at=timezone.now()),
        lambda: catalog.drop_import(found.pk, by="test", at=timezone.now()),
    )

    assert told == [None, None]
    found.refresh_from_db()
    assert found.state in {"dropped", "done"}
    assert found.effects.get("came", 0) == found.rows_done == Product.objects.count()


def test_pieces_edited_meanwhile_are_faults_or_came_before(mo: Maker):
    for number in range(3 * ROWS):
        drafted(mo, title_en=f"Piece {number}")
    found = checked(mo, sheet(*(row | {"price": "30.00"} for row in rows_of(exported(mo)))))
    start(found)
    variants = list(Variant.objects.order_by("-pk").values_list("pk", flat=True))

    def edit() -> None:
        for pk in variants:
            catalog.set_price(pk, 2700, by="test", at=timezone.now())

    told = at_once(lambda: catalog.run_import(found.pk, at=timezone.now()), edit)

    assert told == [None, None]
    found.refresh_from_db()
    assert (found.state, found.rows_done) == ("done", 3 * ROWS)
    assert found.effects.get("came", 0) + found.effects.get("failed", 0) == 3 * ROWS
    # Whoever came second was told, or had seen the other's price.
    assert len(found.faults) == found.effects.get("failed", 0)
    assert set(Variant.objects.values_list("price_cents", flat=True)) == {2700}


def test_price_that_commits_while_the_run_waits_for_it_is_not_undone(mo: Maker):
    piece = drafted(mo)
    (row,) = rows_of(exported(mo))
    found = checked(mo, sheet(row | {"price": "30.00"}))
    start(found)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            catalog.set_price(piece.variants.get().pk, 2700, by="test", at=timezone.now())
            run = pool.submit(at_once, lambda: catalog.run_import(found.pk, at=timezone.now()))
            wait_until(waits_for_a_lock, what="the run waits")
        assert run.result() == [None]

    found.refresh_from_db()
    assert piece.variants.get().price_cents == 2700
    assert (found.state, found.faults[0][:3]) == ("done", [2, "handle", piece.slug])


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_handle_taken_meanwhile_is_a_fault(mo: Maker):
    found = checked(mo, many())
    start(found)
    words = {"title_en": "Jug 3", "category_id": factories.category().pk}

    def take() -> Product:
        return Product.objects.create(maker=mo, slug=f"jug-{ROWS - 1}", **words)

    told = at_once(take, lambda: catalog.run_import(found.pk, at=timezone.now()))

    assert (isinstance(told[0], Product), told[1]) == (True, None)
    found.refresh_from_db()
    assert (found.state, found.effects["came"], found.effects["failed"]) == ("done", ROWS - 1, 1)
    assert found.faults[0][:3] == [ROWS + 1, "handle", f"jug-{ROWS - 1}"]
    assert Product.objects.count() == ROWS

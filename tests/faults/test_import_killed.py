"""The worker is killed in the middle of an import: the next one ends it, each piece once."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from catalog import services as catalog
from catalog.models import Import, Product, StockMovement
from tests.catalog.sheets import new, sent, sheet
from tests.factories import maker, user
from tests.faults.commands import Commands
from tests.faults.commands import commands as commands
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROWS = 60


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path


def test_import_whose_worker_is_killed_is_ended_by_the_next_and_each_piece_comes_once(
    commands: Commands, tmp_path: Path
):
    mo = maker("mo", members=[user("mo@example.com")])
    begun = sent(mo, sheet(*(new(f"piece-{n}", sku=f"SKU-{n}") for n in range(ROWS))))
    catalog.check_import(begun.pk, at=timezone.now())
    catalog.start_import(begun.pk, by=begun.sent_by, at=timezone.now())
    environment = {"MEDIA_ROOT": str(tmp_path / "media"), "JOBS_STALLED_SECONDS": "3"}
    worker = commands.worker(**environment)
    wait_until(lambda: 3 < done(begun) < ROWS, seconds=60, what="in the middle")

    worker.kill()
    worker.wait()
    left = done(begun)
    commands.worker(**environment)
    wait_until(lambda: state(begun) == "done", seconds=90, what="done")

    assert 3 < left < ROWS
    begun.refresh_from_db()
    assert (begun.rows_done, begun.effects["came"], begun.faults) == (ROWS, ROWS, [])
    assert Product.objects.filter(maker=mo).count() == ROWS
    assert list(StockMovement.objects.values_list("quantity", flat=True)) == [5] * ROWS


def done(begun: Import) -> int:
    return Import.objects.get(pk=begun.pk).rows_done


def state(begun: Import) -> str:
    return Import.objects.get(pk=begun.pk).state

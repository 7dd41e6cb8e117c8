"""Imports that cannot go on: the workshop is told, gets out, and loses nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Maker
from catalog import services as catalog
from catalog import tasks
from catalog.models import Import, Product
from catalog.services import checking_sheets
from catalog.services.importing import TRIES_MAX
from catalog.sheets.reading import read_sheet
from makers_market.core.jobs import Patience
from makers_market.core.models import AuditEntry
from tests.catalog.sheets import checked, counts, faults, new, run_sheets, sent, sheet, start
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
OURS = "Something went wrong with this piece on our side. Send it again later."
# What PostgreSQL does with one piece: it fails for ever, is in the way for a moment, or somebody
# drops the import just then.
POISON = "RAISE EXCEPTION 'nobody foresaw this'"
DEADLOCK = "RAISE EXCEPTION 'deadlock' USING ERRCODE = 'deadlock_detected'"
DROP = "UPDATE catalog_import SET state = 'dropped'"


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def at_mo_s(mo: Maker, built: None) -> Client:
    return signed_in(mo.members.get())


def when_begun(handle: str, does: str) -> None:
    """Let the database do something whenever a piece of this handle is begun."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {does}; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER act BEFORE INSERT ON catalog_product FOR EACH ROW"
            f" WHEN (NEW.slug = '{handle}') EXECUTE FUNCTION act()"
        )


def heal() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER act ON catalog_product")


def three(mo: Maker) -> Import:
    return sent(mo, sheet(*(new(f"jug-{number}") for number in range(3))))


def set_job(found: Import, **values: Any) -> None:
    """Leave the job of an import as a worker would have left it."""
    setters = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE procrastinate_jobs SET {setters} WHERE args ->> 'import_id' = %s",
            [*values.values(), str(found.pk)],
        )
        assert cursor.rowcount == 1


def lose_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def given_up(found: Import) -> int:
    count = catalog.give_imports_up(at=timezone.now())
    found.refresh_from_db()
    return count


def test_check_blames_what_nobody_foresaw_on_its_piece(mo: Maker, caplog: Any):
    when_begun("jug-1", POISON)

    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.state, counts(found)["new"], counts(found)["faulty"]) == ("checked", 2, 1)
    assert found.faults == [[3, "handle", "jug-1", OURS]]
    (told,) = [each for each in caplog.records if each.getMessage() == "piece_not_imported"]
    assert told.exc_info[0] is ProgrammingError


def test_run_blames_what_nobody_foresaw_on_its_piece(mo: Maker):
    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())
    when_begun("jug-1", POISON)

    start(found)
    catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.state, found.rows_done, found.faults[0][3]) == ("done", 3, OURS)
    assert (found.effects["came"], found.effects["failed"]) == (2, 1)
    assert set(Product.objects.values_list("slug", flat=True)) == {"jug-0", "jug-2"}


def test_what_passes_by_itself_is_tried_again(mo: Maker):
    found = three(mo)
    when_begun("jug-1", DEADLOCK)
    with pytest.raises(OperationalError):
        catalog.check_import(found.pk, at=timezone.now())
    heal()
    catalog.check_import(found.pk, at=timezone.now())
    start(found)
    when_begun("jug-1", DEADLOCK)
    with pytest.raises(OperationalError):
        catalog.run_import(found.pk, at=timezone.now())
    found.refresh_from_db()
    assert (found.state, found.rows_done, Product.objects.count()) == ("running", 1, 1)
    heal()

    catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.state, found.faults, found.effects["came"]) == ("done", [], 3)
    assert Product.objects.count() == 3


def test_start_beside_an_active_import_changes_nothing(mo: Maker):
    waits = Import.objects.create(
        maker=mo, state="checked", effects={"new": 1}, todo={"jug": ""}, sent_at=timezone.now()
    )
    three(mo)
    Import.objects.filter(pk=waits.pk).update(state="checked")

    with pytest.raises(catalog.OneAtATime):
        catalog.start_import(waits.pk, by="user:9", at=timezone.now())

    waits.refresh_from_db()
    assert (waits.state, waits.sent_by) == ("checked", "")
    assert not AuditEntry.objects.filter(action="import.started").exists()


def test_row_without_a_handle_is_a_fault_of_its_own(mo: Maker):
    found = checked(mo, sheet(new(""), new("jug"), new("")))

    assert [fault[:2] for fault in faults(found)] == [(2, "handle"), (4, "handle")]
    assert (counts(found)["new"], counts(found)["faulty"]) == (1, 2)


def test_run_that_is_dropped_in_the_middle_stops_behind_the_piece(mo: Maker):
    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())
    start(found)
    when_begun("jug-1", DROP)

    catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.state, found.rows_done, Product.objects.count()) == ("dropped", 2, 2)


def test_check_that_is_dropped_in_the_middle_writes_nothing_more(mo: Maker):
    found = three(mo)
    content = sheet(*(new(f"jug-{number}") for number in range(3))).encode()
    catalog.drop_import(found.pk, by="test", at=timezone.now())

    checking_sheets._check(found, read_sheet(content), at=timezone.now())
    checking_sheets._refuse(found.pk, "late", at=timezone.now())

    found.refresh_from_db()
    assert (found.state, found.rows_done, found.todo, found.refusal) == ("dropped", 0, None, "")


@pytest.mark.parametrize("tries", [0, TRIES_MAX - 1])
@pytest.mark.parametrize("status", ["todo", "doing"])
def test_import_whose_job_waits_or_runs_is_left_alone(mo: Maker, tries: int, status: str):
    found = three(mo)
    set_job(found, status=status, attempts=tries)

    assert given_up(found) == 0

    assert found.state == "checking"


@pytest.mark.parametrize(
    "left", [{"status": "failed"}, {"status": "aborted"}, {"attempts": TRIES_MAX}], ids=str
)
def test_check_whose_job_failed_for_good_is_broken_off(
    mo: Maker, own_media: Path, left: dict[str, Any]
):
    found = three(mo)
    set_job(found, **left)

    assert given_up(found) == 1

    assert (found.state, found.ended_at is None) == ("failed", False)
    assert given_up(found) == 0
    run_sheets()
    found.refresh_from_db()
    assert (found.state, Product.objects.count()) == ("failed", 0)
    assert not list(own_media.glob("imports/*"))
    entry = AuditEntry.objects.get(action="import.failed")
    assert (entry.changes, entry.actor) == ({"state": ["checking", "failed"]}, "worker")
    assert checked(mo, sheet(new("cup"))).state == "checked"


def test_run_whose_job_is_gone_is_broken_off_and_what_came_stays(mo: Maker):
    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())
    start(found)
    when_begun("jug-1", DEADLOCK)
    with pytest.raises(OperationalError):
        catalog.run_import(found.pk, at=timezone.now())
    heal()
    lose_jobs()

    assert given_up(found) == 1

    assert (found.state, found.effects["came"], found.todo) == ("failed", 1, None)
    catalog.run_import(found.pk, at=timezone.now())
    assert Product.objects.count() == 1
    again = checked(mo, sheet(*(new(f"jug-{number}") for number in range(3))))
    assert again.faults == []
    assert counts(again) == {"new": 2, "changed": 0, "same": 1, "faulty": 0}


def test_job_of_the_state_before_does_not_keep_an_import(mo: Maker):
    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())
    lose_jobs()
    assert given_up(found) == 0
    start(found)
    lose_jobs()
    tasks.check_import.defer(import_id=found.pk)

    assert given_up(found) == 1

    assert found.state == "failed"


def test_import_waits_for_a_file_store_that_is_away(
    at_mo_s: Client, mo: Maker, settings: Any, tmp_path: Path
):
    found = three(mo)
    there, away = settings.MEDIA_ROOT, tmp_path / "away"
    away.write_text("no folder")
    settings.MEDIA_ROOT = str(away)
    with pytest.raises(NotADirectoryError):
        catalog.check_import(found.pk, at=timezone.now())
    file = SimpleUploadedFile("pieces.csv", sheet(new("cup")).encode())
    answer = at_mo_s.post("/workshop/imports/send/", {"sheet": file})
    assert (answer.status_code, Import.objects.count()) == (422, 1)
    assert "We could not keep your file just now." in answer.text
    catalog.leave_sheet(found.uuid)
    settings.MEDIA_ROOT = there

    run_sheets()

    found.refresh_from_db()
    assert (found.state, found.effects["new"]) == ("checked", 3)


def test_run_whose_sheet_is_gone_is_broken_off(mo: Maker):
    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())
    start(found)
    catalog.drop_sheet(found.uuid)

    catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.state, Product.objects.count()) == ("failed", 0)


def test_giving_up_is_scheduled_and_comes_after_two_hours():
    assert "catalog.give_imports_up.scheduled" in app.tasks

    class Tried:
        attempts = 0

    waits = 0
    for Tried.attempts in range(TRIES_MAX):
        decision = Patience().get_retry_decision(exception=OSError(), job=Tried())  # type: ignore[arg-type]
        waits += (decision.retry_at - timezone.now()).total_seconds()

    assert timedelta(hours=1.5) < timedelta(seconds=waits) < timedelta(hours=2.5)


def test_page_of_a_broken_import_says_so_and_takes_another_file(at_mo_s: Client, mo: Maker):
    found = three(mo)
    lose_jobs()
    catalog.give_imports_up(at=timezone.now())

    page = at_mo_s.get(f"/workshop/imports/{found.uuid}/").text

    assert "Something went wrong on our side, and this file does not go on." in page
    assert "Broken off" in page
    assert "hx-get" not in page.partition('<div class="import"')[2]
    assert "Broken off" in at_mo_s.get("/workshop/imports/").text
    at_mo_s.post(f"/workshop/imports/{found.uuid}/start/")
    at_mo_s.post(f"/workshop/imports/{found.uuid}/drop/")
    found.refresh_from_db()
    assert (found.state, Product.objects.count()) == ("failed", 0)


@pytest.mark.parametrize("is_known", [True, False])
def test_import_that_stands_still_says_so_and_can_be_stopped(
    at_mo_s: Client, mo: Maker, is_known: bool
):
    found = three(mo)
    page = at_mo_s.get(f"/workshop/imports/{found.uuid}/progress/").text
    assert "Nothing has moved for a while" not in page
    long_ago = timezone.now() - timedelta(minutes=3)
    moved = long_ago if is_known else None
    Import.objects.filter(pk=found.pk).update(sent_at=long_ago, moved_at=moved)

    page = at_mo_s.get(f"/workshop/imports/{found.uuid}/progress/").text

    assert "Nothing has moved for a while" in page
    at_mo_s.post(f"/workshop/imports/{found.uuid}/drop/")
    found.refresh_from_db()
    assert found.state == "dropped"


def test_piece_writes_down_no_more_than_how_far_the_import_is(mo: Maker):
    found = three(mo)
    catalog.check_import(found.pk, at=timezone.now())
    found.refresh_from_db()
    assert found.todo == {"jug-0": "", "jug-1": "", "jug-2": ""}
    assert set(found.effects) == {"new", "changed", "same", "faulty", "faults"}
    start(found)
    when_begun("jug-1", POISON)

    catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.effects["came"], faults(found)) == (2, [(3, "handle", "jug-1")])
    assert (found.todo, found.moved_at > found.sent_at) == (None, True)

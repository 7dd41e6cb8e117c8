"""Migrations newer than the serving release: harmless to it, reversible, and they wait politely."""

import time
from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations import AddField, Migration, RemoveField, RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddIndex, CreateModel, RenameField
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import BigAutoField, Index, IntegerField, TextField
from psycopg import errors

from makers_market.core import migrating
from tests import factories, world
from tests.data_safety import linting
from tests.data_safety.linting import Key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def migration(*operations: Operation, atomic: bool = True, **excused: str) -> Migration:
    made = Migration("9999_seeded", "orders")
    made.operations, made.atomic = list(operations), atomic
    made.excused = {rule.replace("_", "-"): why for rule, why in excused.items()}
    return made


def found(made: Migration) -> set[str]:
    """Lint a migration that follows all there are; give the rules it breaks."""
    state = MigrationLoader(connection).project_state()
    return {problem.partition(":")[0] for problem in linting.problems_of(made, state)}


def url() -> str:
    return world.postgres.url(str(connection.settings_dict["NAME"]))


def test_new_migrations_leave_the_serving_release_alone():
    try:
        new = linting.new_migrations()
    except linting.NoHistory as why:
        pytest.skip(str(why))

    wrong = {key: linting.problems_of_key(key) for key in new}

    assert {key: problems for key, problems in wrong.items() if problems} == {}


@pytest.mark.slow
def test_new_migrations_go_back_and_forth():
    try:
        new = linting.new_migrations()
    except linting.NoHistory as why:
        pytest.skip(str(why))
    # One that is released goes along: the way back is walked even when there is nothing new.
    first = {("payments", "0003_walls"): None} | dict.fromkeys(new)
    graph = MigrationLoader(connection).graph
    try:
        for app, name in reversed(first):
            parents = [p.key for p in graph.node_map[app, name].parents if p.key[0] == app]
            call_command("migrate", app, parents[0][1] if parents else "zero", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_policies WHERE tablename LIKE 'payments_%'")
            assert cursor.fetchone() == (0,)
    finally:
        call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_policies WHERE tablename LIKE 'payments_%'")
        assert cursor.fetchone() == (4,)


def test_refuse_required_column():
    by_django = AddField("order", "gift", TextField(default=""))
    assert found(migration(by_django)) == {"required-field", "ban-drop-default"}
    by_hand = RunSQL("ALTER TABLE orders_order ADD COLUMN gift text NOT NULL", RunSQL.noop)
    assert found(migration(by_hand)) == {"adding-required-field"}


def test_admit_column_that_old_code_need_not_know():
    assert found(migration(AddField("order", "gift", TextField(null=True)))) == set()
    assert found(migration(AddField("order", "gift", IntegerField(db_default=0)))) == set()


def test_refuse_index_that_stops_writers():
    index = Index(fields=["placed_at"], name="seeded")

    assert found(migration(AddIndex("order", index))) == {"require-concurrent-index-creation"}
    assert found(migration(AddIndexConcurrently("order", index), atomic=False)) == set()
    assert "one-by-one" in found(
        migration(
            AddIndexConcurrently("order", index),
            AddField("order", "gift", TextField(null=True)),
            atomic=False,
        )
    )


def test_admit_index_on_a_table_that_is_new():
    table = CreateModel("Wish", [("id", BigAutoField(primary_key=True)), ("words", TextField())])
    index = AddIndex("wish", Index(fields=["words"], name="seeded"))

    assert found(migration(table, index)) == set()


def test_refuse_what_cannot_be_undone():
    assert "no-way-back" in found(migration(RunSQL("UPDATE orders_order SET note = ''")))
    assert "no-way-back" in found(migration(RunPython(lambda apps, editor: None)))
    assert "no-way-back" not in found(migration(RunSQL("SELECT 1", RunSQL.noop)))


def test_refuse_what_old_code_still_reads_unless_excused():
    drop = RemoveField("order", "name")

    assert found(migration(RenameField("order", "name", "buyer_name"))) == {"renaming-column"}
    assert found(migration(drop)) == {"ban-drop-column"}
    excuse = "no release reads it since the one of 1 December"
    assert found(migration(drop, ban_drop_column=excuse)) == set()
    assert found(migration(drop, ban_drop_column="because")) == {"ban-drop-column"}


@pytest.fixture
def pending() -> Iterator[Key]:
    """Take the last migration of payments back, so that there is one to apply."""
    call_command("migrate", "payments", "0002", verbosity=0)
    yield ("payments", "0003_walls")
    call_command("migrate", verbosity=0)


def is_applied(key: Key) -> bool:
    return key in MigrationRecorder(connection).applied_migrations()


@pytest.mark.slow
def test_migrate_waits_little_for_a_lock_and_tries_again(pending):
    told: list[str] = []
    reader = psycopg.connect(url())
    reader.execute("SELECT * FROM payments_ledgerline")  # its transaction stays open

    def tell(words: str) -> None:
        told.append(words)
        reader.close()

    began = time.monotonic()
    migrating.migrate(tell=tell, lock_seconds=0.2)

    assert is_applied(pending)
    assert told == ["A table is busy; try 2 of 10 in 1 s."]
    assert time.monotonic() - began < 6


@pytest.mark.slow
def test_migrate_gives_up_and_leaves_nothing(pending):
    with psycopg.connect(url()) as reader:
        reader.execute("SELECT * FROM payments_ledgerline")

        with pytest.raises(migrating.StillLocked, match="Nothing is half done"):
            migrating.migrate(tell=lambda words: None, lock_seconds=0.1, tries=2)

    assert not is_applied(pending)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_policies WHERE tablename LIKE 'payments_%'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("8s",)


def test_migrate_drops_the_index_of_an_interrupted_build():
    factories.user(name="Ada")
    factories.user(name="Ada")
    command = "CREATE UNIQUE INDEX CONCURRENTLY half_built ON accounts_user (name)"
    with psycopg.connect(url(), autocommit=True) as other, pytest.raises(errors.UniqueViolation):
        other.execute(command)
    told: list[str] = []

    migrating.migrate(tell=told.append)

    assert told == ["Dropping half_built, an index whose building was interrupted."]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'half_built'")
        assert cursor.fetchone() == (0,)


def test_patience_hides_no_broken_connection():
    cut = "SELECT pg_terminate_backend(pg_backend_pid())"

    with (
        pytest.raises(OperationalError, match="terminating connection"),
        migrating.patient(),
        connection.cursor() as cursor,
    ):
        cursor.execute(cut)

    connection.close()


def test_migrate_finds_nothing_to_do(capsys):
    migrating.migrate()

    assert "No migrations to apply" in capsys.readouterr().out

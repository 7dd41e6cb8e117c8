"""Backups and restores that cannot go well: each says why, and nothing is half done."""

import io
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from makers_market.core.backups import files
from makers_market.core.backups.contents import digest_of
from makers_market.core.backups.writing import make_backup
from orders.models import Order
from sandbox.world.postgres import Postgres
from tests import factories
from tests.data_safety.servers import PROGRAMS, connected_to, fresh_server, tables_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media" / "pictures").mkdir(parents=True)
    (tmp_path / "media" / "pictures" / "one.avif").write_bytes(b"picture")
    return tmp_path / "media"


@pytest.fixture
def backup(media: Path, tmp_path: Path) -> Path:
    """A backup of a shop with one order and one file."""
    factories.order()
    back_up(tmp_path / "backup")
    return tmp_path / "backup"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with fresh_server(tmp_path_factory.mktemp("other")) as running:
        yield running


@pytest.fixture
def empty(server: Postgres) -> Iterator[str]:
    """The name of a database on the other server with nothing in it."""
    server.create("empty")
    yield "empty"
    server.drop("empty")


def back_up(target: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command("backup", str(target), **{"programs": PROGRAMS, "stdout": out} | options)
    return out.getvalue()


def restore(source: Path) -> str:
    out = io.StringIO()
    call_command("restore", str(source), here=True, programs=PROGRAMS, stdout=out)
    return out.getvalue()


def refused(source: Path) -> str:
    """Try to restore into the tests' own database, which holds a shop; give the reason."""
    before = tables_in_order()
    with pytest.raises(CommandError) as caught:
        restore(source)
    assert tables_in_order() == before
    return str(caught.value)


def tables_in_order() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders_order")
        orders = cursor.fetchone()
        cursor.execute("SELECT relname, relnatts FROM pg_class WHERE relkind = 'r' ORDER BY 1")
        return [orders, *cursor.fetchall()]


def change(backup: Path, **fields: Any) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps(manifest | fields))


def test_backup_is_its_owner_s_alone(backup):
    assert backup.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in backup.iterdir()} == {
        "database.dump", "files", "files.jsonl", "manifest.json",
    }  # fmt: skip


def test_backup_lists_files_without_copying_them(media, tmp_path):
    told = back_up(tmp_path / "backup", without_files=True)

    [line] = (tmp_path / "backup" / "files.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "pictures/one.avif"
    assert not (tmp_path / "backup" / "files").exists()
    assert "1 files" in told


def test_backup_refuses_a_folder_that_exists(backup):
    before = sorted(backup.rglob("*"))

    with pytest.raises(CommandError, match="exists already"):
        back_up(backup)

    assert sorted(backup.rglob("*")) == before


def test_backup_says_that_pg_dump_is_missing_or_old(media, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    with pytest.raises(CommandError, match=r"pg_dump is not installed in .*postgresql-client-18"):
        back_up(tmp_path / "backup", programs=old)

    (old / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.14'\n")
    (old / "pg_dump").chmod(0o755)
    with pytest.raises(CommandError, match="is version 15, the server is version 18"):
        back_up(tmp_path / "backup", programs=old)

    assert not (tmp_path / "backup").exists()


def test_backup_leaves_nothing_when_it_may_not_write(media):
    with pytest.raises(CommandError, match=r"No backup was made: .*No such file or directory"):
        back_up(Path("/proc/none/backup"))


def test_backup_goes_on_when_the_shop_removes_a_file_meanwhile(media, tmp_path, monkeypatch):
    (media / "pictures" / "two.avif").write_bytes(b"swept")
    monkeypatch.setattr(files, "TOLD_EACH", 1)
    told = []

    def sweep(words: str) -> None:
        told.append(words)
        (media / "pictures" / "two.avif").unlink(missing_ok=True)

    count = files.write_files(tmp_path, with_content=True, tell=sweep)

    [line] = (tmp_path / "files.jsonl").read_text().splitlines()
    assert (count, json.loads(line)["name"]) == (1, "pictures/one.avif")
    assert told[-1].strip() == "pictures/two.avif was removed meanwhile"
    assert [path.name for path in (tmp_path / "files").rglob("*.avif")] == ["one.avif"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a full disk")
def test_backup_leaves_nothing_when_the_disk_is_full(media, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine forbids mounts")
    try:
        with pytest.raises(CommandError, match="No space left on device"):
            back_up(disk / "backup")

        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_backup_refuses_rows_it_cannot_see(media, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE POLICY narrow ON orders_shipment AS RESTRICTIVE USING (id > 5)")
    try:
        with pytest.raises(CommandError, match="hides rows of orders_shipment"):
            back_up(tmp_path / "backup")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP POLICY narrow ON orders_shipment")

    assert not (tmp_path / "backup").exists()


def test_restore_refuses_a_dump_that_was_cut_off_or_changed(backup):
    dump = backup / "database.dump"
    content = dump.read_bytes()
    dump.write_bytes(content[:-100])
    assert f"{len(content) - 100} bytes instead of {len(content)}" in refused(backup)

    dump.write_bytes(content[:-100] + bytes(100))
    assert "its SHA-256 differs" in refused(backup)

    dump.unlink()
    assert "database.dump is missing" in refused(backup)


def test_restore_refuses_a_file_that_was_changed(backup):
    (backup / "files" / "default" / "pictures" / "one.avif").write_bytes(b"forgery")

    assert "one.avif was changed" in refused(backup)


def test_restore_refuses_a_list_that_leads_out_of_the_backup(backup):
    line = json.loads((backup / "files.jsonl").read_text())
    (backup / "files.jsonl").write_text(json.dumps(line | {"name": "../../../etc/passwd"}) + "\n")
    listed = backup / "files.jsonl"
    change(backup, file_list={"bytes": listed.stat().st_size, "sha256": digest_of(listed)})

    assert "leads out of the backup" in refused(backup)


def test_restore_refuses_what_is_no_backup(tmp_path, backup):
    assert "holds no manifest.json" in refused(tmp_path / "nowhere")

    change(backup, format=2)
    assert "has the format 2, this shop reads 1" in refused(backup)

    (backup / "manifest.json").write_text("{")
    assert "cannot be read" in refused(backup)

    (backup / "manifest.json").write_text('{"format": 1}')
    assert "is damaged" in refused(backup)


@pytest.mark.parametrize(
    "field",
    [{"made_at": "yesterday"}, {"made_at": "2026-11-21T10:00:00"}, {"audit_head": "none"},
     {"server_version": "18"}, {"tables": {"orders_order": 3}}, {"migrations": "orders.0001"},
     {"has_files": "no"}],
)  # fmt: skip
def test_restore_refuses_a_damaged_manifest_before_it_begins(backup, field):
    change(backup, **field)

    assert "manifest.json is damaged" in refused(backup)


@pytest.mark.parametrize("line", ["[]", "{", '{"name": "x"}', "[" * 100_000,
    '{"storage": 1, "name": "x", "bytes": 1, "sha256": ""}'])  # fmt: skip
def test_restore_refuses_a_damaged_list_of_files(backup, line):
    (backup / "files.jsonl").write_text(line + "\n")
    change(
        backup,
        file_list={"bytes": len(line) + 1, "sha256": digest_of(backup / "files.jsonl")},
    )

    assert "files.jsonl is damaged in line 1" in refused(backup)


def test_restore_refuses_another_server_login_or_release(backup):
    login = connection.settings_dict["USER"]
    change(backup, server_version=190_001)
    assert "was made on PostgreSQL 19, this server is 18" in refused(backup)

    change(backup, server_version=180_000, login="somebody")
    assert f"belongs to the login somebody, an ordinary role; this is {login}" in refused(backup)

    change(backup, login=login, migrations=["orders.9999_from_the_future"])
    assert "has the migration orders.9999_from_the_future" in refused(backup)


def test_restore_refuses_a_database_that_is_not_empty(backup):
    assert "The database is not empty: it has account_emailaddress" in refused(backup)


def test_restore_refuses_a_server_without_roles(backup, tmp_path):
    with fresh_server(tmp_path, roles=None) as bare:
        bare.create("empty")

        with connected_to(bare, "empty"), pytest.raises(CommandError, match=r"roles\.sql as admin"):
            restore(backup)

        assert tables_in(bare.url("empty")) == 0


def test_restore_is_all_or_nothing(backup, server, empty):
    dump = backup / "database.dump"
    content = bytearray(dump.read_bytes())
    content[-2000:-1600] = bytes(400)
    dump.write_bytes(content)
    change(backup, dump={"bytes": len(content), "sha256": digest_of(dump)})

    with connected_to(server, empty), pytest.raises(CommandError, match="pg_restore failed"):
        restore(backup)

    assert tables_in(server.url(empty)) == 0


def test_restore_without_rights_changes_nothing(backup, server, empty):
    admin = f"host=127.0.0.1 port={server.port} user=postgres dbname={empty}"
    with psycopg.connect(admin, autocommit=True) as there:
        there.execute("ALTER SCHEMA public OWNER TO postgres")

    with connected_to(server, empty), pytest.raises(CommandError, match="permission denied for"):
        restore(backup)

    assert tables_in(server.url(empty)) == 0


def test_backup_of_a_shop_that_sells_is_of_one_moment(media, tmp_path, server, empty):
    factories.order()

    def sell() -> None:
        factories.order()
        connection.close()

    def meanwhile(words: str) -> None:
        seller = threading.Thread(target=sell)
        seller.start()
        seller.join()

    made = make_backup(tmp_path / "backup", with_files=True, programs=PROGRAMS, tell=meanwhile)

    assert Order.objects.count() >= 4
    assert made.tables["orders_order"][0] == "1"
    with connected_to(server, empty):
        assert "Restored." in restore(tmp_path / "backup")
        assert Order.objects.count() == 1


def test_restore_never_replaces_a_file(backup, media, server, empty):
    (media / "pictures" / "one.avif").write_bytes(b"another")

    with connected_to(server, empty), pytest.raises(CommandError, match="is there already"):
        restore(backup)

    assert (media / "pictures" / "one.avif").read_bytes() == b"another"
    assert tables_in(server.url(empty)) == 0


def test_restore_tells_that_the_key_is_another(backup, server, empty, settings):
    settings.SECRET_KEY = "tests-" + "x" * 60

    with connected_to(server, empty):
        told = restore(backup)

    assert "SECRET_KEY is another than when the backup was made" in told
    assert "Restored." in told


def test_restore_migrates_a_backup_of_an_older_release(media, tmp_path, server, empty):
    call_command("migrate", "payments", "0002", verbosity=0)
    try:
        back_up(tmp_path / "backup")
    finally:
        call_command("migrate", "payments", verbosity=0)

    with connected_to(server, empty):
        told = restore(tmp_path / "backup")

        assert "of an older release: migrating" in told
        applied = MigrationRecorder(connection).applied_migrations()
        assert ("payments", "0003_walls") in applied

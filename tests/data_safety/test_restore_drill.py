"""The drill: the demo shop with orders, dumped, restored into a fresh server, and proven."""

import io
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.models import Variant
from makers_market.core import audit_chain
from makers_market.core.audit_log import record
from makers_market.core.models import AuditEntry
from orders import services as orders
from orders.models import Order, Shipment
from payments import services as payments
from tests import factories, world
from tests.data_safety.servers import PROGRAMS, connected_to, fresh_server, manage, rows_of
from tests.worker import run_jobs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("provider", "inbox"),
]


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """A file system of the test's own for the shop's pictures."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def untouched() -> Iterator[None]:
    """Put the audit log back: its guard forbids what the sweep between tests would do."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_auditentry")


def open_demo_shop(provider: Any) -> None:
    """Fill a small demo shop and sell in it: two orders are paid, one waits for its money."""
    call_command("fill_demo", "--only", "2", verbosity=0, stdout=io.StringIO())
    pieces = list(Variant.objects.filter(stock__on_hand__gt=3).order_by("sku")[:3])
    for piece in pieces:
        order = factories.order((piece, 1))
        payment = payments.start_payment(order.pk, at=timezone.now())
        if piece is not pieces[1]:
            provider.outcome(payment.session_id, "pay")
    for event in provider.events():
        payments.receive_event(event, at=timezone.now())
    run_jobs()
    parcel = Shipment.objects.filter(status=Shipment.NEW).earliest("pk")
    orders.accept_shipment(parcel.pk, by="mo", at=timezone.now())
    long_ago = timezone.now() - timedelta(minutes=1)
    for number in range(5):
        record("maker.approved", f"maker:{number}", by="user:1", at=long_ago)
    audit_chain.seal_settled(at=timezone.now())


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_restore_brings_back_every_row_and_file(provider, media, untouched, tmp_path):
    open_demo_shop(provider)
    backup = tmp_path / "backup"
    # A job that falls due meanwhile would be another row: nothing runs here but the test.
    call_command("backup", str(backup), programs=PROGRAMS, verbosity=0)
    own = world.postgres.url(connection.settings_dict["NAME"])
    before = rows_of(own)
    assert len(before["orders_order"]) == 3
    assert len(before["core_auditentry"]) >= 5

    with fresh_server(tmp_path) as server:
        server.create("restored")
        elsewhere = tmp_path / "restored-media"
        address = tmp_path / "address"
        address.write_text(server.url("restored") + "\n")
        words = ("restore", backup, "--into", f"@{address}", "--programs", PROGRAMS)
        done = manage(*words, MEDIA_ROOT=str(elsewhere))

        assert done.returncode == 0, done.stdout
        assert rows_of(server.url("restored")) == before
        assert files_below(elsewhere) == files_below(media)
        assert len(files_below(media)) > 10
        the_walls_stand(server.url("restored"))
        assert machinery_of(server.url("restored")) == machinery_of(own)
        kept = json.loads((backup / "manifest.json").read_text())["audit_head"]
        with connected_to(server, "restored"):
            call_command("audit_money", stdout=io.StringIO())  # each exits when anything is broken
            call_command("verify_audit", expect=kept, stdout=io.StringIO())
            # New rows get numbers of their own: the sequences came along.
            factories.order()
            assert Order.objects.count() == 4
    assert Order.objects.count() == 3


def machinery_of(url: str) -> dict[str, list[Any]]:
    """Name what works on rows by itself: triggers, and how words are taken in for the search."""
    asked = {
        "triggers": """
            SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled::text
            FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2""",
        "words": """
            SELECT name, words::text, to_tsvector(name::regconfig, words)::text
            FROM unnest('{market_en,market_pt}'::text[]) AS name,
                unnest('{Água-marinha canecas,Speckled mugs at the café}'::text[]) AS words
            ORDER BY 1, 2""",
    }
    with psycopg.connect(url) as there:
        found = {kind: there.execute(statement).fetchall() for kind, statement in asked.items()}
    assert any("catalog_stock" in row for row in found["triggers"])
    return found


def the_walls_stand(url: str) -> None:
    """Row-level security, the books' guard and the log's guard came along."""
    with psycopg.connect(url) as there:
        there.execute("SET ROLE mm_workshop")
        there.execute("SELECT set_config('app.maker_id', '0', false)")
        assert there.execute("SELECT count(*) FROM orders_shipment").fetchone() == (0,)
    for statement in (
        "UPDATE payments_ledgerline SET amount_cents = 1",
        "DELETE FROM core_auditentry",
    ):
        with psycopg.connect(url) as there, pytest.raises(psycopg.DatabaseError):
            there.execute(statement)


def test_restore_finds_what_was_changed_since(provider, media, untouched, tmp_path):
    factories.order()
    at = timezone.now() - timedelta(minutes=1)
    for number in range(3):
        record("maker.approved", f"maker:{number}", by="user:1", at=at)
    backup = tmp_path / "backup"
    call_command("backup", str(backup), programs=PROGRAMS, verbosity=0)
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["audit_head"].startswith(f"{AuditEntry.objects.count()}:")
    manifest["tables"]["orders_order"][1] = "1"
    manifest["tables"]["catalog_stock"][0] = "7"
    manifest["audit_head"] = "3:" + "0" * 64
    (backup / "manifest.json").write_text(json.dumps(manifest))

    with fresh_server(tmp_path) as server:
        server.create("restored")
        with connected_to(server, "restored"), pytest.raises(CommandError) as caught:
            call_command("restore", str(backup), here=True, programs=PROGRAMS, stdout=io.StringIO())

    assert "orders_order has other values in its 1 rows" in str(caught.value)
    assert "catalog_stock has 1 rows instead of 7" in str(caught.value)
    assert "has another seal than the kept head" in str(caught.value)


@pytest.mark.long
def test_drill_script_restores_a_demo_shop():
    script = world.ROOT / "deploy" / "scripts" / "restore-drill.sh"

    done = subprocess.run(
        [script, "--demo"], capture_output=True, text=True, timeout=240, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Restored and proven in" in done.stdout

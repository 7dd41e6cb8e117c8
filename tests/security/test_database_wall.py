"""The second wall, with raw SQL: what a workshop's role can read, and that it can write nothing."""

import pytest
from django.apps import apps
from django.db import DataError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.models import Maker
from makers_market.core.audit_log import record
from makers_market.core.db import as_app, as_workshop
from orders import services as orders
from orders.models import Order
from tests import factories

pytestmark = pytest.mark.django_db
# What a workshop may read of its own; everything that is not named here is shut.
WALLED = {
    "accounts_invitation", "accounts_maker", "accounts_makermove", "accounts_membership",
    "accounts_shopdraft", "accounts_shopsection", "accounts_user",
    "catalog_import", "catalog_listing", "catalog_makerrating", "catalog_personalfield",
    "catalog_picture", "catalog_pricechange", "catalog_product", "catalog_product_terms",
    "catalog_productmove", "catalog_productslug", "catalog_review", "catalog_reviewpicture",
    "catalog_revision", "catalog_stock", "catalog_stockmovement", "catalog_upload",
    "catalog_variant", "catalog_workload",
    "core_auditentry",
    "orders_order", "orders_orderline", "orders_shipment", "orders_shipmentmove",
    "payments_ledgerentry", "payments_ledgerline",
}  # fmt: skip
# What belongs to nobody.
COMMON = {"catalog_category", "catalog_term", "core_marketstate", "django_content_type"}
ORDER_COLUMNS = {
    "id", "number", "placed_at", "name", "street", "postcode", "city", "country", "language",
}  # fmt: skip


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def order(mo: Maker, zed: Maker) -> Order:
    """A paid order with a parcel of Mo and one of Zed."""
    pieces = (factories.variant("mug", maker=mo), 1), (factories.variant("bowl", maker=zed), 2)
    made = factories.order(*pieces)
    orders.mark_paid(made.pk, at=timezone.now())
    for maker in (mo, zed):
        record("maker.tested", maker, by="test", at=timezone.now(), maker=maker.pk)
    return made


def read(statement: str) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def count(table: str) -> int:
    return int(str(read(f"SELECT count(*) FROM {table}")[0][0]))


def tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def test_workshop_reads_exactly_the_tables_named_here():
    with as_workshop(0, sees_money=True):
        readable = {table for table in tables() if can_read(table)}

    assert readable == WALLED | COMMON


def can_read(table: str) -> bool:
    row = read(
        f"SELECT has_table_privilege('{table}', 'SELECT')"
        f" OR has_any_column_privilege('{table}', 'SELECT')"
    )
    return bool(row[0][0])


def test_workshop_writes_no_table():
    verbs = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")

    with as_workshop(1, sees_money=True):
        writable = {
            (table, verb)
            for table in tables()
            for verb in verbs
            if read(f"SELECT has_table_privilege('{table}', '{verb}')")[0][0]
        }

    assert writable == set()


def test_every_walled_table_forces_its_rules():
    rows = read(
        "SELECT relname FROM pg_class"
        " WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    )

    assert {str(name) for (name,) in rows} == WALLED


def test_workshop_sees_its_own_rows_only(order: Order, mo: Maker, zed: Maker):
    seen = {}
    for maker in (mo, zed):
        with as_workshop(maker.pk, sees_money=True):
            seen[maker.slug] = {
                "makers": read("SELECT slug FROM accounts_maker"),
                "pieces": read("SELECT slug FROM catalog_product"),
                "parcels": read("SELECT maker_id FROM orders_shipment"),
                "lines": read("SELECT title_en FROM orders_orderline"),
                "stock": count("catalog_stock"),
                "orders": read("SELECT number FROM orders_order"),
                "team": read("SELECT email FROM accounts_user"),
                "log": read("SELECT subject FROM core_auditentry WHERE action = 'maker.tested'"),
            }

    for maker, piece in ((mo, "mug"), (zed, "bowl")):
        assert seen[maker.slug] == {
            "makers": [(maker.slug,)],
            "pieces": [(piece,)],
            "parcels": [(maker.pk,)],
            "lines": [(piece.title(),)],
            "stock": 1,
            "orders": [(order.number,)],
            "team": [(f"{maker.slug}@example.com",)],
            "log": [(f"maker:{maker.pk}",)],
        }


@pytest.mark.parametrize("maker_id", [0, -1, 2**62])
def test_workshop_of_nobody_sees_nothing(order: Order, maker_id: int):
    with as_workshop(maker_id, sees_money=True):
        seen = {table: count(table) for table in WALLED - {"accounts_user", "orders_order"}}

    assert set(seen.values()) == {0}


def test_no_maker_set_means_no_rows(order: Order):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE mm_workshop")
        cursor.execute("SELECT count(*) FROM orders_shipment")
        seen = cursor.fetchone()
        cursor.execute("RESET ROLE")

    assert seen == (0,)


def test_parcel_nobody_paid_is_not_there(mo: Maker):
    factories.order((factories.variant(maker=mo), 1))

    with as_workshop(mo.pk, sees_money=True):
        assert count("orders_shipment") == 0
        assert read("SELECT number FROM orders_order") == []


def test_buyer_s_email_and_telephone_cannot_be_read(order: Order, mo: Maker):
    columns = {field.column for field in Order._meta.local_fields}

    with as_workshop(mo.pk, sees_money=True):
        readable = {name for name in columns if _reads_column("orders_order", name)}
        people = {
            name for name in ("password", "last_login", "is_staff", "operator_role")
            if _reads_column("accounts_user", name)
        }  # fmt: skip

    assert readable == ORDER_COLUMNS
    assert people == set()


def _reads_column(table: str, column: str) -> bool:
    try:
        read(f"SELECT {column} FROM {table}")
    except ProgrammingError:
        return False
    return True


def test_money_is_seen_by_owners_only(mo: Maker):
    statement = (
        "INSERT INTO payments_ledgerentry (source, kind, at) VALUES ('test', 'test', now());"
        " INSERT INTO payments_ledgerline (entry_id, account, amount_cents)"
        f" SELECT max(id), 'maker_payable:{mo.pk}', -100 FROM payments_ledgerentry;"
        " INSERT INTO payments_ledgerline (entry_id, account, amount_cents)"
        " SELECT max(id), 'commission', 100 FROM payments_ledgerentry"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)

    with as_workshop(mo.pk, sees_money=True):
        mine = read("SELECT amount_cents FROM payments_ledgerline")
    with as_workshop(mo.pk, sees_money=False):
        packer_s = count("payments_ledgerline"), count("payments_ledgerentry")
    with as_workshop(mo.pk + 1, sees_money=True):
        other_s = count("payments_ledgerline"), count("payments_ledgerentry")

    assert mine == [(-100,)]
    assert packer_s == other_s == (0, 0)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE catalog_product SET title_en = 'x'", "DELETE FROM orders_shipment",
     "INSERT INTO core_marketstate (id) VALUES (1)", "SELECT * FROM django_session",
     "SELECT * FROM payments_payment", "SELECT * FROM mfa_authenticator",
     "SELECT * FROM notifications_mail", "SELECT * FROM procrastinate_jobs",
     "SELECT set_config('role', 'postgres', true)", "CREATE TABLE x (y int)",
     "ALTER TABLE orders_order DISABLE ROW LEVEL SECURITY"],
)  # fmt: skip
def test_workshop_is_refused(order: Order, mo: Maker, statement: str):
    with as_workshop(mo.pk, sees_money=True), pytest.raises(ProgrammingError):
        run(statement)


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_service_runs_as_the_app_and_the_wall_stands_again_after_it(order: Order, mo: Maker):
    with as_workshop(mo.pk, sees_money=True):
        with as_app():
            inside = count("orders_shipment")
        after = count("orders_shipment")

    assert (inside, after) == (2, 1)
    assert count("orders_shipment") == 2


@pytest.mark.parametrize(
    "statement", ["SELECT nonsense", "SELECT 1 / (count(*) - 2) FROM orders_shipment"]
)
def test_wall_stands_again_after_a_service_failed(order: Order, mo: Maker, statement: str):
    with as_workshop(mo.pk, sees_money=True):
        with pytest.raises((ProgrammingError, DataError)):
            run_as_app(statement)
        after = read("SELECT current_user"), count("orders_shipment")

    assert after == ([("mm_workshop",)], 1)
    assert read("SELECT current_user") != [("mm_workshop",)]


def run_as_app(statement: str) -> None:
    with transaction.atomic(), as_app():
        read(statement)


def test_as_app_changes_nothing_outside_a_workshop():
    before = read("SELECT current_user")

    with as_app():
        inside = read("SELECT current_user")

    assert inside == before == read("SELECT current_user")


def test_app_s_login_is_an_ordinary_role():
    rights = read(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    inherits = read(
        "SELECT inherit_option, set_option FROM pg_auth_members m"
        " JOIN pg_roles r ON r.oid = m.roleid"
        " WHERE r.rolname = 'mm_workshop' AND m.member = current_user::regrole"
    )

    assert rights == [(False, False, False)]
    assert inherits == [(False, True)]


def test_every_table_with_a_maker_is_walled_or_shut():
    """A new table that names a maker is out of a workshop's reach until a wall is built for it."""
    named = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.related_model is Maker
    }

    with as_workshop(0, sees_money=True):
        open_ones = {table for table in named if can_read(table)}

    assert open_ones <= WALLED

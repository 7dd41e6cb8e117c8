"""Sheets brought in: what changes, what does not, and which row is at fault."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Maker, ShopSection
from catalog import services as catalog
from catalog.combining import Axis, AxisValue
from catalog.models import Import, Listing, Product, Revision, Term, Variant
from catalog.services import importing
from makers_market.core.models import AuditEntry
from tests.catalog.sheets import (
    all_of,
    brought_in,
    checked,
    counts,
    exported,
    faults,
    new,
    rows_of,
    run_sheets,
    sent,
    sheet,
)
from tests.catalog.writing import drafted, fresh, live
from tests.factories import maker, user

pytestmark = pytest.mark.django_db
NOTHING = {"new": 0, "changed": 0, "faulty": 0}


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def zed(db: None) -> Maker:
    return maker("zed", members=[user("zed@example.com")])


@pytest.fixture
def material(db: None) -> Term:
    return Term.objects.create(kind="material", slug="stoneware", name_en="Stoneware")


def rich(mo: Maker, material: Term) -> Product:
    """Give a piece with everything a sheet can say, some of it hard to say."""
    section = ShopSection.objects.create(maker=mo, name_en="Table")
    piece = drafted(
        mo, title_en='Mug, "speckled"', title_pt="=Caneca", section_id=section.pk,
        description_en="- thrown\n- glazed; fired, twice\n\t'tis", material="'@clay",
    )  # fmt: skip
    axes = [
        Axis("glaze", [AxisValue("Chalk", "Cal"), AxisValue("+Cobalt", "Cobalto")]),
        Axis("size", [AxisValue("300 ml"), AxisValue("-1 l")]),
    ]
    versions = [
        catalog.Version({"glaze": glaze, "size": size}, 2400 + 100 * n, f"MUG-{glaze[-1]}{n}")
        for n, size in enumerate(("300 ml", "-1 l"))
        for glaze in ("Chalk", "+Cobalt")
    ]
    catalog.save_offers(piece.pk, axes=axes, versions=versions, by="test", at=timezone.now())
    piece.terms.add(material)
    catalog.set_making(
        piece.pk, is_made_to_order=True, days_min=3, days_max=9, by="test", at=timezone.now()
    )
    return fresh(piece)


def test_round_trip_changes_nothing(mo: Maker, material: Term):
    rich(mo, material)
    live(mo)
    drafted(mo, title_en="Plain")
    before = all_of(mo)

    found = checked(mo, exported(mo))

    assert (found.state, found.faults) == ("checked", [])
    assert counts(found) == NOTHING | {"same": 6}
    assert found.todo == {}
    assert all_of(mo) == before
    with pytest.raises(catalog.NotChecked):
        catalog.start_import(found.pk, by="test", at=timezone.now())


def test_round_trip_of_a_piece_whose_change_waits_changes_nothing(mo: Maker):
    piece = live(mo)
    Revision.objects.create(
        product=piece, fields={"title_en": "Waits"}, submitted_at=timezone.now(), submitted_by="x"
    )

    found = checked(mo, exported(mo))

    assert rows_of(exported(mo))[0]["title_en"] == "Waits"
    assert counts(found) == NOTHING | {"same": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_sheet_of_any_spreadsheet_is_read(mo: Maker, encoding: str, delimiter: str):
    text = sheet(
        new("jug", title_en="Jarro de água", price="1234,5", description_en="two\nlines"),
        delimiter=delimiter,
    )

    found = checked(mo, text.encode(encoding))

    assert (found.faults, counts(found)) == ([], NOTHING | {"new": 1, "same": 0})
    assert not Product.objects.exists()


def test_check_changes_nothing_and_bringing_in_does(mo: Maker, material: Term):
    text = sheet(
        new("jug", sku="JUG-1", materials="stoneware", one_of_a_kind="yes", stock="1"),
        new("cup", option1_name="Glaze", option1_value="Chalk", option1_value_pt="Cal", stock="2"),
        {"handle": "cup", "option1_name": "glaze", "option1_value": "Sage", "price": "26",
         "sku": "CUP-SAGE"},
    )  # fmt: skip
    assert counts(checked(mo, text)) == NOTHING | {"new": 3, "same": 0}
    assert (all_of(mo), Listing.objects.count()) == ([], 0)

    found = brought_in(mo, text)

    assert (found.state, found.rows_done, found.effects["came"]) == ("done", 3, 3)
    jug, cup = Product.objects.order_by("pk")
    assert (jug.slug, jug.status, jug.is_one_of_a_kind) == ("jug", "draft", True)
    assert list(jug.terms.all()) == [material]
    assert (jug.listing.materials, jug.listing.is_one_of_a_kind) == (["stoneware"], True)
    assert (cup.listing.price_max_cents, cup.listing.available) == (2600, 2)
    assert cup.options == [
        {"name": "glaze", "values": ["Chalk", "Sage"], "values_pt": ["Cal", "Sage"]}
    ]
    sold = Variant.objects.order_by("pk").values_list("sku", "price_cents", "stock__on_hand")
    assert next(iter(sold)) == ("JUG-1", 2400, 1)
    assert list(sold)[2] == ("CUP-SAGE", 2600, 0)
    assert counts(checked(mo, exported(mo))) == NOTHING | {"same": 3}


def test_words_of_a_live_piece_wait_and_its_price_and_stock_hold_at_once(mo: Maker):
    piece = live(mo)
    (row,) = rows_of(exported(mo))

    found = brought_in(mo, sheet(row | {"title_en": "New words", "price": "30.00", "stock": "9"}))

    assert (found.state, found.faults) == ("done", [])
    variant = Variant.objects.select_related("stock").get(product=piece)
    assert (variant.price_cents, variant.stock.on_hand) == (3000, 9)
    listing = Listing.objects.get(product=piece)
    assert (listing.price_cents, listing.available) == (3000, 9)
    assert fresh(piece).title_en == "Speckled mug"
    assert Revision.objects.waiting().get().fields == {"title_en": "New words"}
    reference = variant.movements.get(reason="corrected").reference
    assert reference == f"import:{found.uuid.hex}"


def test_sale_after_the_export_is_not_undone(mo: Maker):
    piece = live(mo)
    (row,) = rows_of(exported(mo))
    variant = Variant.objects.get(product=piece)
    catalog.take_stock_away(
        variant, 2, why="sold at a fair", reference="fair", by="test", at=timezone.now()
    )

    same = checked(mo, sheet(row | {"price": "25.00"}))
    counted = checked(mo, sheet(row | {"stock": "9"}))

    assert counts(same) == NOTHING | {"changed": 1, "same": 0}
    assert faults(counted) == [(2, "stock", "9")]
    assert "number changed" in counted.faults[0][3]


def test_column_that_is_left_out_stays(mo: Maker):
    piece = drafted(mo, material="Stoneware")
    columns = ("handle", "sku", "price")

    brought_in(
        mo,
        sheet(
            {"handle": piece.slug, "sku": piece.variants.get().sku, "price": "31"},
            columns=columns,
        ),
    )

    kept = fresh(piece)
    assert (kept.material, kept.title_en) == ("Stoneware", "Speckled mug")
    assert kept.variants.get().price_cents == 3100
    assert kept.variants.get().stock.on_hand == 5


def test_every_kind_of_fault_is_named_by_row_and_column(mo: Maker, zed: Maker, material: Term):
    drafted(mo, title_en="Own")
    theirs = drafted(zed, title_en="Theirs")
    number = theirs.variants.get().sku
    rows = [
        new("good-1", sku="TWICE"),
        new("bad price!"),
        new("f-02", price="-1"),
        new("f-03", price="1e9"),
        new("f-04", stock="1.5"),
        new("f-05", stock="-1"),
        new("f-06", category="no-such"),
        new("f-07", section="Nowhere"),
        new("f-08", title_en="x" * 141),
        new("f-09", title_en=""),
        new("f-10", made_to_order="perhaps"),
        new("f-11", made_to_order="yes", making_days_min="121"),
        new("f-12", materials="stoneware|unobtainium"),
        new("f-13", sku="TWICE"),
        new("f-14", sku=number),
        new(theirs.slug),
        new("f-16", option1_name="Size"),
        rows_of(exported(mo))[0] | {"price": "100001"},
        new("good-2"),
    ]  # fmt: skip

    found = checked(mo, sheet(*rows))

    assert [fault[:2] for fault in faults(found)] == [
        (3, "handle"), (4, "price"), (5, "price"), (6, "stock"), (7, "stock"), (8, "category"),
        (9, "section"), (10, "title_en"), (11, "title_en"), (12, "made_to_order"),
        (13, "making_days_min"), (14, "materials"), (15, "sku"), (16, "sku"), (17, "handle"),
        (18, "option1_value"), (19, "price"),
    ]  # fmt: skip
    assert counts(found) == {"new": 2, "changed": 0, "same": 0, "faulty": 17}
    said = " ".join(reason for *_where, reason in found.faults)
    assert "zed" not in said.lower()
    assert all(reason for *_where, reason in found.faults)


def test_fault_keeps_the_whole_piece_out_and_the_others_come(mo: Maker):
    text = sheet(
        new("cup", option1_name="glaze", option1_value="Chalk"),
        {"handle": "cup", "option1_name": "glaze", "option1_value": "Sage", "price": "free"},
        new("jug"),
    )

    found = brought_in(mo, text)

    assert faults(found) == [(3, "price", "free")]
    assert [each["slug"] for each in all_of(mo)] == ["jug"]


def test_service_that_refuses_makes_a_fault_and_leaves_nothing(mo: Maker):
    text = sheet(
        new("one", one_of_a_kind="yes", stock="2"),
        new("both", one_of_a_kind="yes", made_to_order="yes", stock="0"),
    )

    found = checked(mo, text)

    assert [fault[:2] for fault in faults(found)] == [(2, "stock"), (3, "one_of_a_kind")]
    assert all_of(mo) == []


def test_unknown_column_is_named_and_left_out(mo: Maker):
    columns = (*sheet().strip().split(","), "__class__", "=cmd()", "<b>x</b>")

    found = checked(mo, sheet(new("jug"), columns=columns))

    assert [fault[1] for fault in faults(found)] == ["__class__", "=cmd()", "<b>x</b>"]
    assert counts(found) == NOTHING | {"new": 1, "same": 0}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "“handle” is missing"),
        (b"handle\r\n", "no rows"),
        (b"title_en,price\r\nx,1\r\n", "“handle” is missing"),
        (b"handle,handle\r\nx,y\r\n", "twice"),
        (b"handle,title\r\na\0b,c\r\n", "letters of this file"),
        ("handle,title\r\nx,água\r\n".encode("utf-16-le"), "letters of this file"),
        (b"handle,title\r\nx,\x81\x8d\r\n", "letters of this file"),
        (b"PK\x03\x04" + b"\0" * 200, "spreadsheet, not a CSV"),
        (b"handle," + b"x," * 10_000 + b"\r\n", "more than 60 columns"),
        (b'handle,title\r\nx,"open\r\n', "Row 2 breaks off"),
        (b"handle,title\r\nx," + b"y" * 30_000, "Row 2 has a cell"),
        (b"handle,title\r\nx," + b"y" * 200_000, "Row 2 breaks off"),
        (b"handle\r\n" + b"x\r\n" * 2001, "more than 2,000 rows"),
    ],
    ids=["empty", "header", "no-handle", "double", "nul", "utf-16-bare", "binary", "xlsx",
         "columns", "quote", "cell", "huge-cell", "rows"],
)  # fmt: skip
def test_file_that_is_no_sheet_is_refused_in_words(mo: Maker, content: bytes, words: str):
    found = checked(mo, content)

    assert (found.state, found.faults) == ("refused", [])
    assert words in found.refusal
    assert all_of(mo) == []


def test_refusal_speaks_the_language_of_who_sent_it(mo: Maker):
    mo.members.update(language="pt")

    found = checked(mo, sheet(new("jug", price="free")))

    assert faults(found) == [(2, "price", "free")]


def test_piece_in_review_takes_prices_and_no_words(mo: Maker):
    piece = drafted(mo, pictures=1)
    catalog.submit_piece(piece.pk, by="test", at=timezone.now())
    (row,) = rows_of(exported(mo))

    worded = checked(mo, sheet(row | {"title_en": "Other"}))
    priced = brought_in(mo, sheet(row | {"price": "29"}))

    assert faults(worded) == [(2, "handle", piece.slug)]
    assert priced.state == "done"
    assert piece.variants.get().price_cents == 2900


def test_piece_changed_after_the_check_is_a_fault(mo: Maker):
    piece = drafted(mo)
    (row,) = rows_of(exported(mo))
    found = checked(mo, sheet(row | {"price": "29"}, new("jug")))
    catalog.set_price(piece.variants.get().pk, 2700, by="test", at=timezone.now())

    catalog.start_import(found.pk, by=found.sent_by, at=timezone.now())
    run_sheets()

    found.refresh_from_db()
    assert found.state == "done"
    assert faults(found) == [(2, "handle", piece.slug)]
    assert piece.variants.get().price_cents == 2700
    assert Product.objects.filter(slug="jug").exists()
    assert (found.effects["failed"], found.effects["came"]) == (1, 1)


def test_run_that_broke_off_goes_on_where_it_was(mo: Maker, monkeypatch: pytest.MonkeyPatch):
    found = checked(mo, sheet(*(new(f"jug-{n}") for n in range(6))))
    catalog.start_import(found.pk, by=found.sent_by, at=timezone.now())
    begun = importing.bring_in
    left = [3]

    def breaks_off(plan: Any, **facts: Any) -> Product:
        if left[0] == 0:
            raise ConnectionError("gone")
        left[0] -= 1
        return begun(plan, **facts)

    monkeypatch.setattr(importing, "bring_in", breaks_off)
    with pytest.raises(ConnectionError):
        catalog.run_import(found.pk, at=timezone.now())
    monkeypatch.undo()
    found.refresh_from_db()
    assert (found.state, found.rows_done, Product.objects.count()) == ("running", 3, 3)

    for _ in range(2):
        catalog.run_import(found.pk, at=timezone.now())

    found.refresh_from_db()
    assert (found.state, found.rows_done, found.effects["came"]) == ("done", 6, 6)
    movements = Variant.objects.values_list("movements__quantity", flat=True)
    assert list(movements) == [5] * 6


def test_stopped_import_brings_no_more(mo: Maker):
    found = checked(mo, sheet(new("jug")))
    catalog.start_import(found.pk, by=found.sent_by, at=timezone.now())
    catalog.drop_import(found.pk, by="test", at=timezone.now())

    run_sheets()

    found.refresh_from_db()
    assert (found.state, Product.objects.count()) == ("dropped", 0)


def test_one_file_at_a_time_and_the_next_takes_the_place_of_one_that_waits(
    mo: Maker, zed: Maker, own_media: Path
):
    first = sent(mo, sheet(new("jug")))
    with pytest.raises(catalog.OneAtATime):
        sent(mo, sheet(new("cup")))
    sent(zed, sheet(new("cup")))
    run_sheets()

    second = checked(mo, sheet(new("cup")))

    first.refresh_from_db()
    assert (first.state, second.state) == ("dropped", "checked")
    assert not (own_media / f"imports/{first.uuid.hex}").exists()


def test_start_pressed_twice_brings_in_once(mo: Maker):
    found = checked(mo, sheet(new("jug")))

    for _ in range(2):
        catalog.start_import(found.pk, by=found.sent_by, at=timezone.now())
    run_sheets()

    assert Product.objects.count() == 1
    actions = AuditEntry.objects.filter(subject=f"import:{found.pk}").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "import.sent", "import.started", "import.done",
    ]  # fmt: skip


def test_sheet_is_private_and_gone_when_it_is_done(mo: Maker, own_media: Path, shopper: Any):
    found = checked(mo, sheet(new("jug")))
    name = f"imports/{found.uuid.hex}"
    assert (own_media / name).exists()
    assert shopper.get(f"/media/{name}").status_code == 404

    catalog.start_import(found.pk, by=found.sent_by, at=timezone.now())
    run_sheets()

    assert not (own_media / name).exists()


def test_imports_are_forgotten_after_thirty_days(mo: Maker):
    old = checked(mo, sheet(new("jug")))
    Import.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=31))
    kept = checked(mo, sheet(new("cup")))

    catalog.sweep_imports(at=timezone.now())

    assert list(Import.objects.all()) == [kept]


def test_sheet_that_did_not_arrive_is_refused(mo: Maker):
    begun = sent(mo, sheet(new("jug")))
    catalog.drop_sheet(begun.uuid)

    run_sheets()

    begun.refresh_from_db()
    assert (begun.state, begun.refusal) == ("refused", "This file did not arrive. Send it again.")


def test_file_that_began_pieces_can_be_mended_and_sent_again(mo: Maker, material: Term):
    good = [
        new("jug", materials="stoneware", one_of_a_kind="yes", stock="1"),
        new("cup", option1_name="glaze", option1_value="Chalk", option1_value_pt="Cal"),
        {"handle": "cup", "option1_name": "glaze", "option1_value": "Sage", "price": "26"},
        new("pot", made_to_order="yes", making_days_min="3", making_days_max="9"),
    ]
    first = brought_in(mo, sheet(*good, new("bad", price="free")))
    before = all_of(mo)

    again = brought_in(mo, sheet(*good, new("bad", price="12")))

    assert (first.effects["came"], faults(first)) == (4, [(6, "price", "free")])
    assert (again.faults, counts(again)) == ([], NOTHING | {"new": 1, "same": 4})
    assert [each for each in all_of(mo) if each["slug"] != "bad"] == before


def test_new_version_of_a_piece_is_offered_beside_the_others(mo: Maker, material: Term):
    piece = rich(mo, material)
    rows = rows_of(exported(mo))
    more = dict.fromkeys(rows[1], "") | {
        "handle": piece.slug, "option1_name": "glaze", "option1_value": "Sage",
        "option2_name": "size", "option2_value": "300 ml", "price": "27", "sku": str(uuid4())[:8],
    }  # fmt: skip

    found = brought_in(mo, sheet(*rows, more))

    assert (found.faults, counts(found)) == ([], NOTHING | {"changed": 5, "same": 0})
    offered = Variant.objects.filter(product=piece, is_offered=True)
    assert offered.count() == 5
    assert [value["values"] for value in fresh(piece).options] == [
        ["Chalk", "+Cobalt", "Sage"], ["300 ml", "-1 l"],
    ]  # fmt: skip

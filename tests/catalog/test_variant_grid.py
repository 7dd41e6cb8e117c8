"""What a piece comes in: options × values, the versions offered, their numbers and prices."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.audits import listings_have_the_price, listings_have_the_stock
from catalog.combining import Axis, AxisValue, combinations, offers_seen
from catalog.models import Picture, PriceChange, Variant
from catalog.product_page import options_of
from makers_market.core.models import AuditEntry
from orders import services as orders
from tests import factories
from tests.catalog.grids import GLAZE, SIZE, kept, mug, offered, save, sent, url
from tests.catalog.writing import PIECES, audited, drafted, fresh, live
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def test_save_offers_makes_every_combination(mo: Maker):
    piece = live(mo)
    first = piece.variants.get()

    save(piece, [SIZE, GLAZE])

    assert list(offered(piece)) == ["S, Chalk", "S, Cobalt", "L, Chalk", "L, Cobalt"]
    assert fresh(piece).options == [
        {"name": "size", "values": ["S", "L"], "values_pt": ["S", "L"]},
        {"name": "glaze", "values": ["Chalk", "Cobalt"], "values_pt": ["Cal", "Cobalto"]},
    ]
    first.refresh_from_db()
    assert (first.options, first.stock.on_hand) == ({"size": "S", "glaze": "Chalk"}, 5)
    assert listings_have_the_stock() == listings_have_the_price() == []


def test_save_offers_makes_only_what_is_ticked(mo: Maker, shopper: Client):
    piece = live(mo)
    every = [catalog.Version(each, 2400) for each in combinations([SIZE, GLAZE])]
    every[3] = replace(every[3], is_offered=False)

    save(piece, [SIZE, GLAZE], *every)

    assert list(offered(piece)) == ["S, Chalk", "S, Cobalt", "L, Chalk"]
    assert piece.variants.count() == 3
    large = next(each for each in fresh(piece).sellable if each.options["size"] == "L")
    glazes = options_of(fresh(piece), large)[1]["values"]
    assert [each["value"] for each in glazes if each["url"] == large.url] == ["Chalk"]
    assert shopper.get(large.url).status_code == 200


def test_save_offers_retires_what_is_taken_out_and_brings_it_back(mo: Maker, shopper: Client):
    piece = mug(mo)
    gone = piece.variants.get(options={"size": "L", "glaze": "Cobalt"})
    catalog.receive_stock(gone, 3, reference="kiln", at=timezone.now())

    save(piece, [SIZE, Axis("glaze", GLAZE.values[:1])])

    gone.refresh_from_db()
    assert (gone.is_offered, gone.stock.on_hand) == (False, 3)
    assert list(offered(piece)) == ["S, Chalk", "L, Chalk"]
    assert "Cobalt" not in shopper.get(piece.url).text
    assert listings_have_the_stock() == listings_have_the_price() == []
    save(fresh(piece), [SIZE, GLAZE])
    assert offered(piece)["L, Cobalt"] == (2400, gone.sku)
    assert fresh(piece).listing.available == 8


def test_retired_version_goes_into_no_basket_and_no_order(mo: Maker):
    piece = mug(mo)
    first = Variant.objects.select_related("stock").get(options={"size": "S", "glaze": "Chalk"})
    basket = factories.basket((first, 1))

    save(piece, [Axis("size", [SIZE.values[1]]), GLAZE])

    with pytest.raises(orders.UnknownPiece):
        orders.add_to_basket(None, sku=first.sku, quantity=1)
    with pytest.raises(catalog.SoldOut):
        factories.place(basket)
    first.stock.refresh_from_db()
    assert first.stock.held == 0


def test_retired_version_with_stock_changes_no_listing(mo: Maker):
    piece = mug(mo)
    gone = piece.variants.get(options={"size": "L", "glaze": "Cobalt"})
    save(piece, [SIZE, Axis("glaze", GLAZE.values[:1])])

    catalog.receive_stock(gone, 4, reference="late", at=timezone.now())

    assert fresh(piece).listing.available == 5
    assert listings_have_the_stock() == []


def test_rename_keeps_versions_stock_and_pictures(mo: Maker):
    piece = mug(mo)
    before = dict(piece.variants.values_list("pk", "sku"))
    Picture.objects.filter(product=piece).update(shows="Chalk")
    values = [AxisValue("Milk", "Leite", was="Chalk"), AxisValue("Cobalt", was="Cobalt")]

    save(piece, [SIZE, Axis("finish", values, was="glaze")])

    assert list(offered(piece)) == ["S, Milk", "S, Cobalt", "L, Milk", "L, Cobalt"]
    assert dict(piece.variants.values_list("pk", "sku")) == before
    assert piece.pictures.get().shows == "Milk"
    assert piece.variants.get(options={"size": "S", "finish": "Milk"}).stock.on_hand == 5


def test_rename_of_two_values_into_each_other_is_kept_apart(mo: Maker):
    piece = mug(mo)
    chalk = piece.variants.get(options={"size": "S", "glaze": "Chalk"})
    values = [AxisValue("Cobalt", was="Chalk"), AxisValue("Chalk", was="Cobalt")]

    save(piece, [SIZE, Axis("glaze", values, was="glaze")])

    chalk.refresh_from_db()
    assert chalk.options == {"size": "S", "glaze": "Cobalt"}
    assert len(offered(piece)) == 4


def test_numbers_can_be_exchanged(mo: Maker):
    piece = mug(mo)
    skus = [sku for _cents, sku in offered(piece).values()]
    wished = [skus[1], skus[0], *skus[2:]]
    every = zip(combinations([SIZE, GLAZE]), wished, strict=True)

    save(piece, [SIZE, GLAZE], *(catalog.Version(each, 2400, sku) for each, sku in every))

    assert [sku for _cents, sku in offered(piece).values()] == wished


def test_numbers_that_are_taken_are_named_by_row_and_column(mo: Maker, zed: Maker):
    piece, theirs = mug(mo), live(zed)
    taken = theirs.variants.get().sku
    skus = ["own-1", taken, "twice", "twice"]
    every = zip(combinations([SIZE, GLAZE]), skus, strict=True)
    before = kept(piece)

    with pytest.raises(catalog.OffersRefused) as refused:
        save(piece, [SIZE, GLAZE], *(catalog.Version(each, 2400, sku) for each, sku in every))

    assert [(each.row, each.column) for each in refused.value.problems] == [
        (1, "sku"), (2, "sku"), (3, "sku"),
    ]  # fmt: skip
    assert kept(piece) == before


def test_prices_that_are_none_are_named_by_row_and_column(mo: Maker):
    piece = mug(mo)
    prices = [2400, 0, 2**31, -1]
    every = zip(combinations([SIZE, GLAZE]), prices, strict=True)
    before = kept(piece)

    with pytest.raises(catalog.OffersRefused) as refused:
        save(piece, [SIZE, GLAZE], *(catalog.Version(each, cents) for each, cents in every))

    assert [(each.row, each.column) for each in refused.value.problems] == [
        (1, "price"), (2, "price"), (3, "price"),
    ]  # fmt: skip
    assert kept(piece) == before


def values(*names: str) -> list[AxisValue]:
    return [AxisValue(name) for name in names]


BAD_AXES = [
    [Axis(name, values("a")) for name in "abcd"],
    [Axis("size", values("a")), Axis("Size ", values("b"))],
    [Axis("", values("a"))],
    [Axis("x" * 31, values("a"))],
    [Axis("size", [])],
    [Axis("size", values("S", "s"))],
    [Axis("size", values("x" * 61))],
    [Axis("size", values("a\0b"))],
    [Axis("size", values(*(str(n) for n in range(41))))],
    [Axis("one", values(*"abcdefghijk")), Axis("two", values(*"abcdefghij"))],
]


@pytest.mark.parametrize("axes", BAD_AXES)
def test_options_that_do_not_go_together_are_refused(mo: Maker, axes: list[Axis]):
    piece = mug(mo)
    before = kept(piece)

    with pytest.raises(catalog.BadOptions):
        save(piece, axes)

    assert kept(piece) == before


def test_nothing_offered_or_a_strange_combination_is_refused(mo: Maker):
    piece = mug(mo)
    before = kept(piece)
    nothing = [catalog.Version(each, 2400, is_offered=False) for each in combinations([SIZE])]
    strange = [catalog.Version({"size": "XXL"}, 2400)]
    twice = [catalog.Version({"size": "S"}, 2400)] * 2

    for versions in (nothing, strange, twice):
        with pytest.raises((catalog.BadOptions, catalog.OffersRefused)):
            save(piece, [SIZE], *versions)

    assert kept(piece) == before


def test_one_of_a_kind_comes_in_one_version(mo: Maker):
    piece = drafted(mo)
    catalog.take_stock_away(
        piece.variants.get(), 4, why="sold at a fair", reference="fair", by="test",
        at=timezone.now(),
    )  # fmt: skip
    catalog.set_one_of_a_kind(piece.pk, is_one=True, by="test", at=timezone.now())
    before = kept(piece)

    with pytest.raises(catalog.BadOptions):
        save(fresh(piece), [SIZE])

    assert kept(piece) == before


def test_one_of_a_kind_comes_in_no_version_of_which_there_are_more(mo: Maker):
    piece = live(mo)
    save(piece, [SIZE])
    save(fresh(piece), [Axis("size", [SIZE.values[1]])])
    catalog.set_one_of_a_kind(piece.pk, is_one=True, by="test", at=timezone.now())
    before = kept(piece)

    with pytest.raises(catalog.BadOptions, match="more than one of it on hand"):
        save(fresh(piece), [Axis("size", [SIZE.values[0]])])

    assert kept(piece) == before


def test_every_price_change_is_remembered(mo: Maker):
    piece = mug(mo)

    save(piece, [SIZE, GLAZE], *(
        catalog.Version(each, 2400 if each["size"] == "S" else 3000)
        for each in combinations([SIZE, GLAZE])
    ))  # fmt: skip

    large = piece.variants.filter(options__size="L")
    remembered = PriceChange.objects.filter(variant__in=large).values_list("price_cents", flat=True)
    assert sorted(remembered) == [2400, 2400, 3000, 3000]
    assert audited(piece)[-1] == "product.offers_set"
    entry = AuditEntry.objects.filter(subject=f"product:{piece.pk}").latest("pk")
    assert entry.changes["versions"][1][2].endswith("€30.00")


def test_stale_page_is_refused_and_a_double_click_is_not(mo: Maker):
    piece = mug(mo)
    seen = offers_seen(piece)
    dearer = [catalog.Version(each, 2500) for each in combinations([SIZE, GLAZE])]
    other = [catalog.Version(each, 2600) for each in combinations([SIZE, GLAZE])]
    save(piece, [SIZE, GLAZE], *dearer, seen=seen)
    before = kept(piece)

    save(piece, [SIZE, GLAZE], *dearer, seen=seen)
    with pytest.raises(catalog.ChangedMeanwhile):
        save(piece, [SIZE, GLAZE], *other, seen=seen)

    assert kept(piece) == before


def test_page_saves_what_it_shows(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = mug(mo)
    at_mo_s.get(url(piece))

    answer = at_mo_s.post(url(piece), sent(piece) | {"co0v1o1v1-price": "31,50"})

    assert (answer.status_code, answer.url) == (302, url(piece))
    assert [cents for cents, _sku in offered(piece).values()] == [2400, 2400, 2400, 3150]
    variant = piece.variants.get(options={"size": "L", "glaze": "Cobalt"})
    assert "€31.50" in shopper.get(variant.url).text


def test_page_shows_new_combinations_before_it_saves_them(at_mo_s: Client, mo: Maker):
    piece = live(mo)
    before = kept(piece)
    form = {"seen": offers_seen(piece), "o0-name": "Size", "o0-was": "", "save": ""}
    form |= {"o0v0-value": "S", "o0v1-value": "L", "o0v2-value": ""}

    shown = at_mo_s.post(url(piece), form)
    rows = {f"c{name}-{field}": value for name, price in (("o0v0", "24"), ("o0v1", "30"))
            for field, value in (("offered", "on"), ("price", price), ("sku", ""))}  # fmt: skip
    unchanged = kept(piece)
    saved = at_mo_s.post(url(piece), form | rows)

    assert (shown.status_code, unchanged) == (200, before)
    assert "Nothing is saved yet." in shown.text
    assert saved.status_code == 302
    assert [cents for cents, _sku in offered(piece).values()] == [2400, 3000]


def test_page_fills_in_one_price_without_saving(at_mo_s: Client, mo: Maker):
    piece = mug(mo)
    before = kept(piece)
    form = sent(piece) | {"all_price": "27,00", "fill": ""}

    shown = at_mo_s.post(url(piece), form)

    assert shown.status_code == 200
    assert shown.text.count('value="27,00"') == 5
    assert kept(piece) == before


@pytest.mark.parametrize("price", ["", "0", "-1", "1e9", str(2**31), "NaN", "9" * 5000, "a\0b"])
def test_page_refuses_hostile_prices(at_mo_s: Client, mo: Maker, price: str):
    piece = mug(mo)
    before = kept(piece)

    answer = at_mo_s.post(url(piece), sent(piece) | {"co0v0o1v0-price": price})

    assert answer.status_code == 422
    assert "S, Chalk: " in answer.text
    assert kept(piece) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"o0v0-value": "a\0b"}, {"o0v0-value": "x" * 61}, {"o0-name": ""}, {"o0-name": "x" * 31},
        {"o0v0-value": "L"}, {"co0v0o1v0-sku": "=1+1"}, {"co0v0o1v0-sku": "x" * 41},
        {"seen": "0" * 32, "co0v0o1v0-price": "99"}, {"seen": "", "co0v0o1v0-price": "99"},
    ],
)  # fmt: skip
def test_page_refuses_hostile_options_and_stale_forms(
    at_mo_s: Client, mo: Maker, wrong: dict[str, Any]
):
    piece = mug(mo)
    before = kept(piece)

    answer = at_mo_s.post(url(piece), sent(piece) | wrong)

    assert answer.status_code in {200, 422}
    assert kept(piece) == before


def test_page_with_ten_thousand_fields_is_refused(at_mo_s: Client, mo: Maker):
    piece = mug(mo)
    before = kept(piece)

    answer = at_mo_s.post(url(piece), sent(piece) | {f"x{n}": "1" for n in range(10_000)})

    assert answer.status_code == 400
    assert kept(piece) == before


def test_page_takes_a_hundred_combinations_at_one_cost(at_mo_s: Client, mo: Maker):
    piece = mug(mo)
    with CaptureQueriesContext(connection) as few:
        at_mo_s.get(url(piece))
    ten = [AxisValue(f"v{n}") for n in range(10)]
    save(piece, [Axis("size", ten), Axis("glaze", ten)])

    with CaptureQueriesContext(connection) as many:
        page = at_mo_s.get(url(piece))
    saved = at_mo_s.post(url(piece), sent(piece))

    assert (page.status_code, saved.status_code) == (200, 302)
    assert len(offered(piece)) == 100
    assert len(few) == len(many) <= 15


@pytest.mark.parametrize("door", ["versions/", "making/", "questions/", "capacity/"])
def test_doors_of_another_makers_piece_are_404(at_mo_s: Client, zed: Maker, mo: Maker, door: str):
    theirs = mug(zed)
    before = kept(theirs)

    for pk in (theirs.pk, 2**31, 2**63):
        assert at_mo_s.get(f"{PIECES}{pk}/{door}").status_code in {404, 405}
        assert at_mo_s.post(f"{PIECES}{pk}/{door}", sent(theirs)).status_code == 404

    assert kept(theirs) == before


def test_form_of_another_makers_piece_changes_neither(at_mo_s: Client, zed: Maker, mo: Maker):
    mine, theirs = mug(mo), mug(zed)
    before = kept(mine), kept(theirs)

    answer = at_mo_s.post(url(mine), sent(theirs) | {"co0v0o1v0-price": "1"})

    assert answer.status_code == 422
    assert (kept(mine), kept(theirs)) == before

"""Makers write pieces: draft, prices, review and the way on sale; nobody writes another's."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker, ShopSection
from catalog import services as catalog
from catalog.drafts import left
from catalog.models import Product, StockMovement, Variant
from tests import factories
from tests.catalog.writing import (
    PIECES,
    audited,
    change,
    drafted,
    live,
    offers,
    save_words,
    sent,
    state_of,
    words,
)  # fmt: skip
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
HOSTILE_PRICES = ["", "0", "-1", "0.001", "1e9", "2147483648", "100000.01", "NaN", "9" * 5000, "٣"]


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def rows(*filled: tuple[str, str, str]) -> dict[str, Any]:
    """Give the table of versions as the form sends it: value, price, stock."""
    sent: dict[str, Any] = {"rows-TOTAL_FORMS": 8, "rows-INITIAL_FORMS": 0}
    for number, (value, price, stock) in enumerate(filled):
        row = {"value": value, "value_pt": "", "price": price, "stock": stock}
        sent |= {f"rows-{number}-{name}": text for name, text in row.items()}
    return sent


def new_piece(**changed: Any) -> dict[str, Any]:
    plain = sent() | rows() | {"price": "34,50", "stock": "3", "axis": "", "token": uuid4()}
    return plain | changed


def test_add_makes_a_draft_in_one_version(at_mo_s: Client, mo: Maker):
    answer = at_mo_s.post(f"{PIECES}add/", new_piece())

    piece = Product.objects.get()
    assert (answer.status_code, answer.url) == (302, f"{PIECES}{piece.pk}/change/")
    assert (piece.maker, piece.status, piece.slug, piece.published_at) == (
        mo, "draft", "speckled-mug", None,
    )  # fmt: skip
    variant = piece.variants.get()
    assert (variant.price_cents, variant.stock.on_hand, variant.options) == (3450, 3, {})
    assert audited(piece) == ["product.drafted"]


def test_add_makes_one_variant_for_each_version(at_mo_s: Client):
    filled = rows(("Chalk", "30", "2"), ("Cobalt", "32.5", "0"))

    at_mo_s.post(f"{PIECES}add/", new_piece(price="", stock="", axis="Glaze") | filled)

    piece = Product.objects.get()
    assert piece.options == [
        {"name": "glaze", "values": ["Chalk", "Cobalt"], "values_pt": ["Chalk", "Cobalt"]}
    ]
    assert [(v.options, v.price_cents, v.stock.on_hand) for v in piece.variants.all()] == [
        ({"glaze": "Chalk"}, 3000, 2), ({"glaze": "Cobalt"}, 3250, 0),
    ]  # fmt: skip


def test_add_twice_by_a_double_click_makes_one_piece(at_mo_s: Client):
    form = new_piece()

    answers = [at_mo_s.post(f"{PIECES}add/", form) for _ in range(2)]

    piece = Product.objects.get()
    assert {answer.url for answer in answers} == {f"{PIECES}{piece.pk}/change/"}
    assert piece.variants.get().stock.on_hand == 3


def test_add_same_token_in_two_workshops_makes_two_pieces(mo: Maker, zed: Maker):
    token, at = uuid4(), timezone.now()
    choices = [catalog.Choice(2400, 5)]

    made = [
        catalog.draft_piece(
            maker_id=each.pk, words=words(), choices=choices, token=token, by="test", at=at
        )
        for each in (mo, zed)
    ]

    assert made[0].slug == "speckled-mug"
    assert made[1].slug.startswith("speckled-mug-")
    assert [piece.maker for piece in made] == [mo, zed]


@pytest.mark.parametrize("title", ["日本語", "…", "a" * 140, "-" * 30])
def test_add_makes_an_address_of_any_title(mo: Maker, title: str):
    assert 0 < len(drafted(mo, title_en=title).slug) <= 50


def test_add_ignores_what_a_form_never_offers(at_mo_s: Client, mo: Maker, zed: Maker):
    planted = {
        "maker": zed.pk, "maker_id": zed.pk, "status": "live", "slug": "planted",
        "published_at": "2020-01-01", "vat_basis_points": 0, "vat": 0, "id": 999,
    }  # fmt: skip

    at_mo_s.post(f"{PIECES}add/", new_piece(**planted))
    piece = Product.objects.get()
    save_words(at_mo_s, piece, title_en="Other", **planted)

    piece.refresh_from_db()
    assert (piece.maker, piece.status, piece.slug, piece.published_at, piece.vat_basis_points) == (
        mo, "draft", "speckled-mug", None, 2300,
    )  # fmt: skip
    assert piece.title_en == "Other"


@pytest.mark.parametrize("price", HOSTILE_PRICES)
def test_add_at_no_real_price_is_refused(at_mo_s: Client, price: str):
    answer = at_mo_s.post(f"{PIECES}add/", new_piece(price=price))

    assert answer.status_code == 422
    assert Product.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"title_en": ""}, {"title_en": "x" * 141}, {"title_en": "a\0b"},
        {"description_en": "x" * 5001}, {"stock": "-1"}, {"stock": str(2**31)}, {"token": "x"},
        {"category_id": ""}, {"axis": "x" * 31}, {"rows-TOTAL_FORMS": "9999"},
        {"rows-TOTAL_FORMS": "x"}, rows(("Chalk", "30", "1")),
        rows(("Chalk", "30", "1"), ("chalk", "30", "1")) | {"axis": "Glaze"},
        rows(("Chalk", "", "1")) | {"axis": "Glaze"},
    ],
)  # fmt: skip
def test_add_refuses_hostile_words(at_mo_s: Client, wrong: dict[str, Any]):
    answer = at_mo_s.post(f"{PIECES}add/", new_piece() | wrong)

    assert answer.status_code == 422
    assert Product.objects.count() == 0


def test_change_refuses_shelves_and_sections_of_others(at_mo_s: Client, mo: Maker, zed: Maker):
    piece = drafted(mo)
    theirs = ShopSection.objects.create(maker=zed, name_en="Zed's")
    before = state_of(piece)

    for forged in ({"section_id": theirs.pk}, {"category_id": 2**31}, {"category_id": "-1"}):
        assert save_words(at_mo_s, piece, **forged).status_code == 404
        assert at_mo_s.post(f"{PIECES}add/", new_piece(**forged)).status_code == 404

    assert state_of(piece) == before
    assert Product.objects.count() == 1


def test_save_words_checks_the_section_itself(mo: Maker, zed: Maker):
    piece, at = drafted(mo), timezone.now()
    theirs = ShopSection.objects.create(maker=zed, name_en="Zed's")
    before, now = state_of(piece), left(piece).words_seen

    for forged in ({"section_id": theirs.pk}, {"category_id": 2**31}):
        with pytest.raises(catalog.NotTheirs):
            catalog.save_words(piece.pk, words=words(**forged), seen=now, by="test", at=at)

    assert state_of(piece) == before


DOORS = [
    "change/", "prices/", "pictures/", "gallery/", "preview/", "submit/", "withdraw/", "retire/",
    "bring-back/", "forget-change/", "uploads/00000000-0000-4000-8000-000000000000/",
]  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_piece_of_another_maker_is_404(at_mo_s: Client, mo: Maker, zed: Maker, door: str):
    piece = drafted(zed, pictures=2)
    before = state_of(piece)

    for pk in (piece.pk, 2**31, 2**63):
        assert at_mo_s.get(f"{PIECES}{pk}/{door}").status_code in {404, 405}
        assert at_mo_s.post(f"{PIECES}{pk}/{door}", sent()).status_code in {404, 405}

    assert state_of(piece) == before


@pytest.mark.parametrize("door", DOORS)
def test_piece_is_shut_to_a_packer(mo: Maker, door: str):
    packer = factories.user("packer@example.com")
    mo.memberships.create(user=packer, role="packer")
    piece = drafted(mo, pictures=1)
    client, before = signed_in(packer), state_of(piece)

    assert client.get(f"{PIECES}{piece.pk}/{door}").status_code in {403, 405}
    assert client.post(f"{PIECES}{piece.pk}/{door}", sent()).status_code in {403, 405}
    assert client.get(PIECES).status_code == 403
    assert client.post(f"{PIECES}add/", new_piece()).status_code == 403

    assert state_of(piece) == before
    assert Product.objects.count() == 1


def test_prices_change_at_once_on_a_piece_on_sale(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = live(mo)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/prices/", offers(piece, "39,90", "7"))

    assert answer.status_code == 302
    assert "€39.90" in shopper.get(piece.url).text
    variant = piece.variants.get()
    assert (variant.price_cents, variant.stock.on_hand) == (3990, 7)
    assert piece.revisions.count() == 0
    assert audited(piece)[-1] == "product.price_set"


def test_prices_sent_twice_by_a_double_click_count_once(at_mo_s: Client, mo: Maker):
    piece = live(mo)
    form = offers(piece, "24", "7")

    for _ in range(2):
        at_mo_s.post(f"{PIECES}{piece.pk}/prices/", form)

    assert piece.variants.get().stock.on_hand == 7
    moved = StockMovement.objects.filter(variant__product=piece, reason="corrected")
    assert [each.quantity for each in moved] == [2]


def test_prices_of_a_stale_page_undo_no_sale_and_no_other_window(at_mo_s: Client, mo: Maker):
    piece = live(mo)
    variant = Variant.objects.get(product=piece)
    stale_stock, stale_price = offers(piece, "24", "9"), offers(piece, "24", "5")
    catalog.set_price(variant.pk, 3000, by="test", at=timezone.now())
    factories.order((Variant.objects.select_related("stock").get(pk=variant.pk), 1))
    catalog.take_stock_away(
        variant, 1, why="broken", reference="other", by="test", at=timezone.now()
    )

    at_mo_s.post(f"{PIECES}{piece.pk}/prices/", stale_stock)
    at_mo_s.post(f"{PIECES}{piece.pk}/prices/", stale_price)

    variant = piece.variants.get()
    assert (variant.price_cents, variant.stock.on_hand) == (3000, 4)


def test_prices_of_another_pieces_variant_are_404(at_mo_s: Client, mo: Maker, zed: Maker):
    mine, theirs = live(mo), live(zed)
    before = state_of(mine), state_of(theirs)
    planted = offers(theirs, "1", "0")

    for form in (planted, offers(mine, "1", "0") | planted):
        assert at_mo_s.post(f"{PIECES}{mine.pk}/prices/", form).status_code == 404

    assert (state_of(mine), state_of(theirs)) == before


def test_change_offers_checks_the_variant_itself(mo: Maker, zed: Maker):
    mine, theirs = live(mo), live(zed)
    before = state_of(mine), state_of(theirs)
    forged = [catalog.Offer(theirs.variants.get().pk, price_cents=1)]

    with pytest.raises(catalog.NotTheirs):
        catalog.change_offers(mine.pk, offers=forged, token=uuid4(), by="test", at=timezone.now())

    assert (state_of(mine), state_of(theirs)) == before


@pytest.mark.parametrize("price", HOSTILE_PRICES)
def test_prices_that_are_none_are_refused(at_mo_s: Client, mo: Maker, price: str):
    piece = live(mo)
    before = state_of(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/prices/", offers(piece, price, "3"))

    assert answer.status_code == 422
    assert state_of(piece) == before


@pytest.mark.parametrize("count", ["", "-1", "1.5", "1e3", str(2**31), "x" * 10_000])
def test_stock_that_is_none_is_refused(at_mo_s: Client, mo: Maker, count: str):
    piece = live(mo)
    before = state_of(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/prices/", offers(piece, "30", count))

    assert answer.status_code == 422
    assert state_of(piece) == before


@pytest.mark.parametrize("cents", [0, -1, 10_000_001])
def test_set_price_out_of_bounds_is_refused(mo: Maker, cents: int):
    piece = live(mo)
    before = state_of(piece)

    with pytest.raises(catalog.PriceOutOfBounds):
        catalog.set_price(piece.variants.get().pk, cents, by="test", at=timezone.now())

    assert state_of(piece) == before


def test_list_shows_own_pieces_alone_at_one_cost(at_mo_s: Client, mo: Maker, zed: Maker):
    drafted(zed, title_en="Of Zed")
    change(live(mo, title_en="Changed piece"), title_en="New words")
    with CaptureQueriesContext(connection) as few:
        page = at_mo_s.get(PIECES)
    for _ in range(12):
        live(mo)
    with CaptureQueriesContext(connection) as many:
        at_mo_s.get(PIECES)

    assert "Changed piece" in page.text
    assert "Change waits for review" in page.text
    assert "Of Zed" not in page.text
    assert len(few) == len(many)


def test_list_filters_and_searches_own_pieces(at_mo_s: Client, mo: Maker, zed: Maker):
    live(mo, title_en="On the shelf")
    drafted(mo, title_en="Half done")
    drafted(zed, title_en="Half done by Zed")

    drafts, found = (
        at_mo_s.get(PIECES, {"status__exact": "draft"}),
        at_mo_s.get(PIECES, {"q": "shelf"}),
    )

    assert ("Half done" in drafts.text, "On the shelf" in drafts.text) == (True, False)
    assert ("Half done" in found.text, "On the shelf" in found.text) == (False, True)
    assert "by Zed" not in drafts.text + at_mo_s.get(PIECES, {"q": "Zed"}).text


def test_page_of_a_piece_shows_its_versions(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, pictures=2)

    page = at_mo_s.get(f"{PIECES}{piece.pk}/change/")

    assert page.status_code == 200
    assert 'value="24.00"' in page.text
    assert "style=" not in page.text


def test_preview_shows_a_draft_and_is_nobody_elses(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = drafted(mo, pictures=1)

    page = at_mo_s.get(f"{PIECES}{piece.pk}/preview/")

    assert "Speckled mug" in page.text
    assert "This is how shoppers will see it." in page.text
    assert {"private", "no-store"} <= set(page["Cache-Control"].split(", "))
    assert page["X-Robots-Tag"] == "noindex"
    assert shopper.get(f"{PIECES}{piece.pk}/preview/").status_code == 302

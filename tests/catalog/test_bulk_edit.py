"""Many pieces at once: prices by a percentage, off sale and back, ticks; all or none."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Product, Term, Variant
from catalog.services.editing_many import Repricing, change_prices
from tests import factories
from tests.catalog.grids import mug
from tests.catalog.writing import PIECES, audited, drafted, fresh, live, state_of
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def many(client: Client, name: str, *pieces: Product, **fields: Any) -> Any:
    chosen = {"piece": [piece.pk for piece in pieces]}
    return client.post(f"{PIECES}many/{name}/", chosen | fields)


def prices(*pieces: Product) -> list[int]:
    rows = Variant.objects.filter(product__in=pieces).order_by("pk")
    return list(rows.values_list("price_cents", flat=True))


@pytest.mark.parametrize(
    ("cents", "percent", "step", "new"),
    [
        (2400, "-10", 1, 2160), (2400, "5", 1, 2520), (999, "-10", 1, 899), (995, "10", 1, 1095),
        (2450, "3", 10, 2520), (2450, "3", 50, 2500), (2450, "3", 100, 2500), (1, "-90", 1, 1),
        (3, "50", 1, 5), (40, "-90", 100, 100),
    ],
)  # fmt: skip
def test_price_by_percentage_is_rounded_half_up(cents: int, percent: str, step: int, new: int):
    assert Repricing(Decimal(percent), step).price(cents) == new


def test_prices_are_shown_before_they_change(at_mo_s: Client, mo: Maker, shopper: Client):
    pieces = live(mo), mug(mo)
    form = {"percent": "-12.5", "step": "10"}

    asked = at_mo_s.post(
        PIECES, {"action": "many_prices", "_selected_action": [piece.pk for piece in pieces]}
    )
    shown = many(at_mo_s, "prices", *pieces, **form)
    unchanged = prices(*pieces)
    seen = shown.context["preview"]["seen"]
    done = many(at_mo_s, "prices", *pieces, **form, seen=seen, confirmed="1")

    assert "Speckled mug" in asked.text
    assert "€21.00" in shown.text
    assert unchanged == [2400] * 5
    assert (done.status_code, prices(*pieces)) == (302, [2100] * 5)
    assert "€21.00" in shopper.get(pieces[0].url).text
    assert audited(pieces[0])[-1] == "product.prices_set"
    assert fresh(pieces[0]).listing.price_cents == 2100


def test_prices_that_changed_since_the_preview_are_refused(at_mo_s: Client, mo: Maker):
    pieces = live(mo), live(mo)
    form = {"percent": "-10", "step": "1"}
    seen = many(at_mo_s, "prices", *pieces, **form).context["preview"]["seen"]
    catalog.set_price(pieces[1].variants.get().pk, 5000, by="test", at=timezone.now())

    again = many(at_mo_s, "prices", *pieces, **form, seen=seen, confirmed="1")
    other = many(at_mo_s, "prices", *pieces, percent="-20", step="1", seen=seen, confirmed="1")

    assert (again.status_code, other.status_code) == (422, 422)
    assert prices(*pieces) == [2400, 5000]


def test_prices_sent_twice_by_a_double_click_change_once(at_mo_s: Client, mo: Maker):
    piece = live(mo)
    form = {"percent": "-10", "step": "1"}
    seen = many(at_mo_s, "prices", piece, **form).context["preview"]["seen"]

    for _ in range(2):
        many(at_mo_s, "prices", piece, **form, seen=seen, confirmed="1")

    assert prices(piece) == [2160]


def test_prices_with_the_old_ones_are_all_reductions_or_none(at_mo_s: Client, mo: Maker):
    pieces = live(mo), drafted(mo)
    form = {"percent": "-10", "step": "1", "shows_old": "on"}
    seen = many(at_mo_s, "prices", *pieces, **form).context["preview"]["seen"]

    answer = many(at_mo_s, "prices", *pieces, **form, seen=seen, confirmed="1")

    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert prices(*pieces) == [2400, 2400]


@pytest.mark.parametrize("percent", ["", "0", "-91", "201", "1e9", "NaN", "Infinity", "a\0", "٣"])
def test_percentage_that_is_none_is_refused(at_mo_s: Client, mo: Maker, percent: str):
    piece = live(mo)
    before = state_of(piece)

    answer = many(at_mo_s, "prices", piece, percent=percent, step="1", confirmed="1", seen="x")

    assert answer.status_code == 422
    assert state_of(piece) == before


def test_pieces_go_off_sale_and_come_back_together(at_mo_s: Client, mo: Maker):
    pieces = live(mo), live(mo)

    asked = many(at_mo_s, "retire", *pieces)
    still = {fresh(each).status for each in pieces}
    many(at_mo_s, "retire", *pieces, confirmed="1")
    off = {fresh(each).status for each in pieces}
    many(at_mo_s, "bring-back", *pieces, confirmed="1")

    assert (asked.status_code, still, off) == (200, {"live"}, {"retired"})
    assert {fresh(each).status for each in pieces} == {"live"}


def test_one_piece_that_cannot_go_keeps_all(at_mo_s: Client, mo: Maker):
    pieces = live(mo), drafted(mo, title_en="Half done")

    answer = many(at_mo_s, "retire", *pieces, confirmed="1")

    assert "Half done: " in answer.text
    assert [fresh(each).status for each in pieces] == ["live", "draft"]


def test_ticks_are_added_or_replaced(at_mo_s: Client, mo: Maker):
    pieces = live(mo), drafted(mo)
    blue, wool = (
        Term.objects.create(kind=kind, slug=slug, name_en=slug)
        for kind, slug in (("colour", "blue"), ("material", "wool"))
    )
    pieces[0].terms.add(blue)

    many(at_mo_s, "terms", *pieces, terms=[wool.pk], keep_others="on", confirmed="1")
    added = [set(each.terms.all()) for each in pieces]
    many(at_mo_s, "terms", *pieces, terms=[wool.pk], confirmed="1")

    assert added == [{blue, wool}, {wool}]
    assert [set(each.terms.all()) for each in pieces] == [{wool}, {wool}]
    assert many(at_mo_s, "terms", *pieces, terms=["99999"], confirmed="1").status_code == 404


@pytest.mark.parametrize("name", ["prices", "retire", "bring-back", "terms", "delete"])
def test_pieces_of_another_maker_are_404(at_mo_s: Client, mo: Maker, zed: Maker, name: str):
    mine, theirs = live(mo), live(zed)
    before = state_of(mine), state_of(theirs)
    fields = {"percent": "-10", "step": "1", "seen": "x", "confirmed": "1"}

    answers = [
        many(at_mo_s, name, mine, theirs, **fields),
        at_mo_s.post(f"{PIECES}many/{name}/", fields | {"piece": [str(2**63), "x", "a\0"]}),
        at_mo_s.post(f"{PIECES}many/{name}/", fields),
        at_mo_s.post(f"{PIECES}many/{name}/", fields | {"piece": list(range(1, 200))}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert at_mo_s.get(f"{PIECES}many/{name}/").status_code in {404, 405}
    assert (state_of(mine), state_of(theirs)) == before


def test_services_check_the_maker_themselves(mo: Maker, zed: Maker):
    mine, theirs = live(mo), live(zed)
    before = state_of(mine), state_of(theirs)

    with pytest.raises(catalog.NotTheirs):
        change_prices(
            [mine.pk, theirs.pk], Repricing(Decimal(-10)), maker_id=mo.pk, seen="", by="test",
            at=timezone.now(),
        )  # fmt: skip

    assert (state_of(mine), state_of(theirs)) == before


def test_actions_are_shut_to_a_packer(mo: Maker):
    packer = factories.user("packer@example.com")
    mo.memberships.create(user=packer, role="packer")
    piece = live(mo)
    before = state_of(piece)

    answer = many(signed_in(packer), "retire", piece, confirmed="1")

    assert answer.status_code == 403
    assert state_of(piece) == before


def test_page_costs_the_same_for_many_pieces(at_mo_s: Client, mo: Maker):
    pieces = [live(mo) for _ in range(4)]

    with CaptureQueriesContext(connection) as few:
        many(at_mo_s, "prices", pieces[0], percent="-10", step="1")
    with CaptureQueriesContext(connection) as more:
        many(at_mo_s, "prices", *pieces, percent="-10", step="1")

    assert len(few) == len(more) <= 18

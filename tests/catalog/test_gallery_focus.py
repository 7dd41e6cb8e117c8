"""What a crop of a picture keeps, and which version it shows: staged as the gallery is."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.drafts import changes_of, left
from catalog.models import Picture, Product, Revision
from makers_market.core.templatetags.shop import picture
from tests import factories
from tests.catalog.grids import mug
from tests.catalog.writing import PIECES, drafted, entry, fresh, live, state_of
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def sent(piece: Product, **changed: str) -> dict[str, Any]:
    """Give the gallery as its page sends it, with fields of the first picture changed."""
    data: dict[str, Any] = {"picture": []}
    for number, shot in enumerate(left(fresh(piece)).gallery):
        fields = {"alt_en": shot["alt_en"], "alt_pt": shot["alt_pt"], "shows": shot["shows"],
                  "focus_x": shot["focus_x"], "focus_y": shot["focus_y"]}  # fmt: skip
        fields |= changed if number == 0 else {}
        data["picture"].append(shot["digest"])
        data |= {f"{name}-{shot['digest']}": value for name, value in fields.items()}
    return data


def focus(piece: Product) -> list[tuple[int, int, str]]:
    shown = piece.pictures.order_by("position")
    return [(each.focus_x, each.focus_y, each.shows) for each in shown]


def test_focus_of_a_draft_holds_at_once(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, pictures=2)

    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, focus_x="20", focus_y="85"))

    assert focus(piece) == [(20, 85, ""), (50, 50, "")]


def test_focus_of_a_live_piece_waits_for_review(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = live(mo, pictures=2)

    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, focus_x="20", focus_y="85"))
    waiting = Revision.objects.get()
    before, card = focus(piece), fresh(piece).listing.card["picture"]["y"]
    catalog.approve_revision(
        waiting.uuid, seen=changes_of(waiting).seen, by="test", at=timezone.now()
    )

    assert (before, card) == ([(50, 50, ""), (50, 50, "")], 50)
    assert focus(piece) == [(20, 85, ""), (50, 50, "")]
    assert fresh(piece).listing.card["picture"]["y"] == 85
    assert "fx-20 fy-80" in shopper.get(piece.url).text


@pytest.mark.parametrize(
    ("x", "y", "classes"),
    [(50, 50, "dom-42"), (0, 100, "dom-42 fx-0 fy-100"), (14, 86, "dom-42 fx-10 fy-90")],
)
def test_picture_names_its_focus_in_steps_of_ten(x: int, y: int, classes: str):
    shown = Picture(**entry(1, focus_x=x, focus_y=y))

    assert f'<picture class="{classes}">' in picture(shown)


@pytest.mark.parametrize("number", ["-1", "101", "1.5", "1e9", str(2**31), "a\0", "9" * 5000])
def test_focus_that_is_no_percentage_is_refused(at_mo_s: Client, mo: Maker, number: str):
    piece = drafted(mo, pictures=2)
    before = state_of(piece), focus(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, focus_x=number), follow=True)

    assert "between 0 and 100 percent" in answer.text
    assert (state_of(piece), focus(piece)) == before


def test_focus_left_empty_stays_as_it_is(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, pictures=1)
    piece.pictures.update(focus_x=30, focus_y=40)

    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, focus_x="", focus_y=""))

    assert focus(piece) == [(30, 40, "")]


def test_change_that_waited_before_there_was_a_focus_can_be_approved(mo: Maker):
    piece = live(mo)
    old = entry(1)
    del old["focus_x"], old["focus_y"]
    waiting = Revision.objects.create(
        product=piece, pictures=[old], submitted_at=timezone.now(), submitted_by="test"
    )

    catalog.approve_revision(
        waiting.uuid, seen=changes_of(waiting).seen, by="test", at=timezone.now()
    )

    assert focus(piece) == [(50, 50, "")]


def test_picture_shows_a_version_the_piece_comes_in(at_mo_s: Client, mo: Maker):
    piece = mug(mo)

    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, shows="Cobalt"))
    shown = left(fresh(piece)).gallery[0]["shows"]
    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, shows="Plaid"))

    assert shown == "Cobalt"
    assert left(fresh(piece)).gallery[0]["shows"] == ""


def test_gallery_of_another_maker_is_404(at_mo_s: Client, mo: Maker):
    zed = factories.maker("zed", members=[factories.user("zed@example.com")])
    piece = drafted(zed, pictures=2)
    before = state_of(piece), focus(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", sent(piece, focus_x="1"))

    assert answer.status_code == 404
    assert (state_of(piece), focus(piece)) == before

"""A piece's way to shoppers: review, decisions, off sale and back; a stale page moves nothing."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.drafts import left
from catalog.models import Product, ProductMove
from makers_market.core.lifecycle import IllegalMove
from tests.catalog.writing import (
    PIECES,
    audited,
    change,
    drafted,
    fresh,
    live,
    offers,
    save_words,
    seen,
    state_of,
    words,
)
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def test_submit_names_all_that_is_missing(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, title_en="  ", description_en="")
    before = state_of(piece)

    page = at_mo_s.post(f"{PIECES}{piece.pk}/submit/", follow=True)

    assert state_of(piece) == before
    for missing in ("Give the piece a title.", "Write a description.", "Add at least one picture."):
        assert missing in page.text


def test_submit_wants_words_for_each_picture(mo: Maker):
    piece = drafted(mo, pictures=2)
    piece.pictures.filter(position=1).update(alt_en=" ")

    with pytest.raises(catalog.NotComplete) as refused:
        catalog.submit_piece(piece.pk, by="test", at=timezone.now())

    assert refused.value.missing == ["Say what each picture shows."]
    assert fresh(piece).status == "draft"


def test_submit_and_take_back_move_a_piece_once_each(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, pictures=1)

    for verb in ("submit", "submit", "withdraw", "withdraw"):
        assert at_mo_s.post(f"{PIECES}{piece.pk}/{verb}/").status_code == 302

    by = f"user:{mo.members.get().pk}"
    moves = ProductMove.objects.filter(subject=piece).values_list("to_status", "by")
    assert list(moves) == [("draft", "test"), ("review", by), ("draft", by)]
    assert audited(piece) == ["product.drafted", "product.submitted", "product.withdrawn"]


def test_piece_in_review_changes_only_in_price(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, pictures=1)
    catalog.submit_piece(piece.pk, by="test", at=timezone.now())
    before = state_of(piece)

    page = save_words(at_mo_s, piece, title_en="Sneaked in")
    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", {"remove": "0" * 32, "picture": "0" * 32})
    assert page.status_code == 422
    assert "Take it back" in page.text
    assert state_of(piece) == before

    at_mo_s.post(f"{PIECES}{piece.pk}/prices/", offers(piece, "99", "5"))
    assert piece.variants.get().price_cents == 9900


def test_piece_not_on_sale_yet_has_no_page(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = drafted(mo, pictures=1)
    assert shopper.get(piece.url).status_code == 404

    at_mo_s.post(f"{PIECES}{piece.pk}/submit/")
    assert shopper.get(piece.url).status_code == 404

    catalog.approve_product(piece.pk, seen=seen(piece), by="test", at=timezone.now())
    assert shopper.get(piece.url).status_code == 200


def test_retire_and_bring_back_keep_the_page(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = live(mo)
    published = piece.published_at

    at_mo_s.post(f"{PIECES}{piece.pk}/retire/")
    assert "Not for sale" in shopper.get(piece.url).text
    at_mo_s.post(f"{PIECES}{piece.pk}/bring-back/")

    piece.refresh_from_db()
    assert (piece.status, piece.published_at) == ("live", published)
    assert 'id="buy"' in shopper.get(piece.url).text


def test_bring_back_a_changed_piece_goes_to_review(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = live(mo)
    catalog.retire_piece(piece.pk, by="test", at=timezone.now())
    waiting = change(piece, title_en="Unreviewed")
    assert "Unreviewed" not in shopper.get(piece.url).text

    at_mo_s.post(f"{PIECES}{piece.pk}/bring-back/")

    piece.refresh_from_db()
    waiting.refresh_from_db()
    assert (piece.status, piece.title_en, waiting.state) == ("review", "Unreviewed", "withdrawn")
    assert shopper.get(piece.url).status_code == 404


@pytest.mark.parametrize(
    ("verb", "status"),
    [("submit", "live"), ("submit", "retired"), ("withdraw", "live"), ("withdraw", "retired"),
     ("retire", "draft"), ("retire", "review"), ("bring-back", "draft"), ("bring-back", "review")],
)  # fmt: skip
def test_verb_from_a_stale_page_moves_nothing(at_mo_s: Client, mo: Maker, verb: str, status: str):
    piece = live(mo) if status in {"live", "retired"} else drafted(mo, pictures=1)
    if status == "retired":
        catalog.retire_piece(piece.pk, by="test", at=timezone.now())
    if status == "review":
        catalog.submit_piece(piece.pk, by="test", at=timezone.now())
    before = state_of(piece)

    page = at_mo_s.post(f"{PIECES}{piece.pk}/{verb}/", follow=True)

    assert "its state has changed" in page.text
    assert state_of(piece) == before


def test_verbs_are_no_links(at_mo_s: Client, mo: Maker):
    piece = live(mo)
    before = state_of(piece)

    for verb in ("submit", "withdraw", "retire", "bring-back", "forget-change", "prices"):
        assert at_mo_s.get(f"{PIECES}{piece.pk}/{verb}/").status_code == 405

    assert state_of(piece) == before


def test_approve_in_a_workshop_that_is_not_approved_is_refused(mo: Maker):
    Maker.objects.filter(pk=mo.pk).update(status=Maker.SUBMITTED, is_open=False)
    piece = drafted(mo, pictures=1)
    catalog.submit_piece(piece.pk, by="test", at=timezone.now())
    before = state_of(piece)

    with pytest.raises(catalog.MakerNotApproved):
        catalog.approve_product(piece.pk, seen=seen(piece), by="test", at=timezone.now())

    assert state_of(piece) == before


@pytest.mark.parametrize("status", ["draft", "live", "retired"])
def test_decide_on_a_piece_not_in_review_is_refused(mo: Maker, status: str):
    piece = drafted(mo, pictures=1) if status == "draft" else live(mo)
    if status == "retired":
        catalog.retire_piece(piece.pk, by="test", at=timezone.now())
    before = state_of(piece)
    decision: dict[str, Any] = {"seen": seen(piece), "by": "test", "at": timezone.now()}

    with pytest.raises(IllegalMove):
        catalog.approve_product(piece.pk, **decision)
    with pytest.raises(IllegalMove):
        catalog.reject_product(piece.pk, why="Not handmade, we think.", **decision)

    assert state_of(piece) == before


def test_approve_of_words_nobody_saw_is_refused(mo: Maker):
    piece, at = drafted(mo, pictures=1), timezone.now()
    catalog.submit_piece(piece.pk, by="test", at=at)
    shown = seen(piece)
    catalog.withdraw_piece(piece.pk, by="test", at=at)
    catalog.save_words(
        piece.pk,
        words=words(title_en="Swapped"),
        seen=left(fresh(piece)).words_seen,
        by="test",
        at=at,
    )
    catalog.submit_piece(piece.pk, by="test", at=at)
    before = state_of(piece)

    with pytest.raises(catalog.ChangedMeanwhile):
        catalog.approve_product(piece.pk, seen=shown, by="test", at=at)

    assert state_of(piece) == before


def test_reject_gives_the_piece_back_with_its_reason(at_mo_s: Client, mo: Maker):
    piece, at = drafted(mo, pictures=1), timezone.now()
    catalog.submit_piece(piece.pk, by="test", at=at)

    catalog.reject_product(
        piece.pk, seen=seen(piece), by="user:1", at=at, why="  The picture is blurred.  "
    )

    assert ProductMove.objects.filter(subject=piece).last().why == "The picture is blurred."
    assert fresh(piece).status == "draft"
    assert "The picture is blurred." in at_mo_s.get(f"{PIECES}{piece.pk}/change/").text
    assert audited(piece)[-1] == "product.rejected"


@pytest.mark.parametrize("why", ["", "short", " " * 40, "x" * 201, "a reason with \0 in it"])
def test_reject_without_a_reason_is_refused(mo: Maker, why: str):
    piece = drafted(mo, pictures=1)
    catalog.submit_piece(piece.pk, by="test", at=timezone.now())
    before = state_of(piece)

    with pytest.raises(catalog.ReasonNeeded):
        catalog.reject_product(piece.pk, seen=seen(piece), by="test", at=timezone.now(), why=why)

    assert state_of(piece) == before


def test_queue_is_in_order_of_waiting(mo: Maker):
    at = timezone.now()
    first, second, drafts = (drafted(mo, pictures=1) for _ in range(3))
    for piece in (second, first):
        catalog.submit_piece(piece.pk, by="test", at=at)
    catalog.withdraw_piece(second.pk, by="test", at=at)
    catalog.submit_piece(second.pk, by="test", at=timezone.now())

    assert list(Product.objects.awaiting_review()) == [first, second]
    assert drafts not in Product.objects.awaiting_review()

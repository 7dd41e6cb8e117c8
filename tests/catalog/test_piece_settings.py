"""What a piece is made of, how it is made, what is asked about it, and its address."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import PersonalField, Product, ProductSlug, Revision, Term, Workload
from catalog.services.describing import described
from tests import factories
from tests.catalog.writing import PIECES, audited, change, drafted, fresh, live, save_words, seen
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def terms(db: None) -> dict[str, Term]:
    made = [("material", "stoneware"), ("material", "wool"), ("colour", "blue")]
    return {
        slug: Term.objects.create(kind=kind, slug=slug, name_en=slug.title()) for kind, slug in made
    }


def ticks(piece: Product, **changed: Any) -> dict[str, Any]:
    """Give the form of the ticks as its page sends it."""
    plain = {"described": described(piece), "making_days_min": "5", "making_days_max": "10"}
    return plain | changed


def standing(piece: Product) -> tuple[Any, ...]:
    row = Product.objects.filter(pk=piece.pk).values().get()
    return row, sorted(piece.terms.values_list("pk", flat=True)), audited(piece)


def test_ticks_hold_at_once(at_mo_s: Client, mo: Maker, terms: dict[str, Term], shopper: Client):
    piece = live(mo)
    form = ticks(
        piece, materials=[terms["stoneware"].pk], colours=[terms["blue"].pk],
        is_made_to_order="on", making_days_min="3", making_days_max="7",
    )  # fmt: skip

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/making/", form)

    assert answer.status_code == 302
    now = fresh(piece)
    assert (now.is_made_to_order, now.making_days_min, now.making_days_max) == (True, 3, 7)
    assert (now.listing.materials, now.listing.colours) == (["stoneware"], ["blue"])
    assert piece.revisions.count() == 0
    assert "product.terms_set" in audited(piece)


def test_ticks_of_a_stale_page_are_refused_and_kept_on_it(
    at_mo_s: Client, mo: Maker, terms: dict[str, Term]
):
    piece = live(mo)
    stale = ticks(piece, materials=[terms["wool"].pk])
    at_mo_s.post(f"{PIECES}{piece.pk}/making/", ticks(piece, materials=[terms["stoneware"].pk]))
    before = standing(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/making/", stale)

    assert answer.status_code == 422
    assert "changed in the meantime" in answer.text
    assert standing(piece) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"making_days_min": "-1"}, {"making_days_min": "20"}, {"making_days_max": str(2**31)},
        {"making_days_max": "1e9"}, {"making_days_max": ""},
        {"is_one_of_a_kind": "on"}, {"is_one_of_a_kind": "on", "is_made_to_order": "on"},
    ],
)  # fmt: skip
def test_ticks_that_do_not_go_together_are_refused(
    at_mo_s: Client, mo: Maker, wrong: dict[str, str]
):
    piece = live(mo)
    before = standing(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/making/", ticks(piece) | wrong)

    assert answer.status_code == 422
    assert standing(piece) == before


@pytest.mark.parametrize("forged", ["999999", "-1", str(2**63), "x"])
def test_ticks_that_were_never_offered_are_404(at_mo_s: Client, mo: Maker, forged: str):
    piece = live(mo)
    before = standing(piece)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/making/", ticks(piece, materials=[forged]))

    assert answer.status_code == 404
    assert standing(piece) == before


def question(number: int, **fields: str) -> dict[str, str]:
    plain = {"label_en": "Name to engrave", "kind": "text", "length_max": "20"}
    return {f"q-{number}-{name}": value for name, value in (plain | fields).items()}


def asked(*filled: dict[str, str]) -> dict[str, str]:
    forms = {"q-TOTAL_FORMS": "5", "q-INITIAL_FORMS": "5"}
    for each in filled:
        forms |= each
    return forms


def test_questions_hold_at_once(at_mo_s: Client, mo: Maker):
    piece = live(mo)
    thread = question(
        1, label_en="Thread", kind="choice", choices="Red = Vermelho\r\nBlue", extra="2,50"
    )

    at_mo_s.post(f"{PIECES}{piece.pk}/questions/", asked(question(0, is_required="on"), thread))

    first, second = PersonalField.objects.filter(product=piece)
    assert (first.label_en, first.is_required, first.length_max) == ("Name to engrave", True, 20)
    assert (second.kind, second.extra_cents) == ("choice", 250)
    assert second.choices == [
        {"value": "Red", "value_pt": "Vermelho"}, {"value": "Blue", "value_pt": ""},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        question(0, length_max="0"), question(0, length_max=str(2**31)), question(0, extra="-1"),
        question(0, label_en="x" * 61), question(0, kind="choice"), question(0, kind="file"),
        question(0, label_en="a\0b"), {"q-TOTAL_FORMS": "9999"}, {"q-TOTAL_FORMS": "x"},
    ],
)  # fmt: skip
def test_questions_that_are_none_are_refused(at_mo_s: Client, mo: Maker, wrong: dict[str, str]):
    piece = live(mo)

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/questions/", asked(question(0)) | wrong)

    assert answer.status_code == 422
    assert PersonalField.objects.count() == 0


def test_question_of_another_makers_piece_is_not_taken_over(at_mo_s: Client, mo: Maker, zed: Maker):
    mine, theirs = live(mo), live(zed)
    catalog.set_personal_fields(
        theirs.pk, [catalog.Question("Their question")], by="test", at=timezone.now()
    )
    row = PersonalField.objects.get()

    at_mo_s.post(f"{PIECES}{mine.pk}/questions/", asked(question(0, id=str(row.pk))))

    assert list(PersonalField.objects.values_list("product", "label_en")) == [
        (theirs.pk, "Their question")
    ]


def test_capacity_is_the_workshops_own(at_mo_s: Client, mo: Maker, zed: Maker):
    piece = live(mo)

    for number in ("7", "-1", str(2**31), "1e9"):
        at_mo_s.post(f"{PIECES}{piece.pk}/capacity/", {"per_week": number})

    assert list(Workload.objects.values_list("maker", "per_week")) == [(mo.pk, 7)]


def approve(piece: Product) -> None:
    waiting = Revision.objects.waiting().get(product=piece)
    catalog.approve_revision(waiting.uuid, seen=seen(piece), by="test", at=timezone.now())


def test_address_of_a_live_piece_moves_once_approved(at_mo_s: Client, mo: Maker, shopper: Client):
    piece = live(mo)
    old = piece.url

    save_words(at_mo_s, piece, title_en="Blue mug", address="blue-mug")
    before = fresh(piece).slug
    approve(piece)

    assert (before, fresh(piece).slug) == ("speckled-mug", "blue-mug")
    assert list(ProductSlug.objects.values_list("slug", "product")) == [("speckled-mug", piece.pk)]
    moved = shopper.get(old)
    assert (moved.status_code, moved.url) == (301, fresh(piece).url)


def test_address_stays_when_the_title_changes(at_mo_s: Client, mo: Maker):
    piece = live(mo)

    save_words(at_mo_s, piece, title_en="Blue mug")
    approve(piece)

    assert (fresh(piece).title_en, fresh(piece).slug) == ("Blue mug", "speckled-mug")
    assert ProductSlug.objects.count() == 0


def test_address_taken_back_leads_nowhere_else(mo: Maker):
    piece = live(mo)
    for slug in ("blue-mug", "speckled-mug"):
        change(piece, slug=slug)
        approve(piece)

    assert fresh(piece).slug == "speckled-mug"
    assert list(ProductSlug.objects.values_list("slug", flat=True)) == ["blue-mug"]


def test_address_of_a_draft_moves_at_once_and_leaves_nothing(at_mo_s: Client, mo: Maker):
    piece = drafted(mo)

    save_words(at_mo_s, piece, address="blue-mug")

    assert fresh(piece).slug == "blue-mug"
    assert ProductSlug.objects.count() == 0


def test_address_that_another_piece_has_or_had_is_refused(at_mo_s: Client, mo: Maker, zed: Maker):
    piece, theirs = live(mo), live(zed, title_en="Of Zed")
    change(theirs, slug="new-home")
    approve(theirs)
    before = standing(piece)

    for taken in ("new-home", "of-zed"):
        answer = save_words(at_mo_s, piece, address=taken)
        assert "has or had this address" in answer.text

    assert standing(piece) == before
    assert drafted(mo, title_en="Of Zed").slug.startswith("of-zed-")


def test_address_taken_meanwhile_is_refused_at_the_approval(mo: Maker, zed: Maker):
    piece, theirs = live(mo), live(zed, title_en="Of Zed")
    change(piece, slug="blue-mug")
    change(theirs, slug="blue-mug")
    approve(theirs)

    with pytest.raises(catalog.AddressTaken):
        approve(piece)

    assert fresh(piece).slug == "speckled-mug"


@pytest.mark.parametrize("address", ["a b", "/admin", "a\0b", "x" * 51, "ä", "../x", "日本語"])
def test_address_that_is_none_is_refused(at_mo_s: Client, mo: Maker, address: str):
    piece = drafted(mo)
    before = standing(piece)

    answer = save_words(at_mo_s, piece, address=address)

    assert answer.status_code == 422
    assert standing(piece) == before

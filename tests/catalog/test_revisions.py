"""A piece on sale changes only after review, whole: shoppers never see a half state."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, ShopSection
from catalog import services as catalog
from catalog.drafts import changes_of, gallery_of
from catalog.models import Product, Revision
from catalog.signals import product_decided, revision_decided
from makers_market.core.lifecycle import IllegalMove
from makers_market.core.models import AuditEntry
from tests import factories
from tests.catalog.writing import (
    PIECES,
    change,
    drafted,
    entry,
    fresh,
    live,
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


@pytest.fixture
def piece(mo: Maker) -> Product:
    return live(mo, pictures=2)


@pytest.fixture
def told() -> Any:
    """Give the facts about decisions, in order: (fact, id)."""
    heard: list[tuple[str, int]] = []

    def hear_product(sender: object, move_id: int, **kwargs: Any) -> None:
        heard.append(("product", move_id))

    def hear_revision(sender: object, revision_id: int, **kwargs: Any) -> None:
        heard.append(("revision", revision_id))

    product_decided.connect(hear_product)
    revision_decided.connect(hear_revision)
    yield heard
    product_decided.disconnect(hear_product)
    revision_decided.disconnect(hear_revision)


def decision(revision: Revision, **changed: Any) -> dict[str, Any]:
    plain = {"seen": seen(revision.product), "by": "user:1", "at": timezone.now()}
    return plain | changed


def test_words_of_a_live_piece_wait_for_review(at_mo_s: Client, piece: Product, shopper: Client):
    answer = save_words(at_mo_s, piece, title_en="Blue mug", material="Porcelain")

    assert answer.status_code == 302
    waiting = Revision.objects.get()
    assert (waiting.state, waiting.fields, waiting.pictures) == (
        "waiting",
        {"title_en": "Blue mug", "material": "Porcelain"},
        None,
    )
    assert "Blue mug" not in shopper.get(piece.url).text
    assert 'value="Blue mug"' in at_mo_s.get(f"{PIECES}{piece.pk}/change/").text


def test_saving_again_replaces_what_waits(at_mo_s: Client, piece: Product):
    save_words(at_mo_s, piece, title_en="Blue mug")
    save_words(at_mo_s, piece, title_en="Green mug", material="Porcelain")

    waiting = Revision.objects.get()
    assert waiting.fields == {"title_en": "Green mug", "material": "Porcelain"}


def test_saving_what_shoppers_see_waits_no_longer(at_mo_s: Client, piece: Product):
    save_words(at_mo_s, piece, title_en="Blue mug")
    save_words(at_mo_s, piece, title_en="Speckled mug")

    assert [each.state for each in Revision.objects.all()] == ["withdrawn"]


def test_approve_shows_all_of_a_change_at_once(
    at_mo_s: Client, mo: Maker, piece: Product, shopper: Client, told: list[Any]
):
    section = ShopSection.objects.create(maker=mo, name_en="Mugs")
    save_words(at_mo_s, piece, title_en="Blue mug", section_id=section.pk)
    pictures = [entry(1, alt_en="From above"), entry(0)]
    placed = [catalog.Placed(e["digest"], e["alt_en"], e["alt_pt"]) for e in pictures]
    catalog.arrange_gallery(piece.pk, placed=placed, by="test", at=timezone.now())
    waiting = Revision.objects.get()

    catalog.approve_revision(waiting.uuid, **decision(waiting))

    now = fresh(piece)
    assert (now.title_en, now.section, now.slug) == ("Blue mug", section, "speckled-mug")
    assert gallery_of(now) == pictures
    assert "Blue mug" in shopper.get(piece.url).text
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("approved", "user:1")
    assert told == [("revision", waiting.pk)]
    last = AuditEntry.objects.filter(subject=f"product:{piece.pk}").first()
    assert (last.action, last.actor, last.maker) == ("product.change_approved", "user:1", mo.pk)


def test_reject_changes_nothing_for_shoppers_and_tells_the_maker(
    at_mo_s: Client, piece: Product, told: list[Any]
):
    waiting = change(piece, title_en="Blue mug")
    before = Product.objects.filter(pk=piece.pk).values().get(), gallery_of(piece)

    catalog.reject_revision(waiting.uuid, why="It is not blue at all.", **decision(waiting))

    assert (Product.objects.filter(pk=piece.pk).values().get(), gallery_of(piece)) == before
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("rejected", "It is not blue at all.")
    assert told == [("revision", waiting.pk)]
    page = at_mo_s.get(f"{PIECES}{piece.pk}/change/").text
    assert "It is not blue at all." in page
    assert 'value="Speckled mug"' in page


def test_decide_twice_happens_once(piece: Product, told: list[Any]):
    waiting = change(piece, title_en="Blue mug")
    decided = decision(waiting)
    catalog.approve_revision(waiting.uuid, **decided)
    before = state_of(piece)

    for _ in range(2):
        with pytest.raises(IllegalMove):
            catalog.approve_revision(waiting.uuid, **decided)
        with pytest.raises(IllegalMove):
            catalog.reject_revision(waiting.uuid, why="On second thoughts, no.", **decided)

    assert state_of(piece) == before
    assert len(told) == 1


def test_approve_a_product_twice_happens_once(mo: Maker, told: list[Any]):
    made = live(mo)
    before = state_of(made)

    with pytest.raises(IllegalMove):
        catalog.approve_product(made.pk, seen=seen(made), by="user:2", at=timezone.now())

    assert state_of(made) == before
    assert [fact for fact, _id in told] == ["product"]


def test_decide_on_a_change_replaced_meanwhile_is_refused(piece: Product):
    decided = decision(change(piece, title_en="Blue mug"))
    replaced = change(piece, title_en="Something else entirely")
    before = state_of(piece)

    with pytest.raises(catalog.ChangedMeanwhile):
        catalog.approve_revision(replaced.uuid, **decided)
    with pytest.raises(catalog.ChangedMeanwhile):
        catalog.reject_revision(replaced.uuid, why="We do not like it.", **decided)

    assert state_of(piece) == before


def test_decide_on_a_change_that_was_withdrawn_is_refused(at_mo_s: Client, piece: Product):
    waiting = change(piece, title_en="Blue mug")
    decided = decision(waiting)
    at_mo_s.post(f"{PIECES}{piece.pk}/forget-change/")
    before = state_of(piece)

    with pytest.raises(IllegalMove):
        catalog.approve_revision(waiting.uuid, **decided)

    assert state_of(piece) == before
    assert before[3][0]["state"] == "withdrawn"


def test_approve_an_old_change_instead_of_the_waiting_one_is_refused(piece: Product):
    old = change(piece, title_en="Blue mug")
    catalog.withdraw_revision(piece.pk, by="test", at=timezone.now())
    new = change(piece, title_en="Blue mug")
    before = state_of(piece)

    with pytest.raises(IllegalMove):
        catalog.approve_revision(old.uuid, **decision(new))
    with pytest.raises(Revision.DoesNotExist):
        catalog.approve_revision(UUID(int=1), **decision(new))

    assert state_of(piece) == before


def test_approve_a_picture_without_words_is_refused(piece: Product):
    bare = [catalog.Placed(entry(n)["digest"], "", "") for n in range(2)]
    catalog.arrange_gallery(piece.pk, placed=bare, by="test", at=timezone.now())
    waiting, before = Revision.objects.get(), state_of(piece)

    with pytest.raises(catalog.NotComplete):
        catalog.approve_revision(waiting.uuid, **decision(waiting))

    assert state_of(piece) == before


def test_approve_into_a_section_that_went_is_refused(mo: Maker, piece: Product):
    section = ShopSection.objects.create(maker=mo, name_en="Mugs")
    waiting = change(piece, section_id=section.pk)
    decided = decision(waiting)
    section.delete()
    before = state_of(piece)

    with pytest.raises(catalog.NotTheirs):
        catalog.approve_revision(waiting.uuid, **decided)

    assert state_of(piece) == before


@pytest.mark.parametrize("lost", [{"title_en": " "}, {"description_en": ""}])
def test_live_piece_keeps_what_it_needs(at_mo_s: Client, piece: Product, lost: dict[str, str]):
    before = state_of(piece)

    answer = save_words(at_mo_s, piece, **lost)

    assert answer.status_code == 422
    assert state_of(piece) == before


def test_live_piece_keeps_one_picture(mo: Maker):
    made = live(mo, pictures=1)
    before = state_of(made)

    with pytest.raises(catalog.NotComplete):
        catalog.arrange_gallery(
            made.pk, placed=[], without=entry(0)["digest"], by="test", at=timezone.now()
        )

    assert state_of(made) == before


def test_words_from_a_stale_window_are_kept_for_a_second_look(at_mo_s: Client, mo: Maker):
    made = drafted(mo)
    stale = {"seen": "0" * 32, "title_en": "Typed in the other window"}

    page = save_words(at_mo_s, made, **stale)

    assert page.status_code == 422
    assert "Typed in the other window" in page.text
    assert fresh(made).title_en == "Speckled mug"
    again = page.context["words"]
    answer = at_mo_s.post(f"{PIECES}{made.pk}/change/", again.data)
    assert answer.status_code == 302
    assert fresh(made).title_en == "Typed in the other window"


def test_words_sent_twice_by_a_double_click_are_saved_once(at_mo_s: Client, piece: Product):
    page = at_mo_s.get(f"{PIECES}{piece.pk}/change/").context["words"]
    form = {name: value or "" for name, value in page.initial.items()} | {"title_en": "Blue mug"}

    answers = [at_mo_s.post(f"{PIECES}{piece.pk}/change/", form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Revision.objects.get().fields == {"title_en": "Blue mug"}
    staged = AuditEntry.objects.filter(action="product.change_staged")
    assert staged.count() == 1


def test_changes_are_laid_beside_what_shoppers_see(mo: Maker, piece: Product):
    kind = factories.category("bowls", name_en="Bowls")
    change(piece, title_en="Blue bowl", category_id=kind.pk)
    order = [catalog.Placed(entry(n)["digest"], f"Picture {n}", "") for n in (1, 0)]
    catalog.arrange_gallery(piece.pk, placed=order, by="test", at=timezone.now())

    shown = changes_of(Revision.objects.get())

    assert [(str(label), before, after) for label, before, after in shown.words] == [
        ("Title", "Speckled mug", "Blue bowl"),
        ("Category", "Ceramics", "Bowls"),
    ]
    assert shown.pictures is not None
    assert [[each.alt_en for each in side] for side in shown.pictures] == [
        ["Picture 0", "Picture 1"],
        ["Picture 1", "Picture 0"],
    ]
    assert shown.seen == seen(piece)


def test_queue_of_changes_is_in_order_of_waiting(mo: Maker):
    first, second, third = (change(live(mo), title_en=f"Other {n}") for n in range(3))
    change(first.product, title_en="Changed again")
    catalog.withdraw_revision(third.product_id, by="test", at=timezone.now())

    assert list(Revision.objects.awaiting_review()) == [second, first]


def test_preview_of_a_live_piece_shows_what_waits(at_mo_s: Client, piece: Product):
    change(piece, title_en="Blue mug", description_en="New <script>words</script>")

    page = at_mo_s.get(f"{PIECES}{piece.pk}/preview/").text

    assert "Blue mug" in page
    assert "New &lt;script&gt;words" in page


def test_preview_stays_on_the_preview_when_choosing(at_mo_s: Client, mo: Maker):
    choices = [catalog.Choice(2400, 1, "Chalk"), catalog.Choice(2600, 1, "Cobalt")]
    made = catalog.draft_piece(
        maker_id=mo.pk,
        words=words(),
        choices=choices,
        axis="glaze",
        token=uuid4(),
        by="test",
        at=timezone.now(),
    )
    cobalt = made.variants.get(position=1)

    page = at_mo_s.get(f"{PIECES}{made.pk}/preview/").text

    assert f'href="?variant={cobalt.sku}"' in page
    other = at_mo_s.get(f"{PIECES}{made.pk}/preview/", {"variant": cobalt.sku})
    assert "€26.00" in other.text
    assert at_mo_s.get(f"{PIECES}{made.pk}/preview/", {"variant": "x"}).status_code == 404

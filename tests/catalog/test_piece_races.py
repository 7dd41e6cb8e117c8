"""Two at once on one piece: sendings of a form, moderators, jobs, a checkout beside a new price."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Product, ProductMove, Stock, Variant, Workload
from catalog.services.describing import described
from makers_market.core.errors import Refusal
from tests import factories
from tests.catalog.sheets import counts, exported, rows_of, sent, sheet
from tests.catalog.writing import change, drafted, fresh, image, live, seen, words

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts at the same moment, each on its own connection; give answers, or refusals' names."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_draft_sent_four_times_at_once_is_one_piece(mo: Maker):
    token, chosen = uuid4(), words()

    def draft() -> int:
        return catalog.draft_piece(
            maker_id=mo.pk, words=chosen, choices=[catalog.Choice(2400, 5)],
            token=token, by="test", at=timezone.now(),
        ).pk  # fmt: skip

    made = at_once(draft, draft, draft, draft)

    assert set(made) == {mo.products.get().pk}


def test_same_title_in_two_workshops_at_once_gets_two_addresses(mo: Maker):
    zed = Maker.objects.create(slug="zed", name="Zed", first_name="Zed", place="Mértola")
    chosen = words()

    def draft(maker: Maker) -> str:
        return catalog.draft_piece(
            maker_id=maker.pk, words=chosen, choices=[catalog.Choice(2400, 5)],
            token=uuid4(), by="test", at=timezone.now(),
        ).slug  # fmt: skip

    slugs = at_once(lambda: draft(mo), lambda: draft(zed))

    assert "speckled-mug" in slugs
    assert len(set(slugs)) == 2


def test_two_moderators_at_once_decide_once(mo: Maker):
    piece, at = drafted(mo, pictures=1), timezone.now()
    catalog.submit_piece(piece.pk, by="test", at=at)
    shown: dict[str, Any] = {"seen": seen(piece), "at": at}

    told = at_once(
        lambda: catalog.approve_product(piece.pk, by="user:1", **shown),
        lambda: catalog.reject_product(piece.pk, by="user:2", why="Not handmade.", **shown),
    )

    assert sorted(map(str, told)) == ["IllegalMove", "None"]
    decided = ProductMove.objects.filter(subject=piece, from_status="review").get()
    assert decided.to_status == fresh(piece).status


def test_change_replaced_while_it_is_approved_is_shown_whole_or_not(mo: Maker):
    piece = live(mo)
    waiting = change(piece, title_en="Blue mug", material="Porcelain")
    shown: dict[str, Any] = {"seen": seen(piece), "by": "user:1", "at": timezone.now()}

    at_once(
        lambda: catalog.approve_revision(waiting.uuid, **shown),
        lambda: catalog.withdraw_revision(piece.pk, by="test", at=timezone.now()),
    )

    now = fresh(piece)
    assert (now.title_en, now.material) in {
        ("Blue mug", "Porcelain"),
        ("Speckled mug", "Stoneware"),
    }
    waiting.refresh_from_db()
    assert (waiting.state == "approved") == (now.title_en == "Blue mug")


def test_jobs_of_one_piece_at_once_hang_every_picture(mo: Maker, settings: Any, tmp_path: Path):
    settings.MEDIA_ROOT = str(tmp_path)
    piece, at = drafted(mo), timezone.now()
    originals = [catalog.store_original(image(size=(60 + n, 75))) for n in range(3)]
    begun = catalog.begin_uploads(piece.pk, originals=originals, by="test", at=at)
    jobs = [each.pk for each in begun for _twice in range(2)]

    at_once(*(lambda pk=pk: catalog.prepare_upload(pk, at=at) for pk in jobs))  # type: ignore[misc]

    assert set(piece.pictures.values_list("width", flat=True)) == {60, 61, 62}
    assert list(piece.pictures.values_list("position", flat=True)) == [0, 1, 2]


def test_new_prices_beside_a_checkout_never_deadlock(mo: Maker):
    choices = [catalog.Choice(2400, 40, value) for value in ("Chalk", "Cobalt", "Sage")]
    piece = catalog.draft_piece(
        maker_id=mo.pk, words=words(), choices=choices, axis="glaze", token=uuid4(),
        by="test", at=timezone.now(),
    )  # fmt: skip
    Product.objects.filter(pk=piece.pk).update(status="live", published_at=timezone.now())
    ids = list(Variant.objects.filter(product=piece).values_list("pk", flat=True))

    def reprice() -> None:
        for cents in range(2500, 2510):
            offers = [catalog.Offer(pk, price_cents=cents) for pk in reversed(ids)]
            catalog.change_offers(
                piece.pk, offers=offers, token=uuid4(), by="test", at=timezone.now()
            )

    def check_out() -> None:
        for _ in range(10):
            catalog.hold_stock(dict.fromkeys(reversed(ids), 1))

    at_once(reprice, check_out, check_out)

    rows = Variant.objects.filter(product=piece).values_list("price_cents", "stock__held")
    assert set(rows) == {(2509, 20)}


def test_the_only_one_described_anew_beside_a_checkout_never_deadlocks(mo: Maker):
    pieces = [live(mo) for _ in range(3)]
    for piece in pieces:
        variant = piece.variants.get()
        catalog.correct_stock(
            variant, 1, seen=variant.stock.on_hand, why="Counted", reference="one", by="test",
            at=timezone.now(),
        )  # fmt: skip
    ids = [piece.variants.get().pk for piece in pieces]

    def describe() -> None:
        for days in range(3, 10):
            for piece in reversed(pieces):
                one = catalog.Kind(
                    is_one_of_a_kind=True, is_made_to_order=False, days_min=2, days_max=days
                )
                catalog.describe_piece(
                    piece.pk, terms=[], kind=one, seen=described(fresh(piece)),
                    by="test", at=timezone.now(),
                )  # fmt: skip

    def check_out() -> None:
        for _ in range(12):
            catalog.hold_stock(dict.fromkeys(ids, 1))
            catalog.release_stock([catalog.Holding(pk, 1) for pk in ids])

    assert at_once(describe, check_out) == [None, None]

    assert set(Product.objects.values_list("is_one_of_a_kind", "making_days_max")) == {(True, 9)}


def test_sheet_beside_a_checkout_never_deadlocks(mo: Maker, settings: Any, tmp_path: Path):
    settings.MEDIA_ROOT = str(tmp_path)
    pieces = [factories.variant(f"mug-{n}", maker=mo, stock=100) for n in range(12)]
    ids = [piece.pk for piece in pieces]
    rows = [row | {"making_days_max": "40", "stock": "99"} for row in rows_of(exported(mo))]
    begun = sent(mo, sheet(*rows))

    def check_out() -> None:
        for _ in range(10):
            catalog.hold_stock(dict.fromkeys(ids, 1))
            catalog.release_stock([catalog.Holding(pk, 1) for pk in ids])

    told = at_once(lambda: catalog.check_import(begun.pk, at=timezone.now()), check_out)

    begun.refresh_from_db()
    assert (told, begun.state, counts(begun)["changed"]) == ([None, None], "checked", 12)


def test_capacity_set_beside_given_up_checkouts_never_deadlocks(mo: Maker):
    mug = factories.variant(maker=mo, stock=100)
    vase = factories.made_to_order(maker=mo, per_week=None)
    at = timezone.now()
    catalog.hold_stock({mug.pk: 25, vase.pk: 25}, at=at)
    week = Workload.objects.get().week
    # What was held from stock stays so: the mug is made to order since.
    catalog.set_making(
        mug.product_id, is_made_to_order=True, days_min=2, days_max=4, by="mo", at=at
    )

    def set_capacity() -> None:
        for room in range(100, 125):
            catalog.set_capacity(mo.pk, room, by="mo", at=at)

    def give_up() -> None:
        for _ in range(25):
            catalog.release_stock([catalog.Holding(mug.pk, 1), catalog.Holding(vase.pk, 1, week)])

    assert at_once(set_capacity, give_up) == [None, None]

    assert Workload.objects.get().taken == 0
    assert Stock.objects.get(pk=mug.pk).held == 0

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
from catalog.models import Product, ProductMove, Variant
from makers_market.core.errors import Refusal
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

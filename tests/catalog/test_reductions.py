"""A reduction is measured by the lowest price of the 30 days before it (98/6/EC, article 6a)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Product, Variant
from tests import factories
from tests.catalog.writing import PIECES, drafted, fresh, live, offers
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
NOW = timezone.now()


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def piece(mo: Maker) -> Product:
    """Give a piece on sale for half a year at €30.00."""
    made = live(mo)
    Product.objects.filter(pk=made.pk).update(published_at=days_ago(180))
    variant = made.variants.get()
    variant.price_changes.all().delete()
    variant.price_changes.create(price_cents=3000, at=days_ago(180))
    Variant.objects.filter(pk=variant.pk).update(price_cents=3000)
    return fresh(made)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def ask(piece: Product, cents: int, *, at: datetime = NOW, shows_old: bool = False) -> None:
    variant = piece.variants.get()
    catalog.set_price(variant.pk, cents, shows_old=shows_old, by="test", at=at)


def prices(piece: Product) -> tuple[int, int | None, list[int]]:
    variant = piece.variants.get()
    asked = variant.price_changes.values_list("price_cents", flat=True)
    return variant.price_cents, variant.was_cents, list(asked)


def test_lower_with_the_old_price_shows_the_lowest_of_30_days(piece: Product, shopper: Client):
    ask(piece, 2500, shows_old=True)

    assert prices(piece) == (2500, 3000, [3000, 2500])
    assert fresh(piece).listing.is_reduced is True
    assert "€30.00" in shopper.get(piece.url).text


def test_lower_without_the_tick_shows_no_old_price(piece: Product):
    ask(piece, 2500)

    assert prices(piece) == (2500, None, [3000, 2500])
    assert fresh(piece).listing.is_reduced is False


def test_raise_then_lower_is_no_reduction(piece: Product):
    ask(piece, 5000, at=days_ago(1))

    with pytest.raises(catalog.NoReduction, match=r"the last 30 days was €30\.00"):
        ask(piece, 4000, shows_old=True)

    assert prices(piece) == (5000, None, [3000, 5000])


def test_lower_twice_shows_the_first_low_price(piece: Product):
    ask(piece, 2500, at=days_ago(10), shows_old=True)

    ask(piece, 2000, shows_old=True)

    assert prices(piece) == (2000, 2500, [3000, 2500, 2000])


def test_price_that_ended_30_days_ago_no_longer_counts(piece: Product):
    ask(piece, 2000, at=days_ago(60))
    ask(piece, 4000, at=days_ago(30))

    ask(piece, 3500, shows_old=True)

    assert prices(piece)[:2] == (3500, 4000)


def test_price_that_ended_a_second_later_counts(piece: Product):
    ask(piece, 2000, at=days_ago(60))
    ask(piece, 4000, at=days_ago(30) + timedelta(seconds=1))

    with pytest.raises(catalog.NoReduction, match=r"€20\.00"):
        ask(piece, 3500, shows_old=True)

    assert prices(piece)[:2] == (4000, None)


def test_same_price_shown_as_reduced_is_refused(piece: Product):
    with pytest.raises(catalog.NoReduction):
        ask(piece, 3000, shows_old=True)

    assert prices(piece) == (3000, None, [3000])


def test_raise_takes_the_old_price_away(piece: Product):
    ask(piece, 2500, at=days_ago(5), shows_old=True)

    ask(piece, 2800)

    assert prices(piece)[:2] == (2800, None)


def test_saving_a_reduction_again_keeps_what_it_is_measured_by(piece: Product):
    ask(piece, 2500, at=days_ago(40), shows_old=True)

    ask(piece, 2500, shows_old=True)

    assert prices(piece) == (2500, 3000, [3000, 2500])


def test_piece_never_on_sale_has_no_old_price(mo: Maker):
    piece = drafted(mo)

    with pytest.raises(catalog.NoReduction, match="not been on sale yet"):
        ask(piece, 2000, shows_old=True)

    assert prices(piece) == (2400, None, [2400])


def test_prices_of_the_draft_do_not_count(mo: Maker):
    piece = drafted(mo, pictures=1)
    variant = piece.variants.get()
    variant.price_changes.update(at=days_ago(20))
    ask(piece, 9000, at=days_ago(15))
    ask(piece, 3000, at=days_ago(10))
    Product.objects.filter(pk=piece.pk).update(status="live", published_at=days_ago(5))

    ask(piece, 2500, shows_old=True)

    assert prices(piece)[:2] == (2500, 3000)


def test_variant_older_than_the_memory_of_prices_is_remembered_first(mo: Maker):
    variant = factories.variant(price_cents=3000, maker=mo)
    Product.objects.filter(pk=variant.product_id).update(published_at=days_ago(90))
    variant.price_changes.all().delete()

    ask(fresh(variant.product), 2500, shows_old=True)

    assert prices(variant.product) == (2500, 3000, [3000, 2500])


def test_page_shows_the_old_price_when_ticked_and_takes_it_away(
    at_mo_s: Client, piece: Product, shopper: Client
):
    prefix = f"v{piece.variants.get().pk}"
    url = f"{PIECES}{piece.pk}/prices/"

    at_mo_s.post(url, offers(piece, "25", "5") | {f"{prefix}-shows_old": "on"})
    shown = prices(piece)[:2], "€30.00" in shopper.get(piece.url).text
    at_mo_s.post(url, offers(piece, "25", "5") | {f"{prefix}-old_seen": "True"})

    assert shown == ((2500, 3000), True)
    assert prices(piece)[:2] == (2500, None)
    assert "€30.00" not in shopper.get(piece.url).text


def test_page_refuses_no_reduction_in_words(at_mo_s: Client, piece: Product):
    form = offers(piece, "35", "5") | {f"v{piece.variants.get().pk}-shows_old": "on"}

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/prices/", form, follow=True)

    assert "This is no reduction" in answer.text
    assert prices(piece) == (3000, None, [3000])

"""The edition of the public pages rises with each committed change of what they show."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Product
from makers_market.core import editions
from makers_market.core.market_state import state, switch_market
from makers_market.core.models import Change
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def rises(change) -> bool:
    before = editions.current()
    change()
    return editions.current() > before


def test_rises_with_a_price():
    variant = factories.variant()

    assert rises(lambda: catalog.offer_variant(
        variant.product, sku=variant.sku, options={}, price_cents=2500, position=0
    ))  # fmt: skip


def test_rises_when_the_market_speaks():
    wished = {
        "is_read_only": False, "reason_en": "", "reason_pt": "",
        "announcement_en": "Closed on Monday", "announcement_pt": "",
    }  # fmt: skip

    assert rises(lambda: switch_market(
        wished=wished, seen_at=state().changed_at, by="user:1", at=timezone.now()
    ))  # fmt: skip


def test_rises_when_a_workshop_closes():
    maker = factories.maker()

    assert rises(lambda: Maker.objects.filter(pk=maker.pk).update(is_open=False))


@pytest.mark.parametrize(
    ("stock", "held", "is_seen"), [(60, 5, False), (21, 2, True), (1, 1, True)]
)
def test_rises_with_stock_that_shows(stock: int, held: int, is_seen: bool):
    variant = factories.variant(stock=stock)

    assert rises(lambda: catalog.hold_stock({variant.pk: held})) is is_seen


def test_stays_for_what_nobody_sees():
    person = factories.user()

    assert not rises(lambda: factories.totp(person))


def test_stays_when_the_change_is_rolled_back():
    product = factories.product()

    def change() -> None:
        with transaction.atomic():
            Product.objects.filter(pk=product.pk).update(title_en="Other")
            transaction.set_rollback(True)

    assert not rises(change)


def test_rises_for_a_change_after_one_that_was_rolled_back_to_a_savepoint():
    product = factories.product()

    def change() -> None:
        with transaction.atomic():
            with transaction.atomic():
                Product.objects.filter(pk=product.pk).update(title_en="Not kept")
                transaction.set_rollback(True)
            Product.objects.filter(pk=product.pk).update(title_en="Kept")

    assert rises(change)


def test_rises_once_for_a_transaction():
    product = factories.product()
    before = editions.current()

    with transaction.atomic():
        Product.objects.filter(pk=product.pk).update(title_en="One")
        Product.objects.filter(pk=product.pk).update(title_en="Two")

    assert editions.current() == before + 1


def test_rises_for_a_change_that_commits_after_a_later_one():
    early, late = factories.product(), factories.product()
    has_changed, may_commit = threading.Event(), threading.Event()

    def slow_change() -> None:
        with transaction.atomic():
            Product.objects.filter(pk=early.pk).update(title_en="Slow")
            has_changed.set()
            may_commit.wait(10)
        connection.close()

    slow = threading.Thread(target=slow_change)
    slow.start()
    has_changed.wait(10)
    Product.objects.filter(pk=late.pk).update(title_en="Quick")
    meanwhile = editions.current()
    may_commit.set()
    slow.join()

    assert editions.current() == meanwhile + 1


def test_stays_when_changes_are_folded():
    factories.product()
    before = editions.current()

    editions.fold()

    assert editions.current() == before
    assert not Change.objects.exists()


def test_rises_after_a_fold_as_before():
    product = factories.product()
    editions.fold()

    later = timezone.now() + timedelta(days=1)
    assert rises(lambda: Product.objects.filter(pk=product.pk).update(published_at=later))

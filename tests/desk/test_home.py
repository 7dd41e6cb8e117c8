"""The home page: what is new, what there is of each craft, one maker, gifts, and a collection."""

import gzip
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog.models import Category, Collection, CollectionPiece, Product
from catalog.services import index_pieces
from makers_market.desk import home
from tests import factories

pytestmark = pytest.mark.django_db


def shelf(count: int, maker: Maker, *, price_cents: int = 2400, **fields: object) -> list[Product]:
    """Put so many pieces on sale, a minute apart, the last of them the newest."""
    began = timezone.now() - timedelta(hours=2)
    made = [
        factories.variant(
            of=factories.product(maker=maker, at=began + timedelta(minutes=number), **fields),
            price_cents=price_cents,
        ).product
        for number in range(count)
    ]
    index_pieces([each.pk for each in made])
    return made


def collect(products: list[Product], title: str = "For the table", **fields: object) -> Collection:
    plain = {"slug": title.lower().replace(" ", "-"), "title_en": title, "is_shown": True}
    made = Collection.objects.create(**(plain | fields))
    for position, product in enumerate(products):
        CollectionPiece.objects.create(collection=made, product=product, position=position)
    return made


def titles(cards: list) -> list[str]:
    return [card.title for card in cards]


def test_newest_eight_are_shown_newest_first(mo: Maker):
    made = shelf(10, mo, price_cents=9900)

    page = home.front_page()

    assert titles(page["new_products"]) == [each.title for each in reversed(made[2:])]
    assert page["products_count"] == 10


def test_crafts_count_what_is_on_sale(mo: Maker):
    wood = factories.category("wood", craft="wood")
    factories.category("ceramics")
    bowls = Category.objects.create(
        slug="bowls", name_en="Bowls", craft="wood", parent=wood, position=1
    )
    shelf(2, mo, category=bowls)
    drafts = shelf(1, mo, category=bowls)
    Product.objects.filter(pk=drafts[0].pk).update(status=Product.RETIRED)
    index_pieces([drafts[0].pk])

    tiles = home.front_page()["tiles"]

    assert {tile.slug: tile.count for tile in tiles} == {"wood": 2, "ceramics": 0}


def test_gifts_are_cheap_and_not_among_the_newest(mo: Maker):
    cheap = shelf(2, mo, price_cents=2999)
    shelf(1, mo, price_cents=3000)
    shelf(8, mo, price_cents=100)

    page = home.front_page()

    assert not set(titles(page["gifts"])) & set(titles(page["new_products"]))
    assert set(titles(page["gifts"])) <= {each.title for each in cheap} | {
        each.title for each in Product.objects.filter(variants__price_cents=100)
    }
    assert all(card.price_from_cents < 3000 for card in page["gifts"])


def test_spotlight_is_an_open_maker_with_a_quote(mo: Maker):
    factories.maker("closed", is_open=False)
    Maker.objects.filter(pk=mo.pk).update(quote="")
    quoted = factories.maker("rui")

    spotlight = home.front_page()["spotlight"]

    assert spotlight == quoted
    assert spotlight.makers_count == 2


def test_first_collection_with_pieces_is_shown_in_its_order(shopper: Client, mo: Maker):
    first, second, third = shelf(3, mo)
    collect([], "Empty", position=0)
    collect([first], "Hidden", is_shown=False, position=0)
    collect([second, third, first], "For the table", position=1)
    collect([first], "For later", position=2)

    page = home.front_page()

    assert page["collection"].title == "For the table"
    assert titles(page["collected"]) == [second.title, third.title, first.title]
    assert "/collections/for-the-table/" in shopper.get("/").text


def test_empty_shop_has_a_home_page(shopper: Client):
    page = shopper.get("/")

    assert page.status_code == 200
    assert "Things made by someone." in page.text


def test_home_costs_six_queries_at_any_size(shopper: Client, mo: Maker):
    factories.category("ceramics")
    collect(shelf(1, mo))

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert shopper.get("/").status_code == 200
        return len(asked)

    few = count()
    collect(shelf(20, mo), "For the bath")
    many = count()

    assert few == many
    assert many <= 6


def test_home_stays_small(shopper: Client, mo: Maker):
    collect(shelf(24, mo))

    assert len(gzip.compress(shopper.get("/").content)) <= 25_000

"""The page of a workshop: its facts, its ratings, its sections, and page after page of pieces."""

import gzip
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker, ShopSection
from catalog import maker_page
from catalog.models import MakerRating, Product, Review, Stock
from catalog.services import index_pieces
from tests import factories

pytestmark = pytest.mark.django_db


def shelf(count: int, maker: Maker, **fields: object) -> list[Product]:
    """Put so many pieces on sale at the same moment, so that only their ids tell them apart."""
    at = timezone.now() - timedelta(hours=1)
    made = [
        factories.variant(of=factories.product(maker=maker, at=at, **fields)).product
        for _ in range(count)
    ]
    index_pieces([each.pk for each in made])
    return made


def review(of: Product, number: int) -> Review:
    return Review.objects.create(
        product=of, maker=of.maker, purchase=f"line:{number}", author_name="Ada", stars=5,
        maker_stars=4, words=f"The {number}th", language="en", written_at=timezone.now(),
    )  # fmt: skip


def test_page_tells_who_sells_and_on_which_terms(shopper: Client):
    maker = factories.maker(
        "ana", name="Olaria Ana", place="Redondo, Alentejo", story="I dig clay.",
        legal_name="Ana Reis, Unip. Lda.", legal_address="Rua Nova 1, Redondo",
        tax_number="509876543", delivery_cents=450, delivery_abroad_cents=980,
    )  # fmt: skip

    page = shopper.get(maker.url).text

    for words in (
        "Olaria Ana", "Redondo, Alentejo", "I dig clay.", "Ana Reis, Unip. Lda.",
        "Rua Nova 1, Redondo", "509876543", "€4.50", "€9.80", "Posts within 2 working days",
    ):  # fmt: skip
        assert words in page


def test_both_ratings_are_shown_with_their_distribution(shopper: Client, mo: Maker):
    review(shelf(1, mo)[0], 1)
    MakerRating.objects.update_or_create(
        maker=mo, defaults={"stars": [0, 0, 0, 1, 3], "piece_stars": [1, 0, 0, 0, 1]}
    )

    page = shopper.get(mo.url).text

    of_maker, of_pieces = page.split('id="maker-rating"')[1].split('id="piece-rating"')
    assert "4.8" in of_maker
    assert [f'value="{n}" max="4"' in of_maker for n in (3, 1)] == [True, True]
    assert "3.0" in of_pieces
    assert 'value="1" max="2"' in of_pieces


def test_sections_count_what_is_on_sale(shopper: Client, mo: Maker):
    mugs = ShopSection.objects.create(maker=mo, name_en="Mugs", position=1)
    ShopSection.objects.create(maker=mo, name_en="Empty", position=2)
    in_mugs = shelf(3, mo, section=mugs)
    shelf(2, mo)
    Product.objects.filter(pk=in_mugs[0].pk).update(is_one_of_a_kind=True)
    index_pieces([in_mugs[0].pk])
    Stock.objects.filter(variant__product=in_mugs[0]).update(on_hand=0)

    sections, count = maker_page.counted_sections(mo)
    page = shopper.get(f"{mo.url}?section={mugs.pk}").text

    assert [(each.name, each.count) for each in sections] == [("Mugs", 2)]
    assert count == 4
    assert [each.title in page for each in in_mugs] == [False, True, True]


@pytest.mark.parametrize("query", ["section=99999999", "section=x", "after=forged", "reviews=x"])
def test_unknown_part_is_not_found(shopper: Client, mo: Maker, query: str):
    assert shopper.get(f"{mo.url}?{query}").status_code == 404


def test_cursor_with_something_else_in_it_is_not_found(shopper: Client, mo: Maker):
    for content in ([], ["yesterday", 1], ["", "x"], 7):
        after = maker_page.SIGNER.sign_object(content)
        assert shopper.get(f"{mo.url}?{urlencode({'after': after})}").status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(mo: Maker):
    made = shelf(55, mo)
    shelf(3, factories.maker())
    seen, after = [], ""

    for _ in range(3):
        page = maker_page.shelf_of(mo, None, after=after)
        seen += [card.pk for card in page["products"]]
        after = page["next_cursor"] or ""

    assert after == ""
    assert seen == sorted((each.pk for each in made), reverse=True)


def test_closed_workshop_has_no_page(shopper: Client, mo: Maker):
    Maker.objects.update(is_open=False)

    assert shopper.get(mo.url).status_code == 404


def test_page_costs_seven_queries_at_any_size(shopper: Client, mo: Maker):
    review(shelf(1, mo)[0], 1)
    ShopSection.objects.create(maker=mo, name_en="Mugs")
    MakerRating.objects.update_or_create(maker=mo, defaults={"stars": [0, 0, 0, 0, 1]})

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert shopper.get(mo.url).status_code == 200
        return len(asked)

    few = count()
    for number, product in enumerate(shelf(30, mo), 2):
        review(product, number)
        ShopSection.objects.create(maker=mo, name_en=f"Section {number}")
    many = count()

    assert few == many
    assert many <= 7


def test_full_page_stays_small(shopper: Client, mo: Maker):
    for number, product in enumerate(shelf(30, mo)):
        review(product, number)
    MakerRating.objects.update_or_create(maker=mo, defaults={"stars": [0, 0, 0, 0, 30]})

    assert len(gzip.compress(shopper.get(mo.url).content)) <= 25_000


def test_makers_are_listed_by_name(shopper: Client, mo: Maker):
    factories.maker("ana", name="Águeda")
    factories.maker("zita", name="Zita", is_open=False)
    shelf(2, mo)

    page = shopper.get("/makers/").text

    assert page.index("Águeda") < page.index(mo.name)
    assert "2 pieces" in page
    assert "Zita" not in page

"""The catalogue's pages: what they show, and that they cost the same at any size."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import queries
from catalog.models import Product
from orders.models import Basket
from tests import factories

pytestmark = pytest.mark.django_db


def shelf(count: int) -> None:
    maker = factories.maker()
    for _ in range(count):
        factories.variant(maker=maker)


def count_of(shopper: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert shopper.get(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    ("path", "rows"),
    # Home leaves out its gifts until the first shelf is full.
    [("/c/ceramics/", 1), ("/new/", 1), ("/search/?q=piece", 1), ("/m/mo/", 1), ("/", 13)],
)
def test_lists_cost_same_queries_with_more_rows(shopper: Client, mo, path: str, rows: int):
    for _ in range(rows):
        factories.variant(maker=mo)
    few = count_of(shopper, path)
    for _ in range(19):
        factories.variant(maker=mo)

    many = count_of(shopper, path)

    assert few == many


def test_pages_stay_within_their_queries(shopper: Client):
    shelf(5)
    path = Product.objects.get(title_en__startswith="Piece", pk=Product.objects.first().pk).url

    counts = {
        name: count_of(shopper, where)
        for name, where in {
            "listing": "/c/ceramics/",
            "search": "/search/?q=piece",
            "product": path,
        }.items()
    }

    # The crafts in the header cost one more on each page, until pages are cached whole.
    assert counts["listing"] <= 8
    assert counts["search"] <= 6
    assert counts["product"] <= 8


@pytest.mark.parametrize("lines", [1, 3, 10])
def test_basket_costs_same_queries_for_any_size(shopper: Client, lines: int):
    for _ in range(lines):
        sku = factories.variant().sku
        shopper.post("/basket/add/", {"variant": sku, "quantity": 1})

    assert count_of(shopper, "/basket/") <= 7


def test_pages_follow_each_other_without_gap_or_repeat(shopper: Client):
    shelf(60)
    seen, after = [], ""

    for _ in range(3):
        page = queries.page_of(Product.objects.on_sale(), after=after, size=24)
        seen += [product.pk for product in page.products]
        after = page.next_cursor or ""

    assert after == ""
    assert sorted(seen) == sorted(Product.objects.values_list("pk", flat=True))


def test_product_page_shows_the_variant_of_its_address(shopper: Client):
    mug = factories.product("mug", options=[{"name": "glaze", "values": ["Salt", "Cobalt"]}])
    salt = factories.variant(of=mug, options={"glaze": "Salt"}, price_cents=2400)
    cobalt = factories.variant(of=mug, options={"glaze": "Cobalt"}, price_cents=2900)

    page = shopper.get(cobalt.url)

    assert "€29.00" in page.text
    assert f'value="{cobalt.sku}"' in page.text
    assert salt.url.replace("&", "&amp;") in page.text


def test_product_page_offers_only_choices_that_exist():
    mug = factories.product(
        "mug",
        options=[
            {"name": "glaze", "values": ["Salt", "Cobalt"]},
            {"name": "size", "values": ["S", "L", "XL"]},
        ],
    )
    small = factories.variant(of=mug, options={"glaze": "Salt", "size": "S"})
    large = factories.variant(of=mug, options={"glaze": "Cobalt", "size": "L"})
    piece = Product.objects.for_cards().get(pk=mug.pk)

    glaze, size = queries.options_of(piece, piece.sellable[0])

    assert [value["url"] for value in glaze["values"]] == [small.url, large.url]
    assert [value["value"] for value in size["values"]] == ["S", "L"]


def test_sold_out_variant_cannot_be_added(shopper: Client):
    gone = factories.variant("gone", stock=0)

    page = shopper.get(gone.url)
    answer = shopper.post("/basket/add/", {"variant": gone.sku, "quantity": 1})

    assert "Sold out" in page.text
    assert answer.status_code == 422
    assert not Basket.objects.exists()


def test_draft_is_not_shown(shopper: Client):
    draft = factories.variant("draft")
    Product.objects.update(status=Product.DRAFT, published_at=timezone.now())

    assert shopper.get(draft.product.url).status_code == 404
    assert draft.product.title not in shopper.get("/new/").text

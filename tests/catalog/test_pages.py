"""The catalogue's pages: what they show, and that they cost the same at any size."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import services
from catalog.models import Product
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


def test_draft_is_not_shown(shopper: Client):
    draft = factories.variant("draft")
    Product.objects.update(status=Product.DRAFT, published_at=timezone.now())
    services.index_pieces([draft.product_id])

    assert shopper.get(draft.product.url).status_code == 404
    assert draft.product.title not in shopper.get("/new/").text

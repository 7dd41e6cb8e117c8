"""What programs read: the same as the public pages show, and nothing beyond."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Listing, Product, ProductSlug, Review
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
API = "/api/v1/"


@pytest.fixture
def program() -> Client:
    """A client that is no browser: no cookie, no origin."""
    return Client(raise_request_exception=False)


def read(client: Client, path: str, **headers: str) -> Any:
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def piece(slug: str = "mug", **fields: Any) -> Product:
    product = factories.variant(slug, **fields).product
    catalog.index_pieces([product.pk])
    return product


def review(product: Product, number: int = 1, **fields: Any) -> Review:
    plain = {
        "purchase": f"line:{number}", "author_name": "Ada M.", "stars": 5, "maker_stars": 4,
        "words": "It holds the heat.", "language": "en", "written_at": timezone.now(),
    }  # fmt: skip
    made = Review.objects.create(product=product, maker=product.maker, **(plain | fields))
    catalog.index_pieces([product.pk])
    return made


def slugs(answer: Any) -> list[str]:
    return [each["slug"] for each in answer["results"]]


def test_lists_where_everything_begins(program: Client):
    answer = read(program, API)

    site = settings.SITE_URL
    assert answer == {
        "products": f"{site}/api/v1/products/",
        "makers": f"{site}/api/v1/makers/",
        "categories": f"{site}/api/v1/categories/",
        "search": f"{site}/api/v1/search/",
        "schema": f"{site}/api/v1/schema/",
    }


def test_shows_a_piece_with_price_in_cents_and_stable_names(program: Client, mo: Maker):
    variant = factories.variant("mug", maker=mo, price_cents=2400, stock=3)
    catalog.index_pieces([variant.product_id])

    answer = read(program, f"{API}products/mug/")

    assert answer["slug"] == "mug"
    assert answer["maker"] == {"slug": "mo", "name": "Mo"}
    assert answer["price_from"] == answer["price_to"] == {"cents": 2400, "currency": "EUR"}
    assert [each["sku"] for each in answer["variants"]] == [variant.sku]
    assert answer["variants"][0]["available"] == 3
    assert answer["variants"][0]["available_is_at_least"] is False
    assert answer["delivery"]["home"]["cents"] == 450
    assert answer["rating"] is None


def test_hides_how_many_there_are_beyond_twenty(program: Client):
    piece("mug", stock=731)

    answer = read(program, f"{API}products/mug/")

    assert answer["variants"][0]["available"] == 20
    assert answer["variants"][0]["available_is_at_least"] is True
    assert "731" not in json.dumps(answer)


@pytest.mark.parametrize("status", [Product.DRAFT, Product.REVIEW])
def test_hides_a_piece_that_has_no_page(program: Client, status: str):
    hidden = piece("mug")
    Product.objects.filter(pk=hidden.pk).update(status=status)
    catalog.index_pieces([hidden.pk])

    answers = [
        program.get(f"{API}products/mug/").status_code,
        program.get(f"{API}products/mug/reviews/").status_code,
    ]

    assert answers == [404, 404]
    assert slugs(read(program, f"{API}products/")) == []
    assert slugs(read(program, f"{API}search/?q=mug")) == []


def test_hides_a_closed_workshop_and_its_pieces(program: Client, mo: Maker):
    piece("mug", maker=mo)
    Maker.objects.update(is_open=False)

    assert slugs(read(program, f"{API}makers/")) == []
    assert slugs(read(program, f"{API}products/")) == []
    assert program.get(f"{API}makers/mo/").status_code == 404
    assert program.get(f"{API}makers/mo/reviews/").status_code == 404


def test_leads_from_an_old_slug_to_the_piece(program: Client):
    moved = piece("mug")
    ProductSlug.objects.create(slug="old-mug", product=moved)

    response = program.get(f"{API}products/old-mug/")

    assert response.status_code == 301
    assert response["Location"] == f"{API}products/mug/"


def test_narrows_by_filters_and_orders_by_price(program: Client, mo: Maker):
    for slug, cents in (("dish", 3000), ("mug", 1000), ("bowl", 2000)):
        piece(slug, maker=mo, price_cents=cents)
    piece("throw", price_cents=1500)

    chosen = read(program, f"{API}products/?maker=mo&max_cents=2500&sort=cheap")

    assert slugs(chosen) == ["mug", "bowl"]
    assert slugs(read(program, f"{API}products/?maker=nobody")) == []


def test_finds_by_words_and_counts_facets(program: Client, mo: Maker):
    made = piece("mug", maker=mo)
    Product.objects.filter(pk=made.pk).update(title_en="Speckled mug")
    catalog.index_pieces([made.pk])

    answer = read(program, f"{API}search/?q=speckled")

    assert slugs(answer) == ["mug"]
    assert answer["count"] == 1
    makers = next(each for each in answer["facets"] if each["name"] == "maker")
    assert makers["values"] == [{"value": "mo", "label": "Mo", "count": 1}]


def test_pages_meet_every_piece_once(program: Client, mo: Maker):
    expected = {f"piece-{number}" for number in range(5)}
    for slug in sorted(expected):
        piece(slug, maker=mo)

    seen: list[str] = []
    path = f"{API}products/?size=2&maker=mo"
    while path:
        answer = read(program, path)
        seen += slugs(answer)
        path = (answer["next"] or "").removeprefix(settings.SITE_URL)

    assert len(seen) == 5
    assert set(seen) == expected


def test_pages_of_makers_and_reviews_meet_each_once(program: Client, mo: Maker):
    product = piece("mug", maker=mo)
    factories.maker("ana")
    now = timezone.now()
    written = [str(review(product, number, written_at=now).uuid) for number in range(3)]

    makers = _walk(program, f"{API}makers/?size=1")
    reviews = _walk(program, f"{API}products/mug/reviews/?size=1")
    of_maker = _walk(program, f"{API}makers/mo/reviews/?size=2")

    assert [each["slug"] for each in makers] == ["ana", "mo"]
    assert sorted(each["uuid"] for each in reviews) == sorted(written)
    assert sorted(each["uuid"] for each in of_maker) == sorted(written)


def _walk(client: Client, path: str) -> list[Any]:
    found: list[Any] = []
    while path:
        answer = read(client, path)
        found += answer["results"]
        path = (answer["next"] or "").removeprefix(settings.SITE_URL)
    return found


def test_shows_reviews_without_who_wrote_them(program: Client, mo: Maker, ada: Any):
    product = piece("mug", maker=mo)
    review(product, author=ada)
    review(product, 2, state=Review.HIDDEN, words="hidden-canary")

    answer = read(program, f"{API}products/mug/reviews/")

    assert [each["words"] for each in answer["results"]] == ["It holds the heat."]
    assert answer["results"][0]["author"] == "Ada M."
    assert "ada@example.com" not in json.dumps(answer)
    assert read(program, f"{API}products/mug/")["rating"]["count"] == 1


def test_speaks_the_language_of_the_address_alone(program: Client):
    made = piece("mug")
    Product.objects.filter(pk=made.pk).update(title_pt="Caneca")

    portuguese = read(program, f"{API}products/mug/?lang=pt", **{"Accept-Language": "en"})
    english = read(program, f"{API}products/mug/", **{"Accept-Language": "pt"})

    assert portuguese["title"] == "Caneca"
    assert portuguese["url"] == f"{settings.SITE_URL}/pt/p/mug/"
    assert english["title"] == "Mug"


@pytest.mark.parametrize(
    "path",
    ["products/", "search/?q=mug", "makers/", "makers/mo/reviews/", "products/mug-0/reviews/"],
)
def test_lists_cost_the_same_with_one_row_and_three(program: Client, mo: Maker, path: str):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            read(program, API + path)
        return len(asked)

    review(piece("mug-0", maker=mo), 0)
    one = cost()
    for number in (1, 2):
        review(Product.objects.get(slug="mug-0"), number)
        review(piece(f"mug-{number}", maker=mo), number + 10)
        factories.maker(f"maker-{number}")

    assert cost() == one
    assert one <= 5


def test_categories_are_a_tree(program: Client):
    catalog.arrange_category(slug="ceramics", craft="ceramics", name_en="Ceramics", parent=None)
    parent = Listing._meta.get_field("category").remote_field.model.objects.get(slug="ceramics")
    catalog.arrange_category(slug="mugs", craft="ceramics", name_en="Mugs", parent=parent)

    (craft,) = read(program, f"{API}categories/")["results"]

    assert craft["slug"] == "ceramics"
    assert [each["slug"] for each in craft["children"]] == ["mugs"]

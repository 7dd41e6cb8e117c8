"""The page of a piece: its choices, what it may be, what stands around it, and what it costs."""

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog import product_page
from catalog.models import (
    Listing,
    MakerRating,
    PersonalField,
    Picture,
    Product,
    ProductSlug,
    Review,
    Stock,
    Variant,
    Workload,
    week_of,
)
from catalog.neighbours import neighbours_of
from catalog.services import index_pieces
from orders.models import Basket
from tests import factories

pytestmark = pytest.mark.django_db
GLAZE = {"name": "glaze", "values": ["Salt", "Cobalt"]}
SIZE = {"name": "size", "values": ["S", "L", "XL"]}
PART = {"HX-Request": "true", "HX-Target": "piece"}


def mug(**fields: Any) -> Product:
    return factories.product(fields.pop("slug", "mug"), options=[GLAZE, SIZE], **fields)


def offered(of: Product, glaze: str, size: str, **fields: Any) -> Variant:
    return factories.variant(of=of, options={"glaze": glaze, "size": size}, **fields)


def picture(of: Product, position: int, shows: str = "") -> Picture:
    return Picture.objects.create(
        product=of, digest=f"{position:032x}", alt_en=f"Picture {position}", width=960,
        height=1200, widths=[320, 480, 640, 960, 1280], dominant=3, shows=shows, position=position,
    )  # fmt: skip


def review(of: Product, number: int, words: str = "Good.") -> Review:
    return Review.objects.create(
        product=of, maker=of.maker, purchase=f"line:{number}", author_name="Ada", stars=5,
        maker_stars=4, words=words, language="en", written_at=timezone.now(),
    )  # fmt: skip


def shown(product: Product) -> Product:
    found = product_page.piece_at(product.slug)
    assert found
    return found


def values_of(product: Product, variant: Variant) -> dict[str, list[str]]:
    piece = shown(product)
    chosen = next(each for each in piece.sellable if each.pk == variant.pk)
    return {
        option["name"]: [value["value"] for value in option["values"]]
        for option in product_page.options_of(piece, chosen)
    }


def count_of(shopper: Client, path: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert shopper.get(path, headers=headers).status_code == 200
    return len(asked)


# S7: only combinations that exist.


def test_options_are_only_those_that_exist():
    piece = mug()
    small = offered(piece, "Salt", "S")
    large = offered(piece, "Cobalt", "L")

    assert values_of(piece, small) == {"glaze": ["Salt", "Cobalt"], "size": ["S"]}
    assert values_of(piece, large) == {"glaze": ["Salt", "Cobalt"], "size": ["L"]}


def test_each_value_leads_to_a_variant_of_its_own_address():
    piece = mug()
    salt = {size: offered(piece, "Salt", size) for size in ("S", "L")}
    cobalt = offered(piece, "Cobalt", "L")

    glaze, size = product_page.options_of(shown(piece), salt["L"])

    assert [value["url"] for value in glaze["values"]] == [salt["L"].url, cobalt.url]
    assert [value["url"] for value in size["values"]] == [salt["S"].url, salt["L"].url]


def test_choosing_keeps_the_other_choice_and_prefers_what_is_there():
    piece = mug()
    here = offered(piece, "Salt", "XL")
    offered(piece, "Cobalt", "S", stock=0)
    there = offered(piece, "Cobalt", "L")

    glaze, _size = product_page.options_of(shown(piece), here)

    assert glaze["values"][1]["url"] == there.url


def test_sold_out_value_says_so_and_leads_to_its_page(shopper: Client):
    piece = mug()
    here = offered(piece, "Salt", "S")
    gone = offered(piece, "Cobalt", "S", stock=0)

    page = shopper.get(here.url).text

    link = page[page.index(f'href="{gone.url}"') :].partition("</a>")[0]
    assert 'class="gone"' in link
    assert "sold out" in link


# S6: choosing changes price, stock, picture and address, with and without a script.


def test_variant_of_the_address_is_shown(shopper: Client):
    piece = mug()
    salt = offered(piece, "Salt", "S", price_cents=2400)
    cobalt = offered(piece, "Cobalt", "S", price_cents=2900, stock=2)
    picture(piece, 1)
    picture(piece, 2, shows="Cobalt")

    page = shopper.get(cobalt.url).text

    assert "€29.00" in page
    assert "2 left" in page
    assert f'name="variant" value="{cobalt.sku}"' in page
    assert page.index("Picture 2") < page.index("Picture 1")
    assert f'href="{salt.url}"' in page


def test_part_for_htmx_is_the_same_as_on_the_page(shopper: Client):
    piece = mug()
    cobalt = offered(piece, "Cobalt", "S", price_cents=2900)

    whole = shopper.get(cobalt.url)
    part = shopper.get(cobalt.url, headers=PART)

    inner = part.text[: part.text.index('<p class="vh"')].strip()
    assert inner.startswith('<div class="two wide-l piece" id="piece">')
    assert inner in whole.text
    assert "<html" not in part.text
    assert "HX-Target" in part["Vary"]


def test_page_coming_back_from_history_is_whole(shopper: Client):
    cobalt = offered(mug(), "Cobalt", "S")
    restoring = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    page = shopper.get(cobalt.url, headers=restoring)

    assert "<html" in page.text


def test_address_names_the_piece_once_for_search_engines(shopper: Client):
    piece = mug()
    cobalt = offered(piece, "Cobalt", "S")

    page = shopper.get(cobalt.url).text

    assert f'rel="canonical" href="{settings.SITE_URL}{piece.url}"' in page


@pytest.mark.parametrize(
    "query", ["variant=unknown", "variant=%F0%9F%8F%BA", "stars=6", "after=forged"]
)
def test_unknown_choice_is_not_found(shopper: Client, query: str):
    piece = mug()
    offered(piece, "Salt", "S")

    assert shopper.get(f"{piece.url}?{query}").status_code == 404


@pytest.mark.parametrize("country", ["ES", "XX", "", "%00", "🏺"])
def test_delivery_is_told_for_the_country_or_for_home(shopper: Client, country: str):
    piece = mug(maker=factories.maker(delivery_cents=450, delivery_abroad_cents=1200))
    offered(piece, "Salt", "S")

    page = shopper.get(piece.url, {"to": country} if country != "%00" else {"to": "PT%00"})

    price = "€12.00" if country == "ES" else "€4.50"
    assert f"{price} delivery to" in page.text


def test_reduced_price_tells_the_lowest_before(shopper: Client):
    piece = factories.variant(price_cents=3400)
    Variant.objects.filter(pk=piece.pk).update(was_cents=4000)

    page = shopper.get(piece.url).text

    assert "€34.00" in page
    assert "€40.00 was its lowest price of the last 30 days." in page


@pytest.mark.parametrize("was_cents", [None, 3400, 3000])
def test_price_that_is_not_lower_is_not_reduced(shopper: Client, was_cents: int | None):
    piece = factories.variant(price_cents=3400)
    Variant.objects.filter(pk=piece.pk).update(was_cents=was_cents)

    assert "30 days" not in shopper.get(piece.url).text


def test_sold_out_variant_cannot_be_added(shopper: Client):
    gone = factories.variant("gone", stock=0)

    page = shopper.get(gone.url).text
    answer = shopper.post("/basket/add/", {"variant": gone.sku, "quantity": 1})

    assert 'id="buy"' not in page
    assert "Sold out" in page
    assert "Tell me when it is back" in page
    assert answer.status_code == 422
    assert not Basket.objects.exists()


# S8: there was only one.


@pytest.fixture
def vase() -> Variant:
    """The only one of its kind, with a neighbour of its kind and one of its maker."""
    bowl = factories.variant("bowl", maker=factories.maker("rui"))
    only = factories.variant("vase", maker=factories.maker("ana"), stock=1)
    plate = factories.variant("plate", maker=only.product.maker)
    Product.objects.filter(slug="vase").update(is_one_of_a_kind=True)
    index_pieces([each.product_id for each in (bowl, only, plate)])
    return only


def test_only_one_is_sold_without_a_number(shopper: Client, vase: Variant):
    page = shopper.get(vase.url).text

    assert 'name="quantity" value="1"' in page
    assert "there is only this one" in page
    assert "1 left" not in page


def test_sold_only_one_keeps_its_page_and_cannot_be_added(shopper: Client, vase: Variant):
    Stock.objects.filter(pk=vase.pk).update(on_hand=0)
    index_pieces([vase.product_id])

    page = shopper.get(vase.url)
    answer = shopper.post("/basket/add/", {"variant": vase.sku, "quantity": 1})

    assert page.status_code == 200
    assert "There was only this one." in page.text
    assert "Tell me when it is back" not in page.text
    assert 'id="buy"' not in page.text
    assert page.text.index("Similar pieces") < page.text.index("More from Ana")
    assert "Bowl" in page.text
    assert answer.status_code == 422
    assert not Basket.objects.exists()


def test_only_one_that_is_being_paid_for_may_come_back(shopper: Client, vase: Variant):
    Stock.objects.filter(pk=vase.pk).update(held=1)

    page = shopper.get(vase.url).text

    assert "It may come back." in page
    assert 'id="buy"' not in page


# S9, as the page says it.


def test_made_to_order_says_how_long_it_takes(shopper: Client):
    piece = factories.product("stool", is_made_to_order=True)
    Product.objects.update(making_days_min=8, making_days_max=12)
    factories.variant(of=piece, stock=0)

    page = shopper.get(piece.url).text

    assert "Made for you, ships in 8 to 12 working days" in page
    assert 'id="buy"' in page


def test_full_week_takes_no_order_and_says_when_again(shopper: Client, mo: Maker):
    piece = factories.product("stool", maker=mo, is_made_to_order=True)
    variant = factories.variant(of=piece, stock=0)
    monday = week_of(timezone.localdate())
    Workload.objects.create(maker=mo, per_week=2, week=monday, taken=2)

    page = shopper.get(piece.url).text
    answer = shopper.post("/basket/add/", {"variant": variant.sku, "quantity": 1})

    assert "Ordering opens again on Monday" in page
    assert str((monday + timedelta(days=7)).day) in page
    assert 'id="buy"' not in page
    assert answer.status_code == 422
    assert not Basket.objects.exists()


# Addresses.


def test_old_address_leads_to_the_new_one_for_good(shopper: Client):
    piece = mug()
    cobalt = offered(piece, "Cobalt", "S")
    ProductSlug.objects.create(product=piece, slug="old-mug")

    answer = shopper.get(f"/pt/p/old-mug/?variant={cobalt.sku}")

    assert answer.status_code == 301
    assert answer["Location"] == f"/pt/p/mug/?variant={cobalt.sku}"


@pytest.mark.parametrize("status", [Product.DRAFT, Product.REVIEW])
def test_unlisted_piece_is_not_found_under_any_address(shopper: Client, status: str):
    piece = mug()
    offered(piece, "Cobalt", "S")
    ProductSlug.objects.create(product=piece, slug="old-mug")
    Product.objects.update(status=status)

    for slug in ("mug", "old-mug", "no-mug"):
        assert shopper.get(f"/p/{slug}/").status_code == 404


def test_piece_taken_off_sale_keeps_its_page(shopper: Client):
    piece = factories.variant("mug")
    Product.objects.update(status=Product.RETIRED)

    page = shopper.get(piece.url).text

    assert "Not for sale at the moment" in page
    assert 'id="buy"' not in page


# Neighbours (S34).


def test_neighbours_are_the_makers_own_and_the_most_alike(mo: Maker):
    here = factories.variant("here", maker=mo).product
    own = factories.variant("own", maker=mo).product
    boards = factories.category("boards", craft="ceramics")
    other = [
        factories.variant(of=factories.product(slug, category=shelf)).product
        for slug, shelf in (("far", boards), ("near", None), ("nearest", None))
    ]
    hidden = factories.variant("hidden").product
    wood = factories.variant(
        of=factories.product("wood", category=factories.category("wood", craft="wood"))
    ).product
    index_pieces([each.pk for each in (here, own, *other, hidden, wood)])
    Listing.objects.filter(product__slug__in=["here", "nearest"]).update(materials=["stoneware"])
    Listing.objects.exclude(product__slug__in=["here", "nearest"]).update(materials=[])
    Listing.objects.filter(pk=hidden.pk).update(is_shown=False)

    around = neighbours_of(shown(here))

    assert [card.url for card in around["more"]] == [own.url]
    assert [card.url for card in around["similar"]] == ["/p/nearest/", "/p/near/", "/p/far/"]


# What it costs.


def grown(piece: Product, mo: Maker, times: int) -> None:
    """Give the piece so many times its choices, pictures, reviews and neighbours."""
    for number in range(1, times + 1):
        Picture.objects.filter(product=piece, position=number).delete()
        picture(piece, number)
        review(piece, number)
        factories.variant(of=piece, options={"glaze": f"Glaze {number}", "size": "S"})
        ids = [factories.variant(maker=mo).product_id, factories.variant().product_id]
        index_pieces(ids)
    Product.objects.filter(pk=piece.pk).update(
        options=[{"name": "glaze", "values": [f"Glaze {n}" for n in range(1, times + 1)]}, SIZE]
    )
    index_pieces([piece.pk])
    Listing.objects.filter(pk=piece.pk).update(rating_count=times, stars=[0, 0, 0, 0, times])
    MakerRating.objects.update_or_create(maker=mo, defaults={"stars": [0, 0, 0, times, 0]})


def test_page_costs_six_queries_at_any_size(shopper: Client, mo: Maker):
    piece = factories.product("mug", maker=mo)
    grown(piece, mo, 1)
    few = count_of(shopper, piece.url)
    Review.objects.all().delete()
    jug = factories.product("jug", maker=mo)
    for number in range(2, 13):
        picture(jug, number)
    grown(jug, mo, 9)

    many = count_of(shopper, jug.url)

    assert few == many
    assert many <= 6


@pytest.mark.parametrize("kind", [Picture, PersonalField, Variant, Stock])
def test_page_shows_while_a_newer_release_has_added_a_column(kind: type[Model], shopper: Client):
    sold = factories.variant()
    picture(sold.product, 1)
    factories.personal(sold)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {kind._meta.db_table} ADD COLUMN newer integer")

    answer = shopper.get(sold.product.url)

    assert answer.status_code == 200


def test_part_costs_no_more_than_three_queries(shopper: Client, mo: Maker):
    piece = factories.product("mug", maker=mo)
    grown(piece, mo, 3)

    assert count_of(shopper, piece.url, **PART) <= 3


def test_full_page_stays_small(shopper: Client, mo: Maker):
    glazes, sizes = [f"Glaze {n}" for n in range(8)], [f"{n}00 ml" for n in range(1, 6)]
    axes = [{"name": "glaze", "values": glazes}, {"name": "size", "values": sizes}]
    piece = factories.product("mug", maker=mo, options=axes, description_en="A mug. " * 120)
    for glaze in glazes:
        for size in sizes:
            offered(piece, glaze, size)
    for number in range(1, 13):
        picture(piece, number)
    for number in range(10):
        review(piece, number, words=f"Heavier than I thought, the {number}th of mine. " * 9)
        index_pieces([factories.variant(maker=mo).product_id, factories.variant().product_id])
    Listing.objects.filter(pk=piece.pk).update(rating_count=10, stars=[0, 0, 0, 0, 10])

    page = shopper.get(piece.url)

    assert page.text.count("<figure") == 12
    assert len(gzip.compress(page.content)) <= 25_000

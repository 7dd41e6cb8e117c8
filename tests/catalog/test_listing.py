"""Shelves: facets widen and narrow with true numbers, pages follow each other in every order."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.db.models import F
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import services
from catalog.models import Collection, CollectionPiece, Listing, Product, Term, Variant
from catalog.search.shelf import Scope, Shelf, read_shelf
from catalog.search.sql import CURSOR_SALT, SHELF_SORTS
from tests import factories

pytestmark = pytest.mark.django_db


def term(kind: str, slug: str) -> Term:
    return Term.objects.get_or_create(kind=kind, slug=slug, defaults={"name_en": slug.title()})[0]


def piece(slug: str, *, colour: str = "", material: str = "", **fields: Any) -> Product:
    made = factories.product(
        slug, **{key: fields.pop(key) for key in ("maker", "category", "at") if key in fields}
    )
    if colour:
        made.terms.add(term("colour", colour))
    if material:
        made.terms.add(term("material", material))
    factories.variant(of=made, **fields)
    return made


def pieces(count: int) -> None:
    """List many pieces with many ties: three prices, two days."""
    maker, category, now = factories.maker(), factories.category(), timezone.now()
    made = Product.objects.bulk_create(
        Product(
            slug=f"p{number}", title_en=f"P{number}", maker=maker, category=category,
            status=Product.LIVE, published_at=now - timedelta(days=number % 2),
        )
        for number in range(count)
    )  # fmt: skip
    services.index_pieces(product.pk for product in made)
    Listing.objects.update(price_cents=1000 + F("pk") % 3, sold_lately=F("pk") % 2)


def shelf(address: str = "", **scope: Any) -> Shelf:
    return read_shelf(Scope(**scope), QueryDict(address))


def slugs(found: Shelf) -> set[str]:
    return {card.slug for card in found.cards}


def numbers(found: Shelf, facet: str) -> dict[str, int]:
    chosen = next((each for each in found.facets if each.name == facet), None)
    return {option.value: option.count for option in chosen.options} if chosen else {}


@pytest.fixture
def coloured() -> None:
    piece("a", colour="blue", material="clay", price_cents=1000)
    piece("b", colour="green", material="clay", price_cents=2000)
    piece("c", colour="green", material="wood", price_cents=3000)
    piece("d", colour="red", material="wood", price_cents=4000)


@pytest.mark.usefixtures("coloured")
def test_second_colour_widens_and_material_narrows():
    assert slugs(shelf("colour=blue")) == {"a"}
    assert slugs(shelf("colour=blue&colour=green")) == {"a", "b", "c"}
    assert slugs(shelf("colour=blue&colour=green&material=clay")) == {"a", "b"}


@pytest.mark.usefixtures("coloured")
def test_facet_does_not_count_its_own_choice():
    found = shelf("colour=green&material=clay")

    assert found.count == 1
    assert numbers(found, "colour") == {"blue": 1, "green": 1}
    assert numbers(found, "material") == {"clay": 1, "wood": 1}


@pytest.mark.usefixtures("coloured")
def test_prices_bound_the_shelf():
    assert slugs(shelf("min=20&max=30")) == {"b", "c"}
    assert slugs(shelf("max=10,00")) == {"a"}
    assert slugs(shelf("max=%E2%82%AC10")) == {"a"}


@pytest.mark.usefixtures("coloured")
def test_price_that_is_none_is_ignored_and_said(shopper: Client):
    page = shopper.get("/new/?max=cheap")

    assert page.status_code == 200
    assert "A price is a number of euros" in page.text
    assert page.text.count('class="card') == 4


def test_ready_reduced_and_rated_pieces():
    piece("here")
    piece("gone", stock=0)
    made = piece("made", stock=0)
    Product.objects.filter(pk=made.pk).update(is_made_to_order=True)
    cheap = piece("cheap", price_cents=1000, stock=0)
    Variant.objects.filter(product=cheap).update(was_cents=2000)
    services.index_pieces([made.pk, cheap.pk])
    Listing.objects.filter(pk=cheap.pk).update(rating_count=2, stars=[0, 0, 0, 2, 0])

    assert slugs(shelf("stock=1")) == {"here"}
    assert slugs(shelf("made=1")) == {"made"}
    assert slugs(shelf("stock=1&made=1")) == {"here", "made"}
    assert slugs(shelf("sale=1")) == {"cheap"}
    assert slugs(shelf("rating=4")) == {"cheap"}


def test_place_and_maker_are_facets():
    piece("a", maker=factories.maker("ana", place="Évora, Alentejo"))
    piece("b", maker=factories.maker("rui", place="Porto, Portugal"))

    found = shelf("place=evora")

    assert slugs(found) == {"a"}
    assert numbers(found, "place") == {"evora": 1, "porto": 1}
    assert [chip.label for chip in found.chips] == ["Évora"]
    assert slugs(shelf("maker=rui")) == {"b"}


def test_craft_holds_the_kinds_below_it(shopper: Client):
    craft = factories.category("ceramics")
    mugs = factories.category("mugs", parent=craft)
    piece("bowl", category=craft)
    piece("cup", category=mugs)
    piece("spoon", category=factories.category("wood", craft="wood"))

    page = shopper.get("/c/ceramics/")

    assert page.text.count('class="card') == 2
    assert slugs(shelf(category=craft)) == {"bowl", "cup"}
    assert numbers(shelf("type=mugs", category=craft), "type") == {"mugs": 1}
    assert slugs(shelf(category=mugs)) == {"cup"}


def test_gifts_cost_less_than_thirty_euros(shopper: Client):
    piece("dear", price_cents=3000)
    piece("gift", price_cents=2999)

    page = shopper.get("/collections/gifts/")

    assert "/p/gift/" in page.text
    assert "/p/dear/" not in page.text


def test_collection_keeps_the_order_of_its_operators():
    pieces = [piece(slug) for slug in "abc"]
    chosen = Collection.objects.create(slug="x", title_en="X", is_shown=True)
    for position, each in enumerate([pieces[1], pieces[2], pieces[0]]):
        CollectionPiece.objects.create(collection=chosen, product=each, position=position)

    assert [card.slug for card in shelf(collection_id=chosen.pk).cards] == ["b", "c", "a"]


@pytest.mark.parametrize("sort", SHELF_SORTS)
def test_pages_of_every_order_follow_without_gap_or_repeat(sort: str):
    pieces(60)
    seen: list[int] = []
    after = ""

    for _ in range(3):
        found = shelf(f"sort={sort}&after={after}")
        seen += [card.pk for card in found.cards]
        after = found.next_cursor

    assert after == ""
    assert len(seen) == 60
    assert set(seen) == set(Product.objects.values_list("pk", flat=True))


def test_orders_differ():
    now = timezone.now()
    piece("a", price_cents=3000, at=now)
    piece("b", price_cents=1000, at=now - timedelta(days=1))
    middle = piece("c", price_cents=2000, at=now - timedelta(days=2))
    services.record_sales({middle.pk: 9})

    def order(sort: str) -> str:
        return "".join(card.slug for card in shelf(f"sort={sort}").cards)

    orders = {sort: order(sort) for sort in ("new", "cheap", "dear", "popular")}

    assert orders == {"new": "abc", "cheap": "bca", "dear": "acb", "popular": "cba"}


def test_longer_page_holds_what_its_pages_held():
    pieces(50)
    first = shelf()

    longer = shelf(first.longer_url.removeprefix("?"))

    assert len(longer.cards) == 48
    assert [card.pk for card in longer.cards[:24]] == [card.pk for card in first.cards]
    assert [card.pk for card in longer.cards[24:]] == [
        card.pk for card in shelf(f"after={first.next_cursor}").cards
    ]


@pytest.mark.parametrize(
    "address",
    [
        "after=forged", "after=a:b:c", "sort=best", "sort=price", "craft=magic", "colour=unknown",
        "type=unknown", "maker=nobody", "place=atlantis", "rating=5", "stock=yes", "pages=9",
        "colour=__", "material=a'b", "pages=-1",
    ],
)  # fmt: skip
def test_address_that_cannot_be_is_not_found(shopper: Client, address: str):
    piece("a")

    assert shopper.get(f"/new/?{address}").status_code == 404


def test_cursor_of_another_order_is_not_found(shopper: Client):
    pieces(25)
    cursor = shelf().next_cursor
    strange = signing.dumps(["new", "not a date", 1, 1], salt=CURSOR_SALT + "x")

    assert shopper.get(f"/new/?after={cursor}").status_code == 200
    assert shopper.get(f"/new/?sort=cheap&after={cursor}").status_code == 404
    assert shopper.get(f"/new/?after={cursor[:-2]}xx").status_code == 404
    assert shopper.get(f"/new/?after={strange}").status_code == 404


def test_chips_take_one_choice_away(shopper: Client):
    piece("a", colour="blue", material="clay")

    page = shopper.get("/new/?colour=blue&material=clay&max=50")

    assert page.text.count("Remove filter:") == 3
    assert 'href="?material=clay&amp;max=50"' in page.text
    assert 'href="?material=clay&amp;colour=blue"' in page.text
    assert "1 piece" in page.text


def count_of(shopper: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert shopper.get(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    "path",
    ["/c/ceramics/", "/c/ceramics/?colour=blue&max=90&sort=dear", "/new/", "/collections/gifts/",
     "/search/?q=piece", "/search/?q=pieze", "/search/?q=piece&craft=ceramics"],
)  # fmt: skip
def test_shelves_cost_four_queries_with_more_rows(shopper: Client, path: str):
    piece("piece-one", colour="blue")
    few = count_of(shopper, path)
    for number in range(3):
        piece(f"piece-{number}", colour="blue", material="clay")

    assert count_of(shopper, path) == few
    assert few <= 5


ASKED = ("", "colour=blue", "colour=blue&colour=red", "material=clay&colour=blue", "place=town-1",
         "maker=maker-2&colour=red", "stock=1", "made=1&max=20", "min=12&max=18&colour=red",
         "type=ceramics&place=town-1&place=town-2", "sale=1", "rating=4&material=wood")  # fmt: skip


@pytest.fixture
def assorted() -> list[Listing]:
    """List sixty pieces of five makers, each with what its number says."""
    makers = [factories.maker(f"maker-{n}", place=f"Town {n % 3}, Portugal") for n in range(5)]
    for number in range(60):
        piece(
            f"p{number}", maker=makers[number % 5], stock=number % 4,
            price_cents=1000 + number * 20,
            colour=("blue", "red", "")[number % 3], material=("clay", "wood")[number % 2],
        )  # fmt: skip
    Listing.objects.annotate(rest=F("pk") % 7).filter(rest=0).update(is_made_to_order=True)
    Listing.objects.annotate(rest=F("pk") % 5).filter(rest=0).update(is_reduced=True)
    rated = Listing.objects.annotate(rest=F("pk") % 3).filter(rest=0)
    rated.update(rating_count=2, stars=[0, 0, 0, 1, 1])
    return list(Listing.objects.select_related("maker", "category", "product"))


def test_every_number_is_what_choosing_it_gives(assorted: list[Listing]):
    """A facet's number counts the pieces that fit all that is chosen in the other facets."""
    for asked in ASKED:
        chosen, found = QueryDict(asked), shelf(asked)
        facets = {WISHES.get(name, name) for name in chosen}
        for facet in ("craft", "type", "material", "colour", "place", "maker", "sale", "rating"):
            others = [one for one in assorted if fits(one, chosen, facets - {facet})]
            counts = Counter(value for one in others for value in said(one)[facet])
            told = {each.value: each.count for each in found.counted.values.get(facet, [])}
            if facet == "rating":
                told["4"] = told.pop("1")
            assert {value: count for value, count in told.items() if count} == counts, asked
        fitting = [one for one in assorted if fits(one, chosen, facets)]
        assert found.counted.total == len(fitting)
        assert found.counted.makers == len({one.maker_id for one in fitting})


# Parameters that are one question together.
WISHES = {"stock": "ready", "made": "ready", "min": "price", "max": "price"}


def fits(listing: Listing, chosen: QueryDict, facets: set[str]) -> bool:
    """Tell whether a listing has what is chosen in these facets."""
    ready = "made" if listing.is_made_to_order else "stock" if listing.available > 0 else ""
    low, high = int(chosen.get("min", "0")) * 100, int(chosen.get("max", "999")) * 100
    has = said(listing) | {"ready": [ready]}
    wished = {name: chosen.getlist(name) for name in facets} | {
        "ready": [name for name in ("stock", "made") if name in chosen]
    }
    return all(
        low <= listing.price_cents <= high
        if name == "price"
        else set(wished[name]) & set(has[name])
        for name in facets
    )


def said(listing: Listing) -> dict[str, list[str]]:
    """Give what a listing answers to each facet."""
    return {
        "craft": [listing.craft], "type": [listing.category.slug], "material": listing.materials,
        "colour": listing.colours, "place": [listing.place], "maker": [listing.maker.slug],
        "sale": ["1"] * listing.is_reduced, "rating": ["4"] * bool(listing.rating_count),
    }  # fmt: skip


def test_a_chosen_maker_is_named_among_very_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.search.facets.MAKERS_MAX", 2)
    for number in range(5):
        maker = factories.maker(f"maker-{number}")
        for at in range(6 - number):
            piece(f"p{number}-{at}", maker=maker)

    found = shelf("maker=maker-4")

    assert found.counted.of("maker", "maker-4").count == 2
    assert found.counted.makers == 1
    assert [chip.label for chip in found.chips] == ["Maker-4"]


def test_numbers_above_two_thousand_are_about(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.search.facets.CANDIDATES", 3)
    for number in range(5):
        piece(f"p{number}", colour="blue")

    found = shelf()

    assert found.counted.is_about
    assert found.count == 3
    assert len(found.cards) == 5


def test_card_says_what_is_left_and_what_is_made(shopper: Client):
    piece("few", stock=2)
    piece("gone", stock=0)
    made = piece("made", stock=0)
    Product.objects.filter(pk=made.pk).update(is_made_to_order=True)
    services.index_pieces([made.pk])

    page = shopper.get("/new/").text

    assert "2 left" in page
    assert page.count("Sold out") == 1
    assert "Made to order" in page

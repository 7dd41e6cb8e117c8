"""Searches find what was meant, rank it, page through it, and survive whatever is typed."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import services
from catalog.models import Product, Synonym
from catalog.search.shelf import Scope, read_shelf
from catalog.search.suggest import suggest_for
from catalog.search.words import understand, words_of
from tests import factories

pytestmark = pytest.mark.django_db


def piece(title: str, **fields: Any) -> Product:
    variant_fields = {name: fields.pop(name) for name in ("stock", "price_cents") if name in fields}
    made = factories.product(title.lower().replace(" ", "-")[:40], title_en=title, **fields)
    factories.variant(of=made, **variant_fields)
    return made


def titles(typed: str, address: str = "", language: str = "en") -> list[str]:
    with translation.override(language):
        shelf = read_shelf(Scope(text=understand(typed)), QueryDict(address))
        return [card.title for card in shelf.cards]


def test_find_ceramic_mug_by_cerammic_mug(shopper: Client):
    piece("Ceramic mug")
    piece("Wooden bowl")

    page = shopper.get("/search/", {"q": "cerammic mug"})

    assert "“ceramic mug”" in page.text
    assert "/p/ceramic-mug/" in page.text
    assert "/p/wooden-bowl/" not in page.text
    assert "exact=1" in page.text


def test_search_as_typed_respells_nothing(shopper: Client):
    piece("Ceramic mug")

    page = shopper.get("/search/", {"q": "cerammic mug", "exact": "1"})

    assert "Nothing for “cerammic mug”" in page.text
    assert "Showing results for" not in page.text


@pytest.mark.parametrize("typed", ["mugs", "MUG", "mug!", "  mug\t\n", "“mug”", "mug & the"])
def test_find_mug_however_it_is_written(typed: str):
    piece("Ceramic mug")

    assert titles(typed) == ["Ceramic mug"]


@pytest.mark.parametrize("typed", ["taca", "taça", "TACAS", "tácas"])
def test_find_in_portuguese_without_accents(typed: str):
    piece("Bowl", title_pt="Taça de grés")

    assert titles(typed, language="pt") == ["Taça de grés"]


def test_find_by_synonym_of_one_word_and_of_two():
    Synonym.objects.create(language="en", words="mug, beaker")
    Synonym.objects.create(language="en", words="tea towel, dishcloth")
    piece("Ceramic mug")
    piece("Linen tea towel")

    assert titles("beaker") == ["Ceramic mug"]
    assert titles("ceramic beakers") == ["Ceramic mug"]
    assert titles("dishcloth") == ["Linen tea towel"]
    assert titles("linen dishcloth") == ["Linen tea towel"]
    assert titles("beaker", language="pt") == []


def test_find_synonyms_of_two_words_by_one():
    Synonym.objects.create(language="en", words="tea towel, dishcloth")
    piece("Striped dishcloth")

    assert titles("tea towel") == ["Striped dishcloth"]


def test_find_every_word_only():
    piece("Blue mug")
    piece("Blue bowl")

    assert titles("blue mug") == ["Blue mug"]


def test_rank_title_above_description_and_new_above_old():
    now = timezone.now()
    piece("Wooden spoon", description_en="Goes with a mug.", at=now)
    piece("Old mug", at=now - timedelta(days=900))
    piece("Young mug", at=now - timedelta(days=1))

    assert titles("mug") == ["Young mug", "Old mug", "Wooden spoon"]


def test_leave_out_what_is_not_on_sale():
    piece("Shut mug", maker=factories.maker(is_open=False))
    gone = piece("Retired mug")
    services.retire_piece(gone.pk, by="user:1", at=timezone.now())
    sold = piece("Unique mug", stock=0)
    Product.objects.filter(pk=sold.pk).update(is_one_of_a_kind=True)
    services.index_pieces([sold.pk])
    piece("Empty mug", stock=0)

    assert titles("mug") == ["Empty mug"]


def test_show_maker_whose_name_was_typed(shopper: Client):
    piece("Bowl", maker=factories.maker("barro-fino", name="Barro Fino"))

    page = shopper.get("/search/", {"q": "barro fino"})

    assert "found-maker" in page.text
    assert "/m/barro-fino/" in page.text


def test_nothing_found_offers_crafts_and_what_has_one_word(shopper: Client):
    factories.category("ceramics")
    piece("Blue mug")

    page = shopper.get("/search/", {"q": "blue hovercraft"})

    assert page.status_code == 200
    assert "/p/blue-mug/" in page.text
    assert "/c/ceramics/" in page.text


def test_suggest_pieces_makers_and_crafts(shopper: Client):
    factories.category("mugs", name_en="Mugs and cups")
    piece("Speckled mug", maker=factories.maker("mugeria", name="Mugéria"))

    found = [(each.kind, each.label) for each in suggest_for("mug")]
    page = shopper.get("/search/suggest/", {"q": "speckled mu"})

    assert found == [("craft", "Mugs and cups"), ("maker", "Mugéria"), ("piece", "Speckled mug")]
    assert "/p/speckled-mug/" in page.text
    assert "s-maxage=60" in page["Cache-Control"]
    assert shopper.get("/search/suggest/", {"q": "m"}).text.strip() == ""


def test_words_are_bounded():
    assert words_of("a" * 500) == ["a" * 40]
    assert len(words_of(" ".join("abcdefghijkl"))) == 8
    assert words_of("__\0;'--%_ \u202e🙂") == []


@pytest.mark.parametrize("language", ["", "/pt"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.text(max_size=120))
def test_survive_whatever_is_typed(
    shopper: Client, django_assert_max_num_queries: Any, language: str, typed: str
):
    with django_assert_max_num_queries(8):
        page = shopper.get(f"{language}/search/", {"q": typed})
        hints = shopper.get(f"{language}/search/suggest/", {"q": typed})

    # A null byte is refused before any page sees it.
    assert page.status_code == hints.status_code == (400 if "\0" in typed else 200)


HOSTILE = [
    "\0", "a\0b", "'; DROP TABLE catalog_product; --", "%00", "\\", "a & | ! ( ) :* <->",
    "🙂" * 200, "\u202emug", "x" * 10_000, "__class__", "{{ 7*7 }}", "a " * 5_000, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("typed", ["ʹ", "ʺ", "ŉ", "muːg", "ˆ", "aˋ", "mʼg", *HOSTILE])
@pytest.mark.parametrize(
    "path", ["/search/", "/pt/search/", "/search/suggest/", "/search/feed/", "/api/v1/search/"]
)
def test_answer_words_that_mean_something_to_a_query(shopper: Client, path: str, typed: str):
    """Some letters become a quotation mark or a colon once they lose their accents."""
    answer = shopper.get(path, {"q": typed.encode("utf-8", "surrogatepass")})

    assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize(
    "name", ["q", "craft", "material", "sort", "after", "min", "pages", "x__y"]
)
def test_answer_hostile_addresses_without_failing(shopper: Client, name: str, typed: str):
    sent = {name: typed.encode("utf-8", "surrogatepass")}
    for path in ("/search/?q=mug", "/c/ceramics/"):
        factories.category()
        query = sent if "?" not in path or name == "q" else sent | {"q": "mug"}
        assert shopper.get(path.partition("?")[0], query).status_code in {200, 400, 404}

"""The listing of a piece says what the piece is, whoever changed it and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from catalog import services
from catalog.models import Listing, Review, Stock, Term, Variant, Word
from makers_market.core.audit import breaches
from tests import factories


def listing_of(product_id: int) -> Listing:
    return Listing.objects.get(pk=product_id)


def has(product_id: int, words: str, language: str = "en") -> bool:
    """Tell whether a search for these words would find the piece."""
    query = "SELECT words_{0} @@ plainto_tsquery('market_{0}', %s) FROM catalog_listing WHERE product_id = %s"  # noqa: E501
    with connection.cursor() as cursor:
        cursor.execute(query.format(language), [words, product_id])
        (found,) = cursor.fetchone()
    return bool(found)


@pytest.mark.django_db
def test_list_new_piece_with_an_empty_row():
    piece = factories.product("jug")

    listing = listing_of(piece.pk)

    assert (listing.is_shown, listing.available, listing.price_cents) == (True, 0, 0)
    assert listing.maker_id == piece.maker_id
    assert listing.craft == "ceramics"


@pytest.mark.django_db
def test_index_writes_price_choices_and_card():
    axes = [{"name": "glaze", "values": ["Chalk", "Sage"], "values_pt": ["Cal", "Salva"]}]
    piece = factories.product("mug", title_pt="Caneca", options=axes)
    factories.variant(of=piece, price_cents=2400, options={"glaze": "Chalk"}, stock=2)
    dear = factories.variant(of=piece, price_cents=3100, options={"glaze": "Sage"}, stock=3)

    listing = listing_of(piece.pk)

    assert (listing.price_cents, listing.price_max_cents) == (2400, 3100)
    assert listing.available == 5
    assert listing.card == {
        "slug": "mug", "en": "Mug", "pt": "Caneca", "picture": None, "was": None, "count": 2,
        "axes": [["glaze", 2]],
    }  # fmt: skip
    assert has(piece.pk, "sage")
    assert not has(piece.pk, "salva")
    assert has(piece.pk, "salva", "pt")
    assert dear.product_id == piece.pk


@pytest.mark.django_db
def test_index_reads_words_without_accents_and_endings():
    piece = factories.product("a", title_en="Glazed bowls", title_pt="Taças de porcelana vidrada")
    services.index_pieces([piece.pk])

    assert has(piece.pk, "bowl")
    assert has(piece.pk, "tacas", "pt")
    assert has(piece.pk, "Taça", "pt")
    assert not has(piece.pk, "candle")


@pytest.mark.django_db
def test_index_lists_terms_place_and_words():
    piece = factories.product("b", maker=factories.maker(place="Évora Monte, Alentejo"))
    stone = Term.objects.create(kind="material", slug="stoneware", name_en="Stoneware")
    blue = Term.objects.create(kind="colour", slug="blue", name_en="Ultramarine", name_pt="Azulão")
    piece.terms.add(stone, blue)
    services.index_pieces([piece.pk])

    listing = listing_of(piece.pk)

    assert (listing.materials, listing.colours) == (["stoneware"], ["blue"])
    assert listing.place == "evora-monte"
    assert Word.objects.filter(language="en", word="ultramarine").exists()
    assert Word.objects.filter(language="pt", word="azulao").exists()


@pytest.mark.django_db
def test_index_counts_shown_reviews_and_damps_them():
    piece = factories.product("c")
    for number, (stars, state) in enumerate([(5, "shown"), (4, "shown"), (1, "hidden")]):
        Review.objects.create(
            product=piece, maker=piece.maker, purchase=f"line:{number}", author_name="Ada",
            stars=stars, maker_stars=5, language="en", state=state, written_at=timezone.now(),
        )  # fmt: skip
    services.index_pieces([piece.pk])

    listing = listing_of(piece.pk)

    assert (listing.rating_count, listing.stars) == (2, [0, 0, 0, 1, 1])
    assert listing.rating_damped == pytest.approx((9 + 40) / 12)


@pytest.mark.django_db
def test_index_shows_the_price_it_is_reduced_from():
    first = factories.variant("d", price_cents=3400)
    Variant.objects.filter(pk=first.pk).update(was_cents=4000)
    services.index_pieces([first.product_id])

    listing = listing_of(first.product_id)

    assert listing.is_reduced
    assert listing.card["was"] == 4000


@pytest.mark.django_db
def test_index_leaves_what_is_for_sale_to_the_trigger():
    variant = factories.variant("e", stock=4)
    Listing.objects.update(available=99)

    services.index_pieces([variant.product_id])

    assert listing_of(variant.product_id).available == 99


@pytest.mark.django_db
def test_follow_stock_of_several_pieces_in_one_statement():
    one, two = factories.variant("f", stock=4), factories.variant("g", stock=7)

    services.hold_stock({one.pk: 1, two.pk: 3})

    assert listing_of(one.product_id).available == 3
    assert listing_of(two.product_id).available == 4
    assert breaches().get("10a a listing has the stock of its piece") is None


@pytest.mark.django_db
def test_audit_names_listing_that_raw_sql_bent():
    variant = factories.variant("h", stock=4, price_cents=2000)
    Listing.objects.filter(pk=variant.product_id).update(available=5, price_cents=1)

    broken = breaches()

    assert broken["10a a listing has the stock of its piece"] == [
        f"piece {variant.product_id}: lists 5, has 4"
    ]
    assert broken["10b a listing has the lowest price of its piece"] == [
        f"piece {variant.product_id}: lists 1, asks 2000"
    ]


@pytest.mark.django_db
def test_list_pieces_that_were_there_before_listings():
    variant = factories.variant("i", stock=6)
    Listing.objects.all().delete()

    assert services.index_unlisted() == 1

    assert listing_of(variant.product_id).available == 6
    assert services.index_unlisted() == 0


@pytest.mark.django_db
def test_record_sales_replaces_those_of_before():
    one, two = factories.product("j"), factories.product("k")
    services.record_sales({one.pk: 5})

    services.record_sales({two.pk: 2})

    assert listing_of(one.pk).sold_lately == 0
    assert listing_of(two.pk).sold_lately == 2


@pytest.mark.django_db
def test_take_piece_off_sale_hides_its_listing():
    piece = factories.product("l")

    services.retire_piece(piece.pk, by="user:1", at=timezone.now() + timedelta(hours=1))

    assert not listing_of(piece.pk).is_shown


@pytest.mark.django_db(transaction=True)
def test_count_exactly_while_twenty_change_the_stock():
    piece = factories.product("m")
    variants = [factories.variant(of=piece, stock=50, options={"size": str(n)}) for n in range(4)]

    def change(number: int) -> None:
        variant = variants[number % 4]
        try:
            for step in range(3):
                services.hold_stock({each.pk: 1 for each in variants})
                services.receive_stock(variant, 2, reference=f"{number}-{step}", at=timezone.now())
                services.index_pieces([piece.pk])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(change, range(20)))

    rows = Stock.objects.filter(variant__product=piece)
    left = sum(row.available for row in rows)
    assert left == 200 - 20 * 3 * 4 + 20 * 3 * 2
    assert listing_of(piece.pk).available == left

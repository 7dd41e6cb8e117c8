"""Saved pieces: guests keep them through sign-in, a link shares them and nothing else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, User
from catalog import services
from catalog.models import Product, SavedList, SavedPiece
from catalog.services import saving
from tests import factories
from tests.catalog import writing

pytestmark = pytest.mark.django_db


def save(client: Client, product: Product, **fields: str):
    return client.post("/save/", {"piece": product.slug} | fields)


def saved_by(client: Client) -> list[str]:
    return client.get("/header/").text.partition('data-saved="')[2].partition('"')[0].split()


def titles(page: str) -> list[str]:
    """Give the pieces of a page in order, by their addresses."""
    return [part.partition('"')[0] for part in page.split('<h3><a href="/p/')[1:]]


@pytest.fixture
def mug() -> Product:
    return factories.variant("mug").product


@pytest.fixture
def bowl() -> Product:
    return factories.variant("bowl").product


def test_save_by_a_guest_leads_back_to_the_page(shopper: Client, mug: Product):
    answer = shopper.post(
        "/save/", {"piece": "mug"}, headers={"Referer": "http://testserver/c/ceramics/?sort=new"}
    )

    assert answer.headers["Location"] == "/c/ceramics/?sort=new#saved"
    assert saved_by(shopper) == ["mug"]
    assert SavedList.objects.get().user is None


@pytest.mark.parametrize("page", ["https://evil.example/p/", "http://testserver//evil.example"])
def test_save_never_leads_elsewhere(shopper: Client, mug: Product, page: str):
    answer = shopper.post("/save/", {"piece": "mug"}, headers={"Referer": page})

    assert answer.headers["Location"] == "/saved/#saved"


def test_save_twice_is_one_piece(shopper: Client, mug: Product):
    save(shopper, mug)
    save(shopper, mug)

    assert SavedPiece.objects.count() == SavedList.objects.count() == 1


def test_save_asked_by_a_script_answers_in_json(shopper: Client, mug: Product):
    json = {"headers": {"Accept": "application/json"}}

    on = shopper.post("/save/", {"piece": "mug", "want": "on"}, **json)
    kept = saved_by(shopper)
    off = shopper.post("/save/", {"piece": "mug", "want": "off"}, **json)

    assert on.json() == {"on": True, "words": "Saved: Mug"}
    assert kept == ["mug"]
    assert off.json() == {"on": False, "words": "No longer saved: Mug"}
    assert saved_by(shopper) == []


@pytest.mark.parametrize("status", ["draft", "review"])
def test_save_of_what_shoppers_do_not_see_is_404(shopper: Client, mug: Product, status: str):
    Product.objects.update(status=status)

    assert save(shopper, mug).status_code == 404
    assert not SavedList.objects.exists()


def test_save_above_the_limit_is_refused(shopper: Client, mug: Product, bowl: Product, monkeypatch):
    monkeypatch.setattr(saving, "PIECES_MAX", 1)
    save(shopper, mug)

    page = save(shopper, bowl)

    assert page.status_code == 422
    assert "Your list is full: it holds 1 pieces." in page.text
    assert saved_by(shopper) == ["mug"]


def test_saved_page_shows_the_last_saved_first_and_sold_ones_too(shopper: Client, ada: User):
    for slug in ("one", "two", "three"):
        save(shopper, factories.variant(slug, stock=0 if slug == "two" else 3).product)
    Product.objects.filter(slug="one").update(status="retired")
    services.index_pieces(Product.objects.values_list("pk", flat=True))

    page = shopper.get("/saved/").text

    assert titles(page) == ["three/", "two/", "one/"]
    assert "Sold out" in page
    assert "3 pieces" in page


def test_saved_page_goes_on_where_it_ended(shopper: Client, monkeypatch):
    monkeypatch.setattr("catalog.wished.SHELF", 2)
    for slug in ("one", "two", "three"):
        save(shopper, factories.variant(slug).product)

    first = shopper.get("/saved/")
    after = first.text.partition("?after=")[2].partition('"')[0]
    second = shopper.get(f"/saved/?after={after}")

    assert titles(first.text) == ["three/", "two/"]
    assert titles(second.text) == ["one/"]
    assert shopper.get("/saved/?after=forged").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_saved_page_costs_the_same_whatever_it_holds(
    shopper: Client, django_assert_num_queries, count: int
):
    for _number in range(count):
        save(shopper, factories.variant().product)

    with django_assert_num_queries(6):
        shopper.get("/saved/")


def test_words_that_wait_for_review_are_on_no_page(shopper: Client, mo: Maker):
    """A piece that comes back with other words is looked at first, also where cards outlive it."""
    piece = writing.live(mo, title_en="Honest mug")
    factories.review(piece)
    save(shopper, piece)
    shopper.post("/see/", {"piece": piece.slug})
    services.retire_piece(piece.pk, by="test", at=timezone.now())
    retired = shopper.get("/saved/").text
    writing.change(piece, title_en="Canary words")

    services.bring_back_piece(piece.pk, by="test", at=timezone.now())

    pages = [shopper.get(path).text for path in (
        "/saved/", "/seen/", "/seen/strip/", f"/m/{mo.slug}/", f"/api/v1/makers/{mo.slug}/reviews/",
    )]  # fmt: skip
    assert "Honest mug" in retired
    assert writing.fresh(piece).title_en == "Canary words"
    assert [page for page in pages if "Canary" in page or piece.slug in page] == []


def test_remove_offers_undo(shopper: Client, mug: Product, bowl: Product):
    save(shopper, mug)
    save(shopper, bowl)

    page = shopper.post("/saved/remove/", {"piece": "mug"}).text
    left = saved_by(shopper)
    save(shopper, mug, next="/saved/")

    assert "Removed: Mug." in page
    assert left == ["bowl"]
    assert sorted(saved_by(shopper)) == ["bowl", "mug"]


def test_remove_takes_nothing_of_others(shopper: Client, mug: Product):
    save(shopper, mug)

    Client(headers={"Sec-Fetch-Site": "same-origin"}).post("/saved/remove/", {"piece": "mug"})

    assert saved_by(shopper) == ["mug"]


def test_empty_page_offers_one_step(shopper: Client):
    page = shopper.get("/saved/").text

    assert "Nothing saved yet" in page
    assert "Share this list" not in page


def test_sign_in_brings_a_guest_s_pieces_along(
    shopper: Client, ada: User, mug: Product, bowl: Product
):
    services.save_piece(None, bowl, user=ada, at=timezone.now() - timedelta(days=3))
    save(shopper, mug)
    save(shopper, bowl)
    save(shopper, factories.variant("vase").product)

    shopper.force_login(ada)
    page, again = shopper.get("/saved/").text, shopper.get("/saved/").text

    assert "2 pieces you saved before signing in are here too." in page
    assert "before signing in" not in again
    assert titles(page) == ["vase/", "mug/", "bowl/"]
    assert SavedList.objects.get().user == ada


def test_sign_in_keeps_the_basket(shopper: Client, ada: User):
    piece = factories.variant("mug")
    shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 2})
    save(shopper, piece.product)

    shopper.force_login(ada)

    assert "2 pieces" in shopper.get("/basket/").text
    assert saved_by(shopper) == ["mug"]


def test_merge_never_takes_another_account_s_list(ada: User, eve: User, mug: Product):
    hers = services.save_piece(None, mug, user=eve, at=timezone.now())

    came = services.merge_saved(hers.uuid, user=ada, at=timezone.now())

    assert came == 0
    assert list(SavedPiece.objects.values_list("saved_list__user", flat=True)) == [eve.pk]


def test_merge_keeps_to_the_limit(ada: User, mug: Product, bowl: Product, monkeypatch):
    monkeypatch.setattr(saving, "PIECES_MAX", 2)
    at = timezone.now()
    services.save_piece(None, factories.variant().product, user=ada, at=at)
    guests = services.save_piece(None, mug, user=None, at=at)
    services.save_piece(guests, bowl, user=None, at=at + timedelta(seconds=1))

    came = services.merge_saved(guests.uuid, user=ada, at=at)

    kept = SavedPiece.objects.filter(saved_list__user=ada)
    assert came == 1
    assert bowl.pk in kept.values_list("product", flat=True)
    assert kept.count() == 2


def test_signed_out_browser_shows_no_list(shopper: Client, ada: User, mug: Product):
    shopper.force_login(ada)
    save(shopper, mug)

    shopper.logout()

    assert saved_by(shopper) == []
    assert SavedPiece.objects.count() == 1


def test_share_shows_the_list_to_anybody_with_the_link(shopper: Client, ada: User, mug: Product):
    shopper.force_login(ada)
    save(shopper, mug)

    shopper.post("/saved/share/", {"want": "on"})
    key = SavedList.objects.get().share_key
    answer = Client().get(f"/saved/{key}/")

    assert len(key) == 24
    assert f"/saved/{key}/" in shopper.get("/saved/").text
    assert titles(answer.text) == ["mug/"]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Ada" not in answer.text
    assert "ada@example.com" not in answer.text
    assert 'action="/saved/remove/"' not in answer.text


def test_share_ends_for_good(shopper: Client, mug: Product):
    save(shopper, mug)
    shopper.post("/saved/share/", {"want": "on"})
    before = SavedList.objects.get().share_key

    shopper.post("/saved/share/", {"want": "off"})
    gone = Client().get(f"/saved/{before}/")
    shopper.post("/saved/share/", {"want": "on"})

    assert gone.status_code == 404
    assert Client().get(f"/saved/{before}/").status_code == 404
    assert SavedList.objects.get().share_key not in {"", before}


@pytest.mark.parametrize("key", ["x", "0" * 24, "%20", "AAAA-AAAA"])
def test_no_other_link_opens_a_list(shopper: Client, mug: Product, key: str):
    save(shopper, mug)

    assert shopper.get(f"/saved/{key}/").status_code == 404


def test_share_without_a_list_is_404(shopper: Client):
    assert shopper.post("/saved/share/", {"want": "on"}).status_code == 404
    assert not SavedList.objects.exists()


def test_header_tells_marks_in_one_query(ada: User, mug: Product, django_assert_num_queries):
    client = factories.signed_in(ada)
    with django_assert_num_queries(3) as empty:
        client.get("/header/")
    services.save_piece(None, mug, user=ada, at=timezone.now())
    services.follow_maker(ada, mug.maker, at=timezone.now())

    with django_assert_num_queries(len(empty)):
        page = client.get("/header/").text

    assert 'data-saved="mug"' in page
    assert f'data-follows="{mug.maker.slug}"' in page
    assert '<span class="vh">1 piece</span>' in page


def test_sweep_forgets_lists_that_guests_left(mug: Product, ada: User):
    at = timezone.now()
    long_ago = at - timedelta(days=181)
    services.save_piece(None, mug, user=None, at=long_ago)
    services.save_piece(None, mug, user=ada, at=long_ago)
    fresh = services.save_piece(None, mug, user=None, at=long_ago)
    fresh.pieces.update(at=at)

    gone = services.sweep_saved_lists(at=at)

    assert gone == 1
    assert set(SavedList.objects.values_list("user", flat=True)) == {ada.pk, None}

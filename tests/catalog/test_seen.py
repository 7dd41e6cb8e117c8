"""Recently viewed pieces: in the visitor's own browser, never for who asks not to be followed."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from catalog import services
from catalog.models import Product, Variant
from catalog.views import seen
from catalog.visitor import SEEN_COOKIE, SEEN_MAX
from tests import factories
from tests.catalog.test_saved import titles
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
ORIGIN = "same-origin"


def see(client: Client, slug: str, **headers: str):
    return client.post("/see/", {"piece": slug}, headers=headers)


@pytest.fixture
def pieces(db: None) -> list[str]:
    return [factories.variant(slug).product.slug for slug in ("mug", "bowl", "vase")]


def test_see_shows_the_pieces_before_it(shopper: Client, pieces: list[str]):
    answers = [see(shopper, slug) for slug in pieces]

    assert [titles(answer.text) for answer in answers] == [[], ["mug/"], ["bowl/", "mug/"]]
    assert answers[0].text.strip() == ""
    assert answers[0].headers["Cache-Control"] == "private, no-store"


def test_see_again_moves_it_to_the_front(shopper: Client, pieces: list[str]):
    for slug in [*pieces, "mug"]:
        see(shopper, slug)

    assert titles(shopper.get("/seen/").text) == ["mug/", "vase/", "bowl/"]
    assert titles(shopper.get("/seen/strip/").text) == ["mug/", "vase/", "bowl/"]


def test_see_keeps_the_last_twelve(shopper: Client):
    slugs = [factories.variant().product.slug for _ in range(SEEN_MAX + 1)]

    for slug in slugs:
        see(shopper, slug)

    assert titles(shopper.get("/seen/").text) == [f"{slug}/" for slug in reversed(slugs[1:])]


def test_see_keeps_nothing_of_who_asks_for_no_trace(shopper: Client, pieces: list[str]):
    answer = see(shopper, "mug", **{"Sec-GPC": "1"})

    assert answer.status_code == 200
    assert not answer.cookies
    assert titles(shopper.get("/seen/").text) == []


def test_page_of_a_piece_keeps_nothing_by_itself(shopper: Client, pieces: list[str]):
    answer = shopper.get("/p/mug/")

    assert not answer.cookies
    assert titles(shopper.get("/seen/").text) == []


def test_clear_forgets_all(shopper: Client, pieces: list[str]):
    see(shopper, "mug")

    shopper.post("/seen/clear/")

    assert "Nothing viewed lately" in shopper.get("/seen/").text


def test_see_of_what_shoppers_do_not_see_is_404(shopper: Client, pieces: list[str]):
    Product.objects.filter(slug="mug").update(status="draft")

    assert see(shopper, "mug").status_code == 404
    assert titles(shopper.get("/seen/").text) == []


def test_seen_page_shows_what_is_no_longer_on_sale(shopper: Client, pieces: list[str]):
    see(shopper, "mug")
    services.retire_piece(Product.objects.get(slug="mug").pk, by="test", at=timezone.now())

    assert titles(shopper.get("/seen/").text) == ["mug/"]


def test_see_leaves_the_session_to_the_basket(shopper: Client, pieces: list[str]):
    """Both come right after a page: what is noted must not write over a basket, nor hide it."""
    answer = see(shopper, "mug")

    assert set(answer.cookies) == {SEEN_COOKIE}
    assert answer.cookies[SEEN_COOKIE]["httponly"]
    assert answer.cookies[SEEN_COOKIE]["samesite"] == "Lax"
    assert not Session.objects.exists()


def test_see_during_an_addition_keeps_the_basket(shopper: Client, pieces: list[str]):
    """The session is read before the piece lies in the basket, and the answer comes after it."""
    shopper.post("/save/", {"piece": "mug"})
    sku = Variant.objects.get(product__slug="vase").sku
    late = RequestFactory().post("/see/", {"piece": "bowl"}, headers={"Sec-Fetch-Site": ORIGIN})
    late.COOKIES = {name: morsel.value for name, morsel in shopper.cookies.items()}
    late.user = AnonymousUser()

    def answer_late(request: HttpRequest) -> HttpResponse:
        assert "basket" not in request.session
        shopper.post("/basket/add/", {"variant": sku, "quantity": 1})
        return seen.see(request)

    answer = SessionMiddleware(answer_late)(late)

    assert set(answer.cookies) == {SEEN_COOKIE}
    assert "Vase" in shopper.get("/basket/").text


@pytest.mark.parametrize("forged", ["x", "x:y:z", "", "é", "WzAsWzFdXQ:1:x", "0" * 4000])
def test_seen_of_a_forged_cookie_is_empty(shopper: Client, pieces: list[str], forged: str):
    shopper.cookies[SEEN_COOKIE] = forged

    answers = [shopper.get("/seen/"), shopper.get("/seen/strip/"), see(shopper, "mug")]

    assert [(answer.status_code, titles(answer.text)) for answer in answers] == [(200, [])] * 3


def test_seen_of_an_account_is_shown_to_nobody_after_it(shopper: Client, ada: User, eve: User):
    factories.variant("mug")
    shopper.force_login(ada)
    see(shopper, "mug")
    hers = titles(shopper.get("/seen/").text)

    after = []
    for client in (Client(), signed_in(eve)):
        client.cookies[SEEN_COOKIE] = shopper.cookies[SEEN_COOKIE].value
        after.append(titles(client.get("/seen/").text))

    assert (hers, after) == (["mug/"], [[], []])


def test_seen_by_a_guest_is_still_theirs_after_the_sign_in(shopper: Client, ada: User):
    factories.variant("mug")
    see(shopper, "mug")

    shopper.force_login(ada)

    assert titles(shopper.get("/seen/").text) == ["mug/"]


def test_seen_is_one_s_own(shopper: Client, pieces: list[str]):
    see(shopper, "mug")

    assert titles(Client().get("/seen/").text) == []


@pytest.mark.parametrize("count", [1, 3])
def test_seen_page_costs_the_same_whatever_it_holds(
    shopper: Client, django_assert_num_queries, count: int
):
    for _number in range(count):
        see(shopper, factories.variant().product.slug)

    with django_assert_num_queries(2):
        shopper.get("/seen/")

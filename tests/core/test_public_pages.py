"""Public pages come from the cache while nothing has changed, and never a moment longer."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client

from catalog import services as catalog
from catalog.models import Page, Variant
from makers_market.core import public_pages
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def cached(settings: Any, built: None) -> None:
    settings.PAGE_CACHE = True
    caches["pages"].clear()


@pytest.fixture
def variant() -> Variant:
    return factories.variant("mug", price_cents=2400)


def reprice(variant: Variant, cents: int) -> None:
    catalog.offer_variant(
        variant.product, sku=variant.sku, options={}, price_cents=cents, position=0
    )


def elsewhere(change: Any, *args: Any) -> None:
    """Make a change on a connection of its own."""
    change(*args)
    connection.close()


@pytest.mark.parametrize("path", ["/p/mug/", "/c/ceramics/", "/", "/m/{maker}/", "/new/"])
def test_answers_from_the_cache_by_one_query(
    path: str, variant: Variant, shopper: Client, django_assert_num_queries: Any
):
    path = path.format(maker=variant.product.maker.slug)
    first = shopper.get(path)

    with django_assert_num_queries(1):
        second = shopper.get(path)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert second["Cache-Control"] == first["Cache-Control"] == "public, max-age=0, s-maxage=60"


@pytest.mark.parametrize("path", ["/p/mug/", "/c/ceramics/", "/", "/new/"])
def test_shows_a_new_price_on_the_next_request(path: str, variant: Variant, shopper: Client):
    shopper.get(path)

    reprice(variant, 9900)

    page = shopper.get(path).content.decode()
    assert "€99.00" in page
    assert "€24.00" not in page


def test_shows_a_sale_on_the_next_request(shopper: Client):
    variant = factories.variant("vase", stock=1)
    assert "Reserved" not in shopper.get("/p/vase/").content.decode()

    catalog.hold_stock({variant.pk: 1})

    assert "Reserved" in shopper.get("/p/vase/").content.decode()


def test_shows_what_operators_write_on_the_next_request(shopper: Client):
    page = Page.objects.create(slug="about", title_en="About", body_en="Old words", is_shown=True)
    shopper.get("/pages/about/")

    page.body_en = "New words"
    page.save()

    assert b"New words" in shopper.get("/pages/about/").content


def test_keeps_no_cookie_and_nothing_personal(variant: Variant):
    ada = factories.signed_in(factories.user("ada@example.com", name="Ada Canary"))
    ada.get("/p/mug/")
    guest = Client()

    page = guest.get("/p/mug/")

    assert page.cookies == {}
    assert b"Canary" not in page.content
    assert b"ada@example.com" not in page.content
    kept = caches["pages"].get(public_pages._key(page.wsgi_request))
    assert "Set-Cookie" not in kept.headers
    assert page.content == ada.get("/p/mug/").content


def test_gives_the_edge_what_it_may_keep(variant: Variant, shopper: Client):
    page = shopper.get("/p/mug/")

    assert page["Vary"] == "Accept-Encoding, HX-Request, HX-Target"
    assert page["ETag"]
    assert "Set-Cookie" not in page


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_answers_304_to_who_has_it(encoding: str, variant: Variant, shopper: Client):
    asked = {"Accept-Encoding": encoding}
    etag = shopper.get("/p/mug/", headers=asked)["ETag"]

    again = shopper.get("/p/mug/", headers=asked | {"If-None-Match": f'"other", W/{etag}'})

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == etag
    assert again["Cache-Control"] == "public, max-age=0, s-maxage=60"


def test_answers_whole_to_who_has_an_old_one(variant: Variant, shopper: Client):
    etag = shopper.get("/p/mug/")["ETag"]

    reprice(variant, 9900)

    assert shopper.get("/p/mug/", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip, deflate, br", True),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.5", True),
        ("", False),
    ],
)
def test_compresses_for_who_takes_it(
    accepted: str, is_compressed: bool, variant: Variant, shopper: Client
):
    plain = shopper.get("/p/mug/").content

    page = shopper.get("/p/mug/", headers={"Accept-Encoding": accepted})

    assert (page.get("Content-Encoding") == "gzip") is is_compressed
    assert (gzip.decompress(page.content) if is_compressed else page.content) == plain


def test_keeps_languages_addresses_and_parts_apart(variant: Variant, shopper: Client):
    whole = shopper.get("/p/mug/").content

    portuguese = shopper.get("/pt/p/mug/").content
    abroad = shopper.get("/p/mug/?to=ES").content
    part = shopper.get("/c/ceramics/", headers={"HX-Request": "true"})

    assert len({whole, portuguese, abroad}) == 3
    assert part.content != b""


ODD_HEADERS = (
    {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil"},
    {"X-Original-URL": "/admin/"}, {"X-HTTP-Method-Override": "POST"}, {"Accept-Language": "pt"},
    {"Cookie": "django_language=pt; session=forged; seen=x"}, {"HX-Boosted": "true"},
    {"HX-Request": "true", "HX-Target": "pieces"}, {"HX-Target": '"><b>'},
    {"HX-Current-URL": "https://evil.example/"}, {"Accept-Encoding": "gzip;q=0, gzip"},
)  # fmt: skip


@pytest.mark.parametrize("path", ["/p/mug/", "/c/ceramics/", "/search/?q=mug", "/new/?pages=1"])
def test_nobody_s_headers_reach_the_next_reader(path: str, variant: Variant, shopper: Client):
    """What one request says of itself is neither kept nor shown to who asks after it."""
    for headers in ODD_HEADERS:
        caches["pages"].clear()
        shopper.get(path, headers=headers)
        after = shopper.get(path)
        caches["pages"].clear()
        clean = shopper.get(path)

        assert after.status_code == clean.status_code == 200, headers
        assert after.content == clean.content, headers
        assert b"evil" not in clean.content


@pytest.mark.parametrize("path", ["/p/none/", "/c/none/", "/p/mug/?variant=none"])
def test_keeps_no_failure(path: str, variant: Variant, shopper: Client):
    shopper.get(path)

    assert shopper.get(path).status_code == 404


def test_keeps_no_private_page(variant: Variant):
    ada = factories.signed_in(factories.user("ada@example.com", name="Ada Canary"))

    mine = ada.get("/account/orders/")
    theirs = Client().get("/account/orders/")

    assert mine["Cache-Control"] == "private, no-store"
    assert theirs.status_code == 302


def test_keeps_no_page_that_sets_a_cookie(variant: Variant, shopper: Client):
    """Should a page ever give its reader a cookie, nobody else gets it."""
    request = shopper.get("/p/mug/").wsgi_request
    caches["pages"].clear()

    def answer(_request: HttpRequest) -> HttpResponse:
        page = HttpResponse("A page")
        page.public_seconds = 60  # type: ignore[attr-defined]
        page.set_cookie("session", "of one reader")
        return page

    public_pages.PublicPagesMiddleware(answer)(request)

    assert caches["pages"].get(public_pages._key(request)) is None


def test_answers_long_addresses_without_keeping_them(variant: Variant, shopper: Client):
    page = shopper.get("/p/mug/", {"to": "x" * 700})

    assert page.status_code in {200, 400, 404}
    assert public_pages._key(page.wsgi_request) == ""


def test_makes_pages_anew_while_the_cache_is_away(variant: Variant, shopper: Client, settings: Any):
    settings.CACHES = settings.CACHES | {
        "pages": settings.CACHES["pages"] | {"LOCATION": "redis://localhost:1/0"}
    }

    pages = [shopper.get("/p/mug/") for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200]


def test_keeps_no_page_that_changed_while_it_was_made(variant: Variant, shopper: Client):
    """The price rises just after the page has read it."""
    done: list[bool] = []

    def rise_after_reading(execute: Any, sql: str, *args: Any) -> Any:
        answer = execute(sql, *args)
        if "catalog_variant" in sql and not done:
            done.append(True)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(elsewhere, reprice, variant, 9900).result()
        return answer

    with connection.execute_wrapper(rise_after_reading):
        made = shopper.get("/p/mug/").content.decode()

    assert done
    assert "€24.00" in made
    assert "€99.00" in shopper.get("/p/mug/").content.decode()


def test_shows_no_old_price_while_prices_change(variant: Variant, built: None):
    """Four browsers look while the price rises: nobody sees one below what was committed before."""
    committed = [2400]

    def look(_number: int) -> list[tuple[int, int]]:
        browser, seen = Client(), []
        for _ in range(15):
            least = committed[-1]
            page = browser.get("/p/mug/").content.decode()
            shown = next(cents for cents in range(2400, 2500) if f"€{cents / 100:.2f}" in page)
            seen.append((least, shown))
        connection.close()
        return seen

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look, number) for number in range(4)]
        for cents in range(2401, 2421):
            reprice(variant, cents)
            committed.append(cents)
        seen = [pair for each in looks for pair in each.result()]

    assert [pair for pair in seen if pair[1] < pair[0]] == []

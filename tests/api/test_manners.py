"""How the API behaves: problems, validators, limits, origins, whatever somebody sends."""

import time
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from catalog.search.sql import Cursor, read_cursor
from makers_market.core.api import seal, unseal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
API = "/api/v1/"
LISTS = ("products/", "makers/", "search/?q=mug", "products/mug/reviews/", "categories/")


@pytest.fixture
def program(db: None) -> Client:
    factories.variant("mug")
    return Client(raise_request_exception=False)


def assert_problem(response: HttpResponse, status: int, kind: str) -> Any:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Access-Control-Allow-Origin"] == "*"
    told = response.json()  # type: ignore[attr-defined]
    assert told["status"] == status
    assert told["type"] == f"{settings.SITE_URL}/api/docs/#problem-{kind}"
    assert told["reference"] == response["X-Request-Id"]
    return told


@pytest.mark.parametrize("path", [*LISTS, "", "products/mug/", "schema/"])
def test_answers_may_be_kept_by_everybody(program: Client, path: str):
    response = program.get(API + path, headers={"Origin": "https://elsewhere.example"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert "Accept-Language" not in response["Vary"]
    assert "Cookie" not in response["Vary"]
    assert not response.cookies


def test_is_the_same_for_somebody_who_is_signed_in(program: Client):
    anonymous = program.get(f"{API}products/mug/")

    known = factories.signed_in(factories.user()).get(f"{API}products/mug/")

    assert known.content == anonymous.content
    assert not known.cookies


@pytest.mark.parametrize("path", [*LISTS, "products/mug/", "schema/?format=yaml"])
def test_gives_304_to_who_has_it(program: Client, path: str):
    first = program.get(API + path)

    again = program.get(API + path, headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert again["Access-Control-Allow-Origin"] == "*"


def test_a_cursor_is_the_same_whenever_it_is_made(monkeypatch: pytest.MonkeyPatch):
    """With the moment in it, no list that goes on would ever have the validator it had."""
    made = [str(Cursor("new", 1, 2, 3)), seal(["mo"], of="makers")]

    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert [str(Cursor("new", 1, 2, 3)), seal(["mo"], of="makers")] == made
    assert unseal(made[1], of="makers") == ["mo"]
    assert read_cursor(made[0], sort="new") == Cursor("new", 1, 2, 3)


def test_a_change_changes_the_validator(program: Client):
    first = program.get(f"{API}products/mug/")
    factories.Product.objects.update(title_en="Cup")

    again = program.get(f"{API}products/mug/", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete", "trace"])
def test_only_reads(program: Client, verb: str):
    response = getattr(program, verb)(f"{API}products/")

    assert_problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_head_tells_what_get_would(program: Client):
    got = program.get(f"{API}products/")

    head = program.head(f"{API}products/")

    assert head.status_code == 200
    assert head.content == b""
    assert head["ETag"] == got["ETag"]


def test_options_lets_browsers_of_any_origin_ask(program: Client):
    response = program.options(f"{API}products/", headers={"Origin": "https://elsewhere.example"})

    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.5"])
def test_has_nothing_but_json(program: Client, accept: str):
    response = program.get(f"{API}products/", headers={"Accept": accept})

    assert_problem(response, 406, "not-acceptable")


@pytest.mark.parametrize(
    "path", ["nothing/", "products/nothing/", "products", "a/b/c/d/e/", "products/../../x", "é/"]
)
def test_says_that_there_is_nothing(program: Client, path: str):
    assert_problem(program.get(API + path), 404, "not-found")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("page=2", "page"), ("maker__name=Mo", "maker__name"), ("craft[]=wood", "craft[]"),
        ("craft=glass", "craft"), ("size=0", "size"), ("size=101", "size"), ("size=1.5", "size"),
        ("size=1&size=2", "size"), ("size=1e2", "size"), ("lang=de", "lang"),
        ("min_cents=-1", "min_cents"), ("max_cents=99999999999", "max_cents"), ("sort=id", "sort"),
        ("stock=yes", "stock"), ("rating=3", "rating"), ("maker=a/b", "maker"),
        ("maker=" + "a" * 121, "maker"), ("&".join(["maker=a"] * 21), "maker"),
        ("after=forged", "after"), ("after=" + "a" * 601, "after"), ("format=xml", "format"),
        ("colour=' OR 1=1 --", "colour"),
    ],
)  # fmt: skip
def test_names_the_parameter_that_is_wrong(program: Client, query: str, name: str):
    told = assert_problem(program.get(f"{API}products/?{query}"), 400, "invalid-parameter")

    assert list(told["errors"]) == [name]
    assert all(told["errors"][name])


@pytest.mark.parametrize("query", ["q=", "q=%20", "", "q=" + "a" * 81, "q=a&q=b"])
def test_search_wants_one_text_of_some_words(program: Client, query: str):
    told = assert_problem(program.get(f"{API}search/?{query}"), 400, "invalid-parameter")

    assert list(told["errors"]) == ["q"]


def test_a_cursor_is_good_for_its_own_list_and_order_only(program: Client):
    for number in range(3):
        factories.maker(f"maker-of-{number}")
        factories.catalog.index_pieces([factories.variant(f"piece-{number}").product_id])
    cursor = program.get(f"{API}products/?size=1").json()["next"].partition("after=")[2]
    of_makers = program.get(f"{API}makers/?size=1").json()["next"].partition("after=")[2]

    for path in (
        f"products/?sort=cheap&after={cursor}",
        f"products/?after={of_makers}",
        f"makers/?after={cursor}",
        f"products/mug/reviews/?after={of_makers}",
        f"products/?after={cursor[:-1]}",
    ):
        assert_problem(program.get(API + path), 400, "invalid-parameter")


HOSTILE = [
    "%00", "a%00b", "%F0%9F%92%A9", "%E2%80%AE", "%FF%FE", "%ED%A0%80", "%C0%AF", "__class__",
    "1__gt", "..%2F..%2Fetc", "%27%3B%20DROP%20TABLE--", "%25%25", "%7B%7B7*7%7D%7D", "-1",
    "2147483648", "9" * 400, "NaN", "1e309", "%0d%0aX-A:%20b", "<script>", "[]", "null",
    "x" * 10000,
]  # fmt: skip
PARAMETERS = ("lang", "size", "after", "craft", "type", "maker", "min_cents", "stock", "sort", "q")


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:12])
def test_hostile_values_never_break_anything(program: Client, value: str):
    for path in ("products/", "search/", "makers/", "categories/", "products/mug/reviews/", ""):
        for name in (*PARAMETERS, value[:40]):
            response = program.get(f"{API}{path}?{name}={value}")
            assert response.status_code in {200, 400}, (path, name, response.status_code)
            if response.status_code == 400:
                assert_problem(response, 400, response.json()["type"].partition("#problem-")[2])


@pytest.mark.parametrize("value", HOSTILE[:20], ids=lambda value: value[:12])
def test_hostile_addresses_are_problems(program: Client, value: str):
    for path in (f"products/{value}/", f"makers/{value}/reviews/", f"{value}/{value}", value):
        response = program.get(API + path)
        assert response.status_code in {200, 400, 404}, (path, response.status_code)
        assert "json" in response["Content-Type"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "a/b/c;;;q=x,,,"}, {"Accept": "*/*;q=0"}, {"Accept": "\x7f"}, {"Accept": ","},
        {"Accept-Language": "pt;q=9999999999,xx-" + "a" * 5000}, {"If-None-Match": "W/\"" * 500},
        {"Content-Type": "text/plain; charset=rot13"}, {"Accept-Encoding": "gzip;q=-1"},
        {"If-Modified-Since": "Mon, 99 Foo 0000"}, {"Range": "bytes=0-1,-5"},
        {"Origin": "null"}, {"Authorization": "Bearer x"}, {"X-HTTP-Method-Override": "DELETE"},
    ],
)  # fmt: skip
def test_odd_headers_never_break_anything(program: Client, headers: dict[str, str]):
    response = program.get(f"{API}products/", headers=headers)

    assert response.status_code in {200, 400, 406}


def test_a_thousand_wrong_parameters_are_not_all_told(program: Client):
    query = "&".join(f"a{number}=1" for number in range(1000))

    told = assert_problem(program.get(f"{API}products/?{query}"), 400, "invalid-parameter")

    assert len(told["errors"]) == 20


def test_who_asks_too_often_waits(program: Client, settings: Any):
    settings.LIMITS = settings.LIMITS | {"api": (2, 60)}
    answers = [program.get(f"{API}categories/").status_code for _each in range(2)]

    refused = program.get(f"{API}categories/")

    assert answers == [200, 200]
    assert_problem(refused, 429, "too-many-requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"] == f'"address";r=0;t={refused["Retry-After"]}'
    assert refused["RateLimit-Policy"] == '"address";q=2;w=60'


def test_what_is_left_is_told_where_no_cache_shares_it(program: Client):
    kept = program.get(f"{API}categories/")
    own = program.get(f"{API}nothing/")

    amount, seconds = settings.LIMITS["api"]
    assert kept["RateLimit-Policy"] == f'"address";q={amount};w={seconds}'
    assert "RateLimit" not in kept
    assert own["RateLimit"].startswith(f'"address";r={amount - 2};t=')


@pytest.mark.parametrize(
    "path",
    ["/api/v1/products/", "/api/docs/", "/sitemap.xml", "/robots.txt", "/search/feed/?q=mug"],
)
def test_answers_well_with_the_page_cache_on(program: Client, settings: Any, path: str):
    settings.PAGE_CACHE = True

    answers = [program.get(path) for _each in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert answers[1]["Access-Control-Allow-Origin"] == "*"

"""The site map names every public page once in each language, and costs the same among many."""

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog import sitemap
from catalog.models import Listing, PriceChange, Product
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def read(client: Client, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314  # our own answer


def parts(client: Client) -> list[str]:
    root = read(client, "/sitemap.xml")
    assert root.tag == f"{MAP}sitemapindex"
    return [loc.text.removeprefix(settings.SITE_URL) for loc in root.iter(f"{MAP}loc")]


def pages(client: Client) -> list[str]:
    """Give the address of every page that the whole site map names."""
    locations = [loc for path in parts(client) for loc in read(client, path).iter(f"{MAP}loc")]
    return [str(loc.text).removeprefix(settings.SITE_URL) for loc in locations]


def piece(slug: str, mo: Maker, **fields: object) -> Product:
    product = factories.variant(slug, maker=mo).product
    Product.objects.filter(pk=product.pk).update(**fields)
    catalog.index_pieces([product.pk])
    return product


def test_names_every_page_in_both_languages_and_each_answers(client: Client, mo: Maker):
    piece("mug", mo)
    piece("draft", mo, status=Product.DRAFT)
    factories.maker("closed", is_open=False)

    named = pages(client)

    assert len(named) == len(set(named))
    assert {"/", "/pt/", "/p/mug/", "/pt/p/mug/", "/m/mo/", "/c/ceramics/"} <= set(named)
    assert not any("draft" in path or "closed" in path for path in named)
    assert {client.get(path).status_code for path in named} == {200}


def test_each_page_names_its_twins(client: Client, mo: Maker):
    product = piece("mug", mo)

    root = read(client, f"/sitemaps/pieces-{product.pk // sitemap.PART}.xml")

    for url in root.iter(f"{MAP}url"):
        links = {link.get("hreflang"): link.get("href") for link in url.iter(f"{XHTML}link")}
        assert links == {
            "en": f"{settings.SITE_URL}/p/mug/",
            "pt": f"{settings.SITE_URL}/pt/p/mug/",
            "x-default": f"{settings.SITE_URL}/p/mug/",
        }


def test_tells_when_a_piece_last_changed(client: Client, mo: Maker):
    product = piece("mug", mo)
    later = timezone.now().replace(microsecond=0) + timedelta(days=2)
    path = f"/sitemaps/pieces-{product.pk // sitemap.PART}.xml"
    before = next(read(client, path).iter(f"{MAP}lastmod")).text

    PriceChange.objects.create(variant=product.variants.get(), price_cents=1, at=later)

    after = {each.text for each in read(client, path).iter(f"{MAP}lastmod")}
    assert before != later.isoformat(timespec="seconds")
    assert after == {later.isoformat(timespec="seconds")}


def test_costs_the_same_with_one_piece_and_three(client: Client, mo: Maker):
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            read(client, path)
        return len(asked)

    product = piece("mug", mo)
    path = f"/sitemaps/pieces-{product.pk // sitemap.PART}.xml"
    first = cost("/sitemap.xml"), cost(path)
    for slug in ("bowl", "dish"):
        piece(slug, mo)

    assert (cost("/sitemap.xml"), cost(path)) == first
    assert first[1] <= 5


def test_parts_hold_a_range_of_keys(client: Client, mo: Maker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sitemap, "PART", 2)
    for number in range(5):
        piece(f"piece-{number}", mo)

    named = [path for path in parts(client) if "/pieces-" in path]

    assert len(named) >= 3
    sizes = [len(list(read(client, path).iter(f"{MAP}url"))) for path in named]
    assert sum(sizes) == 2 * Listing.objects.filter(is_shown=True).count() == 10
    assert max(sizes) <= 4


@pytest.mark.parametrize(
    "name",
    ["pieces-999999999", "pieces-", "pieces--1", "nothing", "makers-9", "pieces-" + "9" * 99],
)
def test_a_part_that_is_not_there_is_404(client: Client, name: str):
    assert client.get(f"/sitemaps/{name}.xml").status_code == 404


def test_search_engines_get_304_and_no_cookie(client: Client, mo: Maker):
    first = client.get("/sitemap.xml")

    again = client.get("/sitemap.xml", headers={"If-None-Match": first["ETag"]})

    assert first["Cache-Control"] == "public, max-age=0, s-maxage=3600"
    assert not first.cookies
    assert again.status_code == 304


def test_robots_are_asked_to_leave_what_is_personal(client: Client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[0] == "User-agent: *"
    closed = {line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow")}
    assert {"/account/", "/pt/account/", "/basket/", "/checkout/", "/workshop/"} <= closed
    assert not any("/p/".startswith(each) or "/c/".startswith(each) for each in closed)
    assert lines[-1] == f"Sitemap: {settings.SITE_URL}/sitemap.xml"

"""Feeds are Atom as RFC 4287 has it, with image and price, and stay the same for readers."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog import feeds
from catalog import services as catalog
from catalog.models import Product
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
ATOM = "{http://www.w3.org/2005/Atom}"
# How often each element stands in a feed and in an entry: RFC 4287, sections 4.1.1 and 4.1.2.
FEED = {"id": (1, 1), "title": (1, 1), "updated": (1, 1), "author": (1, 9), "link": (1, 9),
        "entry": (0, 50)}  # fmt: skip
ENTRY = {"id": (1, 1), "title": (1, 1), "updated": (1, 1), "published": (0, 1), "author": (1, 9),
         "link": (1, 9), "summary": (0, 1), "content": (0, 1), "category": (0, 9)}  # fmt: skip
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
# RFC 4151, section 2.1.
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:\S+")


def piece(slug: str, mo: Maker, **fields: Any) -> Product:
    product = factories.variant(slug, maker=mo).product
    Product.objects.filter(pk=product.pk).update(**fields)
    catalog.index_pieces([product.pk])
    return product


def read(client: Client, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = parsed(response.content)
    assert wrong(root) == []
    return root


def parsed(answer: bytes) -> ET.Element:
    return ET.fromstring(answer)  # noqa: S314  # our own answer


def wrong(root: ET.Element) -> list[str]:
    """Say what RFC 4287 would not have."""
    if root.tag != f"{ATOM}feed":
        return [f"root {root.tag}"]
    found = _counts(root, FEED) + _values(root)
    found += ["no self link"] * (not _links(root, "self"))
    for entry in root.iter(f"{ATOM}entry"):
        found += _counts(entry, ENTRY) + _values(entry)
        found += ["no alternate link"] * (len(_links(entry, "alternate")) != 1)
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    return found + ["two entries of one id"] * (len(set(ids)) != len(ids))


def _counts(element: ET.Element, wanted: dict[str, tuple[int, int]]) -> list[str]:
    names = [child.tag.removeprefix(ATOM) for child in element]
    unknown = [f"unknown {name}" for name in names if name not in wanted]
    return unknown + [
        f"{names.count(name)} of {name}"
        for name, (low, high) in wanted.items()
        if not low <= names.count(name) <= high
    ]


def _values(element: ET.Element) -> list[str]:
    shapes = {"id": TAG, "updated": DATE, "published": DATE}
    found = []
    for name, shape in shapes.items():
        for each in element.findall(f"{ATOM}{name}"):
            if not shape.fullmatch(each.text or ""):
                found.append(f"{name} {each.text}")
    for link in element.findall(f"{ATOM}link"):
        if not urlsplit(link.get("href", "")).scheme:
            found.append(f"relative {link.get('href')}")
    names = [author.findtext(f"{ATOM}name") for author in element.findall(f"{ATOM}author")]
    return found + ["nameless author"] * (not all(names))


def _links(element: ET.Element, rel: str) -> list[str]:
    return [
        link.get("href", "") for link in element.findall(f"{ATOM}link") if link.get("rel") == rel
    ]


def entries(root: ET.Element) -> list[str | None]:
    return [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]


PATHS = ["/c/ceramics/feed/", "/m/mo/feed/", "/search/feed/?q=piece", "/pt/c/ceramics/feed/"]


@pytest.mark.parametrize("path", PATHS)
def test_tells_the_newest_pieces_with_image_and_price(client: Client, mo: Maker, path: str):
    product = factories.variant("piece-mug", maker=mo, price_cents=3400).product
    product.pictures.create(
        digest="a" * 32, width=1600, height=2000, widths=[320, 640, 1280], dominant=1
    )
    catalog.index_pieces([product.pk])

    root = read(client, path)

    (entry,) = root.iter(f"{ATOM}entry")
    price = "34,00 €" if path.startswith("/pt/") else "€34.00"
    prefix = "/pt" if path.startswith("/pt/") else ""
    assert price in (entry.findtext(f"{ATOM}summary") or "")
    assert price in (entry.findtext(f"{ATOM}content") or "")
    picture = f"{settings.SITE_URL}/media/pictures/{'a' * 32}/640.webp"
    assert _links(entry, "enclosure") == [picture]
    assert _links(entry, "alternate") == [f"{settings.SITE_URL}{prefix}/p/piece-mug/"]
    assert _links(root, "self") == [f"{settings.SITE_URL}{path}"]
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == (prefix[1:] or "en")


def test_holds_the_newest_first_to_last(client: Client, mo: Maker, monkeypatch: pytest.MonkeyPatch):
    assert feeds.SIZE == 50
    monkeypatch.setattr(feeds, "SIZE", 3)
    now = timezone.now()
    for number in range(4):
        piece(f"piece-{number}", mo, published_at=now - timedelta(hours=number))

    root = read(client, "/m/mo/feed/")

    assert entries(root) == ["Piece-0", "Piece-1", "Piece-2"]
    newest = root.findtext(f"{ATOM}entry/{ATOM}updated")
    assert root.findtext(f"{ATOM}updated") == newest


def test_an_entry_keeps_its_id_when_the_piece_is_renamed(client: Client, mo: Maker):
    product = piece("mug", mo)
    before = read(client, "/m/mo/feed/").findtext(f"{ATOM}entry/{ATOM}id")

    Product.objects.filter(pk=product.pk).update(slug="cup", title_en="Cup")
    catalog.index_pieces([product.pk])

    root = read(client, "/m/mo/feed/")
    assert root.findtext(f"{ATOM}entry/{ATOM}id") == before
    assert entries(root) == ["Cup"]


def test_stored_words_stay_words(client: Client, mo: Maker):
    hostile = 'A </title><script>alert(1)</script> & "mug" ]]> \x0b\x1f'
    piece("mug", mo, title_en=hostile)

    root = read(client, "/m/mo/feed/")

    assert entries(root) == [hostile.replace("\x0b", "").replace("\x1f", "")]


@pytest.mark.parametrize("path", PATHS[:3])
def test_readers_get_304(client: Client, mo: Maker, path: str):
    piece("piece-mug", mo)
    first = client.get(path)

    by_tag = client.get(path, headers={"If-None-Match": first["ETag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first["Last-Modified"]})

    assert by_tag.status_code == by_date.status_code == 304
    assert first["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert not first.cookies


@pytest.mark.parametrize("path", PATHS[:3])
def test_costs_the_same_with_one_piece_and_three(client: Client, mo: Maker, path: str):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            read(client, path)
        return len(asked)

    piece("piece-mug", mo)
    one = cost()
    for slug in ("piece-bowl", "piece-dish"):
        piece(slug, mo)

    assert cost() == one
    assert one <= 3


@pytest.mark.parametrize(
    "path",
    [
        "/c/nothing/feed/",
        "/m/nothing/feed/",
        "/search/feed/",
        "/search/feed/?q=%20",
        "/search/feed/?q=!",
    ],
)
def test_there_is_no_feed_of_nothing(client: Client, path: str):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "typed", ["%F0%9F%92%A9x", "a" * 10_000, "'%20OR%201=1", "%E2%80%AEa", "%FFa"]
)
def test_whatever_is_searched_is_a_feed_or_404(client: Client, typed: str):
    response = client.get(f"/search/feed/?q={typed}")

    assert response.status_code in {200, 404}
    if response.status_code == 200:
        assert wrong(parsed(response.content)) == []


def test_an_empty_shelf_is_an_empty_feed(client: Client):
    factories.category()

    root = read(client, "/c/ceramics/feed/")

    assert entries(root) == []
    assert datetime.fromisoformat(str(root.findtext(f"{ATOM}updated")))


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/c/ceramics/", "/c/ceramics/feed/"), ("/pt/m/mo/", "/pt/m/mo/feed/"),
        ("/search/?q=mug+%26+co", "/search/feed/?q=mug%20%26%20co"),
    ],
)  # fmt: skip
def test_pages_name_their_feed(client: Client, mo: Maker, page: str, feed: str):
    piece("mug", mo)

    body = client.get(page).content.decode()

    link = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]*>', body)
    assert link is not None
    assert f'href="{feed}"' in link[0]
    assert client.get(feed).status_code == 200

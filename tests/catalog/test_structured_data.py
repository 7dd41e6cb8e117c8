"""Pages as data: what search engines require of each kind is there, and nothing escapes from it."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import CategorySlug, Product, ProductSlug, Review
from makers_market.core.templatetags.share import json_ld
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
# What must be there for a rich result; a list of kinds, or a type of value, or one of some values.
# Source: https://developers.google.com/search/docs/appearance/structured-data/search-gallery
WANTED: dict[str, dict[str, Any]] = {
    "Product": {
        "@context": "https://schema.org", "name": str, "image": list, "description": str,
        "offers": ["Offer", "AggregateOffer"], "brand": ["Brand"], "url": "https?://.+",
    },
    "Brand": {"name": str},
    "Offer": {
        "price": r"\d+\.\d\d", "priceCurrency": "EUR", "url": "https?://.+", "sku": str,
        "availability": "https://schema.org/(InStock|LimitedAvailability|MadeToOrder|SoldOut"
        "|OutOfStock|Discontinued)",
        "itemCondition": "https://schema.org/NewCondition", "seller": ["Organization"],
        "shippingDetails": list, "hasMerchantReturnPolicy": ["MerchantReturnPolicy"],
    },
    "AggregateOffer": {
        "lowPrice": r"\d+\.\d\d", "highPrice": r"\d+\.\d\d", "priceCurrency": "EUR",
        "offerCount": int, "offers": list,
    },
    "OfferShippingDetails": {
        "shippingRate": ["MonetaryAmount"], "shippingDestination": ["DefinedRegion"],
        "deliveryTime": ["ShippingDeliveryTime"],
    },
    "MonetaryAmount": {"value": r"\d+\.\d\d", "currency": "EUR"},
    "DefinedRegion": {"addressCountry": list},
    "ShippingDeliveryTime": {"handlingTime": ["QuantitativeValue"],
                             "transitTime": ["QuantitativeValue"]},
    "QuantitativeValue": {"minValue": int, "maxValue": int, "unitCode": "DAY"},
    "MerchantReturnPolicy": {
        "applicableCountry": list, "merchantReturnDays": int,
        "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
        "returnMethod": "https://schema.org/ReturnByMail",
        "returnFees": "https://schema.org/ReturnFeesCustomerResponsibility",
    },
    "AggregateRating": {"ratingValue": (int, float), "reviewCount": int, "bestRating": int},
    "Review": {"author": ["Person"], "reviewRating": ["Rating"],
               "datePublished": r"\d{4}-\d\d-\d\d"},
    "Rating": {"ratingValue": int, "bestRating": int},
    "Person": {"name": str},
    "BreadcrumbList": {"@context": "https://schema.org", "itemListElement": list},
    "ListItem": {"position": int, "name": str},
    "Organization": {"name": str},
    "WebSite": {"@context": "https://schema.org", "name": str, "url": "https?://.+",
                "potentialAction": ["SearchAction"]},
    "SearchAction": {"target": ["EntryPoint"], "query-input": "required name=search_term_string"},
    "EntryPoint": {"urlTemplate": r"https?://.+\{search_term_string\}"},
    "ProfilePage": {"@context": "https://schema.org", "mainEntity": ["Organization", "Person"]},
    "PostalAddress": {"addressLocality": str},
}  # fmt: skip


class Reader(HTMLParser):
    """Collects the data blocks of a page, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.links: list[dict[str, str]] = []
        self.metas: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._inside = tag == "script" and found.get("type") == "application/ld+json"
        if self._inside:
            self.blocks.append("")
        if tag == "link":
            self.links.append(found)
        if tag == "meta":
            self.metas[found.get("property") or found.get("name", "")] = found.get("content", "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] += data


def page(client: Client, path: str) -> Reader:
    response = client.get(path)
    assert response.status_code == 200
    reader = Reader()
    reader.feed(response.content.decode())
    return reader


def told(client: Client, path: str) -> dict[str, Any]:
    """Give a page's data by kind."""
    blocks = [json.loads(block) for block in page(client, path).blocks]
    return {block["@type"]: block for block in blocks}


def lacks(data: Any) -> list[str]:
    """Say what is missing or wrong in a piece of data and in all that it holds."""
    if isinstance(data, list):
        return [words for each in data for words in lacks(each)]
    if not isinstance(data, dict) or "@type" not in data:
        return []
    wanted = WANTED.get(data["@type"])
    if wanted is None:
        return [f"unknown kind {data['@type']}"]
    wrong = [
        f"{data['@type']}.{name}: {data.get(name)!r}"
        for name, shape in wanted.items()
        if not fits(data.get(name), shape)
    ]
    return wrong + [words for value in data.values() for words in lacks(value)]


def fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, list):
        return isinstance(value, dict) and value.get("@type") in shape
    if isinstance(shape, str):
        return isinstance(value, str) and re.fullmatch(shape, value) is not None
    return isinstance(value, shape) and value not in ("", [])


def with_picture(product: Product) -> Product:
    product.pictures.create(
        digest="a" * 32, alt_en="A mug", width=1600, height=2000, widths=[320, 640, 1280],
        dominant=1,
    )  # fmt: skip
    return product


def reviewed(product: Product) -> None:
    Review.objects.create(
        product=product, maker=product.maker, purchase="line:1", author_name="Ada M.", stars=4,
        maker_stars=5, words="It holds the heat.", language="en", written_at=timezone.now(),
    )  # fmt: skip
    catalog.index_pieces([product.pk])


def test_a_piece_has_all_that_is_required(client: Client, mo: Maker):
    product = with_picture(factories.variant("mug", maker=mo, price_cents=2405).product)
    catalog.index_pieces([product.pk])

    data = told(client, "/p/mug/")

    assert lacks(list(data.values())) == []
    assert set(data) == {"Product", "BreadcrumbList"}
    offer = data["Product"]["offers"]
    assert offer["price"] == "24.05"
    assert offer["availability"] == "https://schema.org/InStock"
    assert offer["shippingDetails"][0]["shippingRate"]["value"] == "4.50"
    assert offer["shippingDetails"][0]["shippingDestination"]["addressCountry"] == ["PT"]
    assert data["Product"]["image"] == [f"{settings.SITE_URL}/media/pictures/{'a' * 32}/1280.webp"]
    names = [each["name"] for each in data["BreadcrumbList"]["itemListElement"]]
    assert names == ["Home", "Ceramics", "Mug"]


def test_variants_are_offered_together_and_each_by_its_address(client: Client, mo: Maker):
    product = with_picture(factories.product("mug", maker=mo))
    small = factories.variant(of=product, options={"size": "S"}, price_cents=1000, stock=0)
    large = factories.variant(of=product, options={"size": "L"}, price_cents=3000, stock=9)
    Product.objects.update(options=[{"name": "size", "values": ["S", "L"], "values_pt": []}])
    catalog.index_pieces([product.pk])

    offers = told(client, "/p/mug/")["Product"]["offers"]

    assert lacks(offers) == []
    assert (offers["lowPrice"], offers["highPrice"], offers["offerCount"]) == ("10.00", "30.00", 2)
    by_sku = {each["sku"]: each for each in offers["offers"]}
    assert by_sku[small.sku]["availability"] == "https://schema.org/OutOfStock"
    assert by_sku[large.sku]["url"] == f"{settings.SITE_URL}/p/mug/?variant={large.sku}"


@pytest.mark.parametrize(
    ("fields", "stock", "availability"),
    [
        ({"is_made_to_order": True}, 0, "MadeToOrder"),
        ({"is_one_of_a_kind": True}, 0, "SoldOut"),
        ({"status": Product.RETIRED}, 5, "Discontinued"),
        ({}, 2, "LimitedAvailability"),
    ],
)
def test_availability_is_what_the_page_says(
    client: Client, fields: dict[str, Any], stock: int, availability: str
):
    product = factories.variant("mug", stock=stock).product
    Product.objects.filter(pk=product.pk).update(**fields)
    catalog.index_pieces([product.pk])

    offer = told(client, "/p/mug/")["Product"]["offers"]

    assert offer["availability"] == f"https://schema.org/{availability}"


def test_stars_are_told_only_where_there_are_reviews(client: Client, mo: Maker):
    product = with_picture(factories.variant("mug", maker=mo).product)
    catalog.index_pieces([product.pk])
    before = told(client, "/p/mug/")["Product"]

    reviewed(product)

    after = told(client, "/p/mug/")["Product"]
    assert "aggregateRating" not in before
    assert "review" not in before
    assert after["aggregateRating"]["ratingValue"] == 4
    assert after["aggregateRating"]["reviewCount"] == 1
    assert [each["reviewBody"] for each in after["review"]] == ["It holds the heat."]
    assert lacks(after) == []


@pytest.mark.parametrize("path", ["/", "/pt/", "/m/mo/", "/makers/", "/c/ceramics/", "/new/"])
def test_other_pages_have_all_that_is_required(client: Client, mo: Maker, path: str):
    factories.variant("mug", maker=mo)

    data = told(client, path)

    assert data
    assert lacks(list(data.values())) == []


HOSTILE = '</script><script>alert(1)</script><!--\u2028\u2029]]>&amp;"\\'


def test_stored_words_cannot_leave_the_data(client: Client, mo: Maker):
    product = factories.variant("mug", maker=mo).product
    Product.objects.filter(pk=product.pk).update(title_en=HOSTILE, description_en=HOSTILE)
    Maker.objects.filter(pk=mo.pk).update(name=HOSTILE, story=HOSTILE)
    catalog.index_pieces([product.pk])

    body = client.get("/p/mug/").content.decode()
    data = told(client, "/p/mug/")["Product"]

    assert data["name"] == HOSTILE
    assert data["brand"]["name"] == HOSTILE
    assert "<script>alert" not in body
    assert told(client, "/m/mo/")["ProfilePage"]["mainEntity"]["name"] == HOSTILE


def test_data_is_written_without_what_ends_a_script():
    written = json_ld({"name": HOSTILE})

    inside = written.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(inside) & {"<", ">", "&", "\u2028", "\u2029"}
    assert json.loads(inside) == {"name": HOSTILE}


def addresses(reader: Reader) -> dict[str, str]:
    """Give the canonical address and the twins of a page, by hreflang."""
    canonical = [each["href"] for each in reader.links if each.get("rel") == "canonical"]
    assert len(canonical) <= 1
    twins = {each["hreflang"]: each["href"] for each in reader.links if "hreflang" in each}
    return twins | ({"canonical": canonical[0]} if canonical else {})


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/", "/"),
        ("/?utm_source=x", "/"),
        ("/p/mug/?variant=nothing&to=ES", None),
        ("/p/mug/?to=ES", "/p/mug/"),
        ("/c/ceramics/?sort=cheap&min=3", "/c/ceramics/"),
        ("/c/ceramics/?place=mertola&sort=dear", "/c/ceramics/?place=mertola"),
        ("/makers/?page=1", "/makers/?page=1"),
        ("/m/mo/", "/m/mo/"),
        ("/pt/m/mo/", "/pt/m/mo/"),
    ],
)
def test_each_page_has_one_address(client: Client, mo: Maker, path: str, canonical: str | None):
    product = factories.variant("mug", maker=mo).product
    catalog.index_pieces([product.pk])
    if canonical is None:
        assert client.get(path).status_code == 404
        return

    found = addresses(page(client, path))

    site, english = settings.SITE_URL, canonical.removeprefix("/pt")
    assert found == {
        "canonical": site + canonical,
        "en": site + english,
        "pt": f"{site}/pt{english}",
        "x-default": site + english,
    }


def test_pages_that_search_engines_should_leave_say_so(client: Client, mo: Maker):
    factories.variant("mug", maker=mo)

    search = page(client, "/search/?q=mug")
    two_facets = page(client, "/c/ceramics/?place=mertola&maker=mo&craft=ceramics")
    shelf = page(client, "/c/ceramics/")

    assert search.metas["robots"] == two_facets.metas["robots"] == "noindex"
    assert addresses(search) == {}
    assert "robots" not in shelf.metas


def test_shared_pages_show_title_sentence_and_picture(client: Client, mo: Maker):
    product = with_picture(factories.variant("mug", maker=mo).product)
    catalog.index_pieces([product.pk])

    metas = page(client, "/pt/p/mug/").metas

    assert metas["og:title"] == "Mug"
    assert metas["og:description"] == "A piece."
    assert metas["og:url"] == f"{settings.SITE_URL}/pt/p/mug/"
    assert (metas["og:locale"], metas["og:locale:alternate"]) == ("pt_PT", "en_GB")
    assert metas["og:image"] == f"{settings.SITE_URL}/media/pictures/{'a' * 32}/og.jpg"
    assert (metas["og:image:width"], metas["og:image:height"]) == ("1200", "630")
    assert metas["twitter:card"] == "summary_large_image"
    assert page(client, "/").metas["og:image"].startswith(f"{settings.SITE_URL}/static/")


def test_old_addresses_lead_to_the_present_ones(client: Client):
    product = factories.variant("mug").product
    ProductSlug.objects.create(slug="old-mug", product=product)
    CategorySlug.objects.create(slug="pots", category=product.category)

    moved = {path: client.get(path) for path in ("/p/old-mug/", "/pt/p/old-mug/", "/c/pots/",
                                                 "/c/pots/feed/")}  # fmt: skip

    assert {response.status_code for response in moved.values()} == {301}
    assert [response["Location"] for response in moved.values()] == [
        "/p/mug/", "/pt/p/mug/", "/c/ceramics/", "/c/ceramics/feed/",
    ]  # fmt: skip

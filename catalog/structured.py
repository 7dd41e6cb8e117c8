"""Pages as data for search engines: schema.org in JSON-LD.

What Google reads of each kind:
https://developers.google.com/search/docs/appearance/structured-data/search-gallery
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from accounts.models import Maker
from catalog.models import Picture, Product, Variant
from catalog.product_page import standing_of
from catalog.review_figures import Rating
from catalog.review_pages import ReviewShown
from makers_market.core.countries import COUNTRIES, HOME

Data = dict[str, Any]
SCHEMA = "https://schema.org"
RETURN_DAYS = 14
WIDEST = 1280
REVIEWS = 5
# From order to parcel and from parcel to door, in days (catalog/promises.py counts working days).
TRANSIT_HOME, TRANSIT_ABROAD = (1, 3), (3, 7)
# What the words of catalog/product_page.standing_of are called at schema.org.
AVAILABILITY = {
    "ready": "InStock",
    "few": "LimitedAvailability",
    "made": "MadeToOrder",
    "sold": "SoldOut",
    "full": "OutOfStock",
    "reserved": "OutOfStock",
    "out": "OutOfStock",
    "off": "Discontinued",
}


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def product(
    piece: Product,
    pictures: Sequence[Picture],
    rating: Rating,
    reviews: Sequence[ReviewShown] = (),
) -> Data:
    """Describe a piece with one offer for each variant."""
    data: Data = _thing("Product") | {
        "@id": f"{absolute(piece.url)}#piece",
        "name": piece.title,
        "description": piece.description,
        "url": absolute(piece.url),
        "image": [_image(each) for each in pictures],
        "category": piece.category.name,
        "brand": {"@type": "Brand", "name": piece.maker.name},
        "offers": offers(piece),
    }
    if piece.material:
        data["material"] = piece.material
    if rating.count:
        data["aggregateRating"] = _rating(rating)
        data["review"] = [_review(each) for each in reviews[:REVIEWS]]
    return data


def offers(piece: Product) -> Data | list[Data]:
    """Offer the only variant, or all of them together with the cheapest and the dearest price."""
    each = [_offer(piece, variant) for variant in piece.sellable]
    if len(each) == 1:
        return each[0]
    prices = [variant.price_cents for variant in piece.sellable] or [0]
    return {
        "@type": "AggregateOffer",
        "priceCurrency": "EUR",
        "lowPrice": _amount(min(prices)),
        "highPrice": _amount(max(prices)),
        "offerCount": len(each),
        "offers": each,
    }


def _offer(piece: Product, variant: Variant) -> Data:
    found = {
        "@type": "Offer",
        "url": absolute(variant.url),
        "sku": variant.sku,
        "price": _amount(variant.price_cents),
        "priceCurrency": variant.currency,
        "availability": f"{SCHEMA}/{AVAILABILITY[standing_of(piece, variant)]}",
        "itemCondition": f"{SCHEMA}/NewCondition",
        "seller": {"@type": "Organization", "name": piece.maker.name},
        "shippingDetails": _shipping(piece),
        "hasMerchantReturnPolicy": _returns(piece),
    }
    return found | ({"name": variant.title} if variant.title else {})


def _shipping(piece: Product) -> list[Data]:
    """Say what a parcel costs and how long it takes: at home, and abroad where the maker posts."""
    maker, abroad = piece.maker, [code for code in COUNTRIES if code != HOME]
    places = [(maker.delivery_cents, [HOME], TRANSIT_HOME)]
    if maker.delivery_abroad_cents is not None:
        places.append((maker.delivery_abroad_cents, abroad, TRANSIT_ABROAD))
    return [
        {
            "@type": "OfferShippingDetails",
            "shippingRate": {
                "@type": "MonetaryAmount",
                "value": _amount(cents),
                "currency": "EUR",
            },
            "shippingDestination": {"@type": "DefinedRegion", "addressCountry": countries},
            "deliveryTime": {
                "@type": "ShippingDeliveryTime",
                "handlingTime": _days(*_handling(piece)),
                "transitTime": _days(*transit),
            },
        }
        for cents, countries, transit in places
    ]


def _handling(piece: Product) -> tuple[int, int]:
    if piece.is_made_to_order:
        shortest, longest = sorted((piece.making_days_min, piece.making_days_max))
        return shortest, longest
    return 0, piece.maker.posts_within_days


def _days(least: int, most: int) -> Data:
    return {"@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": "DAY"}


def _returns(piece: Product) -> Data:
    """Say how a piece goes back: within 14 days of delivery (Directive 2011/83/EU, article 9)."""
    countries = [HOME] if piece.maker.delivery_abroad_cents is None else list(COUNTRIES)
    return {
        "@type": "MerchantReturnPolicy",
        "applicableCountry": countries,
        "returnPolicyCategory": f"{SCHEMA}/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": RETURN_DAYS,
        "returnMethod": f"{SCHEMA}/ReturnByMail",
        "returnFees": f"{SCHEMA}/ReturnFeesCustomerResponsibility",
    }


def _rating(rating: Rating) -> Data:
    return {
        "@type": "AggregateRating",
        "ratingValue": round(rating.average, 2),
        "reviewCount": rating.count,
        "bestRating": 5,
        "worstRating": 1,
    }


def _review(shown: ReviewShown) -> Data:
    said = shown.review
    found = {
        "@type": "Review",
        "author": {"@type": "Person", "name": said.signed},
        "datePublished": said.written_at.date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": said.stars, "bestRating": 5},
    }
    words = {"name": said.title, "reviewBody": said.words}
    return found | {name: value for name, value in words.items() if value}


def crumbs(trail: Sequence[tuple[str, str]], last: str = "") -> Data | None:
    """Describe the way to a page: (name, path) from home on; the page itself has no path."""
    named = [*trail, (last, "")] if last else list(trail)
    if len(named) < 2:
        return None
    entries = [
        {"@type": "ListItem", "position": place, "name": str(name)}
        | ({"item": absolute(path)} if path else {})
        for place, (name, path) in enumerate(named, 1)
    ]
    return _thing("BreadcrumbList") | {"itemListElement": entries}


def organization() -> Data:
    """Describe who runs the shop."""
    market = settings.MARKET
    return _thing("Organization") | {
        "@id": f"{settings.SITE_URL}/#organization",
        "name": market["name"],
        "legalName": market["legal_name"],
        "url": f"{settings.SITE_URL}/",
        "email": market["email"],
        "address": market["address"],
        "vatID": market["nif"],
    }


def website() -> Data:
    """Describe the shop as a site with a search of its own."""
    return _thing("WebSite") | {
        "@id": f"{settings.SITE_URL}/#website",
        "name": settings.MARKET["name"],
        "url": absolute(reverse("home")),
        "inLanguage": get_language(),
        "publisher": {"@id": f"{settings.SITE_URL}/#organization"},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{absolute(reverse('catalog:search'))}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def workshop(maker: Maker, rating: Rating | None = None) -> Data:
    """Describe a maker's page and the workshop it is about."""
    about: Data = {
        "@type": "Organization",
        "@id": f"{absolute(maker.url)}#maker",
        "name": maker.name,
        "url": absolute(maker.url),
        "address": {"@type": "PostalAddress", "addressLocality": maker.place},
    }
    if maker.story_words:
        about["description"] = maker.story_words
    if maker.wide_picture:
        about["image"] = _image(maker.wide_picture)
    if rating and rating.count:
        about["aggregateRating"] = _rating(rating)
    return _thing("ProfilePage") | {"url": absolute(maker.url), "mainEntity": about}


def _thing(kind: str) -> Data:
    return {"@context": SCHEMA, "@type": kind}


def _image(shown: Any) -> str:
    width = max((each for each in shown.widths if each <= WIDEST), default=shown.widths[0])
    return absolute(shown.url(width, "webp"))


def _amount(cents: int) -> str:
    """Write an amount as schema.org does: a point, two places, no sign of currency."""
    return f"{cents // 100}.{cents % 100:02}"

"""Site maps: which pages there are, for search engines (https://www.sitemaps.org/protocol.html).

Pieces and makers are told in parts by ranges of their keys, so that a part costs the same among a
million: at most PART rows, each in both languages, far below the protocol's 50,000 addresses.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from accounts.models import Maker
from catalog.models import (
    Category,
    Collection,
    Listing,
    Page,
    PriceChange,
    Review,
    Revision,
    StockMovement,
)

PART = 2_500
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
URLS = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml">'
)
FALLBACK = "en"


@dataclass(frozen=True)
class Entry:
    """A page: the name and argument of its route, and when it last changed, if that is known."""

    route: str
    argument: str = ""
    changed_at: datetime | None = None


def index() -> str:
    """Give the site map index, which names every part that has a page in it."""
    names = [name for name, entries in SHELVES.items() if entries()]
    parts = [*names, *_parts("pieces", _pieces()), *_parts("makers", _makers())]
    lines = [f"<sitemap><loc>{_at(_part_address(name))}</loc></sitemap>" for name in parts]
    return "\n".join([HEAD + INDEX, *lines, "</sitemapindex>\n"])


def part(name: str) -> str | None:
    """Give one part of the site map: of a shelf ("pages"), or of a range of keys ("pieces-3").

    None where there is no such part.
    """
    kind, _dash, number = name.partition("-")
    if name in SHELVES:
        return _written(SHELVES[name]())
    if kind in RANGES and number.isdecimal() and len(number) < 10:
        return _written(RANGES[kind](int(number)))
    return None


def _part_address(name: str) -> str:
    return reverse("sitemap_part", args=[name])


def _parts(kind: str, rows: QuerySet[Any]) -> list[str]:
    """Name the ranges of keys that have rows: one query, which reads the keys alone."""
    numbers = rows.annotate(part=F("pk") / PART).order_by("part").values_list("part", flat=True)
    return [f"{kind}-{number}" for number in numbers.distinct()]


def _pieces() -> QuerySet[Listing]:
    return Listing.objects.filter(is_shown=True)


def _makers() -> QuerySet[Maker]:
    return Maker.objects.filter(is_open=True)


def _in_part[Q: QuerySet[Any]](rows: Q, number: int) -> Q:
    first = number * PART
    return rows.filter(pk__gte=first, pk__lt=first + PART).order_by("pk")


def _pieces_of(number: int) -> list[Entry]:
    rows = list(_in_part(_pieces(), number).values_list("pk", "product__slug", "published_at"))
    changes = _changes([pk for pk, _slug, _at in rows])
    return [
        Entry("catalog:product", slug, max(filter(None, [published_at, changes.get(pk)])))
        for pk, slug, published_at in rows
    ]


def _makers_of(number: int) -> list[Entry]:
    slugs = _in_part(_makers(), number).values_list("slug", flat=True)
    return [Entry("catalog:maker", slug) for slug in slugs]


def _changes(ids: list[int]) -> dict[int, datetime]:
    """Tell when each piece last changed in what its page says: words, price, stock, reviews."""
    found: dict[int, datetime] = {}
    for model, piece, moment in (
        (Revision, "product", Max("decided_at")),
        (PriceChange, "variant__product", Max("at")),
        (StockMovement, "variant__product", Max("at")),
        (Review, "product", Max(Coalesce("replied_at", "written_at"))),
    ):
        rows = model._default_manager.filter(**{f"{piece}__in": ids}).order_by()
        for pk, at in rows.values_list(piece).annotate(latest=moment):
            if at and (pk not in found or found[pk] < at):
                found[pk] = at
    return found


def _shop() -> list[Entry]:
    shelves = ("catalog:makers", "catalog:new", "catalog:gifts")
    return [Entry(name) for name in ("home", *shelves, "api_docs")]


def _categories() -> list[Entry]:
    slugs = Category.objects.order_by("pk").values_list("slug", flat=True)[:PART]
    return [Entry("catalog:category", slug) for slug in slugs]


def _collections() -> list[Entry]:
    shown = Collection.objects.filter(is_shown=True).order_by("pk")
    return [Entry("catalog:collection", slug) for slug in shown.values_list("slug", flat=True)]


def _pages() -> list[Entry]:
    shown = Page.objects.filter(is_shown=True).order_by("pk")
    return [Entry("catalog:page", slug) for slug in shown.values_list("slug", flat=True)]


SHELVES: dict[str, Callable[[], list[Entry]]] = {
    "shop": _shop,
    "categories": _categories,
    "collections": _collections,
    "pages": _pages,
}
RANGES: dict[str, Callable[[int], list[Entry]]] = {"pieces": _pieces_of, "makers": _makers_of}


def _written(entries: list[Entry]) -> str | None:
    """Write a part; None for one without pages, which the protocol does not allow."""
    if not entries:
        return None
    by_language = {code: _addresses(entries, code) for code, _name in settings.LANGUAGES}
    lines = []
    for place, entry in enumerate(entries):
        addresses = {code: known[place] for code, known in by_language.items()}
        links = _links(addresses | {"x-default": addresses[FALLBACK]})
        changed = f"<lastmod>{_second(entry.changed_at)}</lastmod>" if entry.changed_at else ""
        lines += [f"<url><loc>{each}</loc>{changed}{links}</url>" for each in addresses.values()]
    return "\n".join([HEAD + URLS, *lines, "</urlset>\n"])


def _addresses(entries: Iterable[Entry], language: str) -> list[str]:
    with translation.override(language):
        return [
            _at(reverse(entry.route, args=[entry.argument] if entry.argument else []))
            for entry in entries
        ]


def _links(addresses: dict[str, str]) -> str:
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{address}"/>'
        for code, address in addresses.items()
    )


def _at(path: str) -> str:
    return escape(f"{settings.SITE_URL}{path}")


def _second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")

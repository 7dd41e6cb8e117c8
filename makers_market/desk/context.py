"""What every page of the shop needs: the crafts, its languages, who runs it, what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from catalog.models import Category, Collection, Page, in_language
from makers_market.core.db import as_app
from makers_market.core.models import MarketState
from makers_market.desk.addresses import address_of, twins_of

LANGUAGE_NAMES = {"en": "English", "pt": "Português"}


@dataclass(frozen=True)
class Place:
    """A craft, page or collection that every page leads to, in the reader's language."""

    name: str
    url: str
    craft: str = ""


@dataclass(frozen=True)
class Frame:
    """What stands around every page, the same for everybody; equal when it says the same."""

    crafts: tuple[Place, ...]
    pages: tuple[Place, ...]
    collections: tuple[Place, ...]
    announcement: str
    # Why the shop takes no changes; None while it does.
    closed: str | None


def page(request: HttpRequest) -> dict[str, Any]:
    """Give crafts, languages and the market's own facts; nothing personal, one query at most."""
    frame = SimpleLazyObject(lambda: frame_of(getattr(request, "edition", None)))
    twins = cache(lambda: twins_of(request))
    return {
        "frame": frame,
        "crafts": SimpleLazyObject(lambda: frame.crafts),
        "page_languages": SimpleLazyObject(lambda: _languages(request, twins())),
        "page_address": SimpleLazyObject(lambda: address_of(request, twins())),
        "market": settings.MARKET,
        "site_url": settings.SITE_URL,
        "shows_sandbox": settings.SANDBOX,
    }


def frame_of(edition: int | None) -> Frame:
    """Give the frame of an edition of the public pages from memory, or read it afresh."""
    return frame_now() if edition is None else _remembered(edition, get_language() or "")


@lru_cache(maxsize=8)
def _remembered(edition: int, language: str) -> Frame:
    return frame_now()


def frame_now() -> Frame:
    """Read the frame afresh, by one query; pages shown inside a workshop get the same one."""
    with as_app():
        rows = sorted(_rows(), key=lambda row: (row[1], row[2]))

    def of(kind: str) -> list[tuple[str, str, str, str]]:
        return [row[3:] for row in rows if row[0] == kind]

    closed = [in_language(en, pt) for _slug, en, pt, _craft in of("closed")]
    told = [in_language(en, pt) for _slug, en, pt, _craft in of("told")]
    crafts = [
        Category(slug=slug, name_en=en, name_pt=pt, craft=craft)
        for slug, en, pt, craft in of("craft")
    ]
    pages = [Page(slug=slug, title_en=en, title_pt=pt) for slug, en, pt, _ in of("page")]
    collections = [
        Collection(slug=slug, title_en=en, title_pt=pt) for slug, en, pt, _ in of("collection")
    ]
    return Frame(
        crafts=tuple(Place(each.name, each.url, each.craft) for each in crafts),
        pages=tuple(Place(each.title, each.url) for each in pages),
        collections=tuple(Place(each.title, each.url) for each in collections),
        announcement=told[0] if told else "",
        closed=closed[0] if closed else None,
    )


def _rows() -> list[tuple[Any, ...]]:
    """Ask five small things in one query: kind, place, id, slug, English, Portuguese, craft."""
    state = MarketState.objects.filter(pk=MarketState.ROW).annotate(position=Value(0))
    pages = Page.objects.filter(is_shown=True)
    collections = Collection.objects.filter(is_shown=True)
    told, closed = state.exclude(announcement_en=""), state.filter(is_read_only=True)
    crafts = _row(Category.objects.crafts(), "craft", "slug", "name_en", "name_pt", "craft")
    rows = crafts.union(
        _row(pages, "page", "slug", "title_en", "title_pt", "nothing"),
        _row(collections, "collection", "slug", "title_en", "title_pt", "nothing"),
        _row(told, "told", "nothing", "announcement_en", "announcement_pt", "nothing"),
        _row(closed, "closed", "nothing", "reason_en", "reason_pt", "nothing"),
        all=True,
    )
    return list(rows)


def _row(rows: QuerySet[Any], kind: str, *columns: str) -> QuerySet[Any, Any]:
    named = rows.order_by().annotate(kind=Value(kind), nothing=Value(""))
    return named.values_list("kind", "position", "pk", *columns)


def _languages(request: HttpRequest, twins: Mapping[str, str]) -> list[dict[str, Any]]:
    query = request.get_full_path().partition("?")[2]
    return [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "url": f"{twin}?{query}" if query else twin,
            "current": code == get_language(),
        }
        for code, twin in twins.items()
    ]

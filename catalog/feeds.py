"""Feeds: the newest pieces of a shelf, a maker or a search, as Atom (RFC 4287).

An entry's id is a tag (RFC 4151) of the day its piece was published, so it stays when the piece is
renamed or the shop moves.
"""

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.cards import Card
from catalog.search.filters import Filters
from catalog.search.sql import Scope, read_rows
from makers_market.core.dates import local
from makers_market.core.money import in_euros

SIZE = 50
ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml; charset=utf-8"
PICTURE_WIDTH = 640
# Before the shop began: when a feed without an entry was last changed.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# Signs that XML 1.0 has no place for, escaped or not.
UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


@dataclass(frozen=True)
class Feed:
    """A shelf as a feed: its title, its page, its own address, and its newest pieces."""

    title: str
    path: str
    feed_path: str
    cards: list[Card]

    @property
    def updated(self) -> datetime:
        """When the newest of its pieces came; a sold one does not make the feed older."""
        return max((card.published_at for card in self.cards if card.published_at), default=EPOCH)


def newest(scope: Scope) -> list[Card]:
    """Give the newest pieces of a shelf, in one query."""
    return read_rows(scope, Filters(sort="new"), size=SIZE).cards


def written(feed: Feed) -> bytes:
    """Write a feed as a document of Atom."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": get_language() or "en"})
    _put(root, "id", _tag(f"feed:{feed.feed_path}", EPOCH))
    _put(root, "title", f"{feed.title} · {settings.MARKET['name']}")
    _put(root, "updated", _moment(feed.updated))
    _put(ET.SubElement(root, "author"), "name", settings.MARKET["name"])
    _link(root, rel="self", kind="application/atom+xml", path=feed.feed_path)
    _link(root, rel="alternate", kind="text/html", path=feed.path)
    for card in feed.cards:
        _entry(root, card)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(root: ET.Element, card: Card) -> None:
    published = card.published_at or EPOCH
    entry = ET.SubElement(root, "entry")
    _put(entry, "id", _tag(f"piece:{_name(card)}", published))
    _put(entry, "title", card.title)
    _put(entry, "published", _moment(published))
    _put(entry, "updated", _moment(published))
    author = ET.SubElement(entry, "author")
    _put(author, "name", card.maker_name)
    _link(entry, rel="alternate", kind="text/html", path=card.url)
    if card.cover:
        _link(entry, rel="enclosure", kind="image/webp", path=_picture(card))
    ET.SubElement(entry, "category", {"term": card.craft})
    _put(entry, "summary", f"{_price(card)} · {card.maker_name}")
    _put(entry, "content", _content(card)).set("type", "html")


def _name(card: Card) -> str:
    """Name a piece for ever, whatever its slug becomes; its key is nobody's business."""
    return hashlib.sha256(f"piece {card.pk}".encode()).hexdigest()[:16]


def _content(card: Card) -> str:
    """Say what a reader shows of a piece: its picture, its price, its maker; as HTML."""
    words = format_html("<p>{} · {}</p>", _price(card), card.maker_name)
    if not card.cover:
        return words
    return (
        format_html('<p><img src="{}" alt="{}"></p>', _absolute(_picture(card)), card.title) + words
    )


def _price(card: Card) -> str:
    price = in_euros(card.price_from_cents)
    return _("from %(price)s") % {"price": price} if card.has_price_range else price


def _picture(card: Card) -> str:
    """Give the path of a picture for a reader's column; only of a card that has one."""
    cover = card.cover
    if cover is None:
        return ""
    fitting = [width for width in cover.widths if width <= PICTURE_WIDTH]
    return cover.url(max(fitting, default=cover.widths[0]), "webp")


def _put(parent: ET.Element, name: str, words: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = str(words).translate(UNWRITABLE)
    return child


def _link(parent: ET.Element, *, rel: str, kind: str, path: str) -> None:
    ET.SubElement(parent, "link", {"rel": rel, "type": kind, "href": _absolute(path)})


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _tag(name: str, day: datetime) -> str:
    host = urlsplit(settings.SITE_URL).hostname
    return f"tag:{host},{local(day):%Y-%m-%d}:{name}"


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

"""How templates write amounts, dates, drawings and pictures."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from makers_market.core import dates, drawings
from makers_market.core.money import in_euros

register = template.Library()

# What the browser is told about a picture's place, and the widest file worth offering there.
SIZES = {
    "card": ("(min-width:82rem) 19rem, (min-width:48rem) 30vw, 46vw", 960),
    "gallery": ("(min-width:60rem) 45rem, 92vw", 1280),
    "thumb": ("6rem", 320),
    "hero": ("(min-width:60rem) 59vw, 100vw", 1280),
    "banner": ("(min-width:60rem) 47rem, 100vw", 1280),
    "full": ("100vw", 1280),
}
FALLBACK_WIDTH = 640
KINDS = ("avif", "webp")
# The wide pictures of the shop itself: static/pictures/<name>-<width>.<kind>, with their height
# at 1280 and the class of their mean colour.
WIDE_WIDTHS = (640, 960, 1280)
WIDE = {
    "home-hero": (768, 42),
    "banner-ceramics": (720, 42),
    "banner-textiles": (720, 58),
    "banner-wood": (720, 58),
    "banner-soap-candles": (720, 58),
}


class Shown(Protocol):
    """A picture as the catalogue keeps it."""

    dominant: int
    width: int
    height: int
    widths: list[int]

    @property
    def alt(self) -> str: ...

    def url(self, width: int, kind: str) -> str: ...


@register.filter
def euros(cents: int) -> str:
    """Write an amount in whole cents as €34.00 or 34,00 €."""
    return in_euros(cents)


@register.filter
def day(value: date) -> str:
    """Write a day with its weekday: Wed 25 November."""
    return dates.week_day(value)


@register.filter
def month_day(value: date) -> str:
    """Write a day with its month: 25 November."""
    return dates.month_day(value)


@register.filter
def full_date(value: date) -> str:
    """Write a day with its year: 25 November 2026."""
    return dates.full_date(value)


@register.filter
def moment(value: datetime) -> str:
    """Write a moment: Wed 25 Nov, 14:05."""
    return dates.moment(value)


@register.simple_tag
def date_window(first: date, last: date) -> str:
    """Write the days between which something comes: 25 to 27 November."""
    first, last = dates.local(first), dates.local(last)
    if (first.month, first.day) == (last.month, last.day):
        return dates.month_day(last)
    start = str(first.day) if first.month == last.month else dates.month_day(first)
    # Translators: two days: "25 to 27 November", or "30 November to 2 December".
    return gettext("%(first)s to %(last)s") % {"first": start, "last": dates.month_day(last)}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a line icon; the words beside it, or the control's label, carry the meaning."""
    return drawings.icon(name)


@register.simple_tag
def logo(*, on_socle: bool = False) -> SafeString:
    """Draw the shop's mark, with its colours turned round on cobalt."""
    if on_socle:
        return drawings.logo(ground="#ffffff", arches=drawings.COBALT)
    return drawings.logo()


@register.simple_tag
def maker_tile(slug: str, size: str = "") -> SafeString:
    """Draw a maker's tile; size is "" (2.5rem), "mid" or "big"."""
    return drawings.maker_tile(slug, css=size)


@register.simple_tag
def craft_tile(craft: str) -> SafeString:
    """Draw the tile of one of the eight crafts."""
    return drawings.svg(drawings.CRAFTS[craft], css="craft")


@register.simple_tag
def art(name: str) -> SafeString:
    """Draw the tile of an empty or failed page: basket, search, chipped, kiln, door, parcel."""
    return drawings.svg(drawings.ART[name], css="art")


@register.simple_tag
def picture(
    shown: Shown,
    *,
    sizes: str = "card",
    eager: bool = False,
    priority: bool = False,
    alt: str | None = None,
) -> SafeString:
    """Show a picture in AVIF and WebP at the widths that its place can need.

    `sizes` names the place (see SIZES). `eager` is for what is seen at once, `priority` for the
    one picture a page waits for. Alt is empty except in a gallery: elsewhere the title is beside.
    """
    place, widest = SIZES[sizes]
    widths = [width for width in shown.widths if width <= widest] or shown.widths[:1]
    fallback = max((width for width in widths if width <= FALLBACK_WIDTH), default=widths[0])
    words = alt if alt is not None else shown.alt if sizes == "gallery" else ""
    return format_html(
        '<picture class="{}">{}<img class="photo" src="{}" alt="{}" width="{}" height="{}"'
        "{}></picture>",
        _dominant_class(shown.dominant) + _focus_classes(shown),
        _sources({kind: [(shown.url(w, kind), w) for w in widths] for kind in KINDS}, place),
        shown.url(fallback, "webp"),
        words,
        shown.width,
        shown.height,
        _loading(eager=eager, priority=priority),
    )


@register.simple_tag
def wide(
    name: str, *, alt: str, sizes: str = "banner", eager: bool = False, priority: bool = False
) -> SafeString:
    """Show one of the shop's own wide pictures; raises KeyError for an unknown name."""
    height, dominant = WIDE[name]

    def address(width: int, kind: str) -> str:
        return static(f"pictures/{name}-{width}.{kind}")

    return format_html(
        '<picture class="{}">{}<img class="photo" src="{}" alt="{}" width="1280"'
        ' height="{}"{}></picture>',
        _dominant_class(dominant),
        _sources(
            {kind: [(address(w, kind), w) for w in WIDE_WIDTHS] for kind in KINDS},
            SIZES[sizes][0],
        ),
        address(WIDE_WIDTHS[0], "webp"),
        alt,
        height,
        _loading(eager=eager, priority=priority),
    )


def _dominant_class(number: int) -> str:
    """Name one of the 64 classes of css/components/dominant.css."""
    return f"dom-{number:02}"


def _focus_classes(shown: Shown) -> str:
    """Name the classes of css/components/focus.css for what a crop keeps, in steps of 10 %."""
    x, y = getattr(shown, "focus_x", 50), getattr(shown, "focus_y", 50)
    return "" if (x, y) == (50, 50) else f" fx-{round(x, -1)} fy-{round(y, -1)}"


def _sources(files: dict[str, Sequence[tuple[str, int]]], place: str) -> SafeString:
    """Give one source for each kind; files are (address, width in pixels) by kind."""
    rows = [
        (kind, ", ".join(f"{address} {width}w" for address, width in named), place)
        for kind, named in files.items()
    ]
    return format_html_join("", '<source type="image/{}" srcset="{}" sizes="{}">', rows)


def _loading(*, eager: bool, priority: bool) -> SafeString:
    if priority:
        return SafeString(' fetchpriority="high"')
    return SafeString("" if eager else ' loading="lazy" decoding="async"')

"""What other sites show of a page, and what search engines read of it as data."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from makers_market.core.templatetags.shop import WIDE, WIDE_WIDTHS, Shown

register = template.Library()

# What must not stand in a script element as it is: the end of the element or of a line of script.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in ("<", ">", "&", "\u2028", "\u2029")}
CARD, CARD_SIZE = "og.jpg", (1200, 630)
HOUSE_PICTURE = "home-hero"


@register.simple_tag
def share_picture(shown: Shown | None = None) -> dict[str, Any]:
    """Give the picture of a page for other sites, the shop's own where a page has none.

    {"url", "width", "height", "alt"}; each uploaded picture has a card of 1200 × 630 beside its
    widths (core/decoding/making.py).
    """
    if not shown:
        width, (height, _dominant) = WIDE_WIDTHS[-1], WIDE[HOUSE_PICTURE]
        address = static(f"pictures/{HOUSE_PICTURE}-{width}.webp")
        return {"url": address, "width": width, "height": height, "alt": ""}
    folder = shown.url(shown.widths[0], "webp").rpartition("/")[0]
    width, height = CARD_SIZE
    return {"url": f"{folder}/{CARD}", "width": width, "height": height, "alt": shown.alt}


@register.simple_tag
def json_ld(data: dict[str, Any] | None) -> SafeString:
    """Write data for search engines into the page; nothing for None.

    It is text between script tags: stored words may neither end it nor break a line of it.
    """
    if not data:
        return SafeString("")
    written = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{written}</script>')  # noqa: S308

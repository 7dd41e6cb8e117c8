"""The links that stand around every page, drawn once for what they say."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from makers_market.core.templatetags.drawn import drawn

register = template.Library()


@register.simple_tag(takes_context=True)
def craft_links(context: dict[str, Any]) -> SafeString:
    """Lead to the crafts and the makers, and mark the one that the page is or belongs to."""
    crafts, path = tuple(context["crafts"]), context["request"].path
    shown = context.get("category") or context.get("product")
    is_one = path in {reverse("catalog:makers"), *(each.url for each in crafts)}
    return drawn(
        "components/crafts.html",
        crafts=crafts,
        craft=getattr(shown, "craft", ""),
        path=path if is_one else "",
    )

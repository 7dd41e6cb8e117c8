"""Pages as data for search engines: each tag writes what the page's own context holds."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from catalog import structured
from makers_market.core.templatetags.share import json_ld

register = template.Library()


@register.simple_tag(takes_context=True)
def product_data(context: dict[str, Any]) -> SafeString:
    """Describe the piece of a product page, and the way to it."""
    piece, reviews = context["product"], context["reviews"]
    told = structured.product(piece, context["pictures"], reviews.rating, reviews.rows)
    return _written(told, structured.crumbs(context["breadcrumbs"], piece.title))


@register.simple_tag(takes_context=True)
def maker_data(context: dict[str, Any]) -> SafeString:
    """Describe the workshop of a maker's page, and the way to it."""
    maker, reviews = context["maker"], context.get("reviews")
    trail = [(_("Home"), reverse("home")), (_("Makers"), reverse("catalog:makers"))]
    told = structured.workshop(maker, reviews.rating if reviews else None)
    return _written(told, structured.crumbs(trail, maker.name))


@register.simple_tag(takes_context=True)
def crumbs_data(context: dict[str, Any]) -> SafeString:
    """Describe the way to a page."""
    return _written(structured.crumbs(context.get("breadcrumbs", ())))


@register.simple_tag
def house_data() -> SafeString:
    """Describe the shop: who runs it, and its search."""
    return _written(structured.organization(), structured.website())


def _written(*told: dict[str, Any] | None) -> SafeString:
    return mark_safe("".join(json_ld(each) for each in told))  # noqa: S308  # json_ld escapes

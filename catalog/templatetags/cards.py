"""Cards on shelves, each drawn once for what it says."""

from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from catalog.cards import Card

register = template.Library()
# About 2 KB each; two thousand hold the first pages of every shelf in both languages.
DRAWN_MAX = 2_000


@register.simple_tag
def card(shown: Card, *, eager: bool = False) -> SafeString:
    """Show a piece as lists do; `eager` loads its picture at once."""
    return _drawn(shown, get_language() or "", eager)


@lru_cache(maxsize=DRAWN_MAX)
def _drawn(shown: Card, language: str, eager: bool) -> SafeString:
    """Draw a card; two that say the same are equal, so what is remembered is never out of date."""
    page = get_template("components/card.html").render({"product": shown, "eager": eager})
    return mark_safe(page)  # noqa: S308  # a template's own output

"""Parts of pages that are drawn once for what they are given: cards, facets, links of the frame."""

from collections.abc import Hashable
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()
# A card is about 2 KB: the first pages of every shelf in both languages, and their facets.
DRAWN_MAX = 3_000


@register.simple_tag
def drawn(name: str, **given: Hashable) -> SafeString:
    """Render the template `name` for these values and nothing else of the page.

    Values that are equal make parts that are equal, so what is remembered is never out of date:
    such a template must not ask for the time, and everything it shows takes part in the equality
    of what it is given (frozen dataclasses, tuples, text).
    """
    return _drawn(name, get_language() or "", tuple(given.items()))


@lru_cache(maxsize=DRAWN_MAX)
def _drawn(name: str, language: str, given: tuple[tuple[str, Hashable], ...]) -> SafeString:
    page = get_template(name).render(dict(given))
    return mark_safe(page)  # noqa: S308  # a template's own output

"""Cards on shelves, each drawn once for what it says."""

from django import template
from django.utils.safestring import SafeString

from catalog.cards import Card
from makers_market.core.templatetags.drawn import drawn

register = template.Library()


@register.simple_tag
def card(shown: Card, *, eager: bool = False) -> SafeString:
    """Show a piece as lists do; `eager` loads its picture at once."""
    return drawn("components/card.html", product=shown, eager=eager)

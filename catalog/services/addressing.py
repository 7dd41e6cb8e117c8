"""The address of a piece: makers choose it, and the old one leads to where the piece is now."""

from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.models import Product, ProductSlug
from makers_market.core.errors import Refusal

SLUG_LENGTH = 50


class AddressTaken(Refusal):
    """Another piece has this address, or had it: links to it lead there."""

    def __init__(self) -> None:
        super().__init__(_("Another piece has or had this address. Choose another one."))


class BadAddress(Refusal):
    """An address has small letters, digits and dashes."""

    def __init__(self) -> None:
        super().__init__(_("An address has up to 50 small letters, digits and dashes."))


def refuse_address(product: Product, slug: str) -> None:
    """Raise BadAddress for what is none, AddressTaken for one that is or was another piece's."""
    if not slug or slug != slugify(slug) or len(slug) > SLUG_LENGTH:
        raise BadAddress
    others = ~Q(pk=product.pk)
    if Product.objects.filter(others, slug=slug).exists():
        raise AddressTaken
    if ProductSlug.objects.filter(slug=slug).exclude(product=product).exists():
        raise AddressTaken


def keep_old_address(product: Product, old: str) -> None:
    """Let the address that shoppers knew lead to a piece that moved; one taken back is its own."""
    ProductSlug.objects.filter(slug=product.slug, product=product).delete()
    if product.published_at is not None:
        ProductSlug.objects.get_or_create(slug=old, defaults={"product": product})

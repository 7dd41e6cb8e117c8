"""Baskets are filled and emptied; nothing is held for them."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import QUANTITY_MAX, Product, Variant
from catalog.services import SoldOut
from catalog.services.stocking import Shortage
from makers_market.core.countries import COUNTRIES
from makers_market.core.errors import Refusal
from orders.models import Basket, BasketLine, Order
from orders.models.basket import LINES_MAX


class UnknownPiece(Refusal):
    """There is no such piece, or it is no longer shown."""

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This piece is no longer for sale."))


class BasketFull(Refusal):
    """A basket holds so many lines, and so many pieces of one kind."""


def open_basket(uuid: UUID | None) -> Basket | None:
    """Find the basket a visitor's session names, while it has not become an order."""
    if uuid is None:
        return None
    return Basket.objects.filter(uuid=uuid, order=None).first()


@transaction.atomic
def add_to_basket(basket: Basket | None, *, sku: str, quantity: int) -> Basket:
    """Add pieces to a basket, making one if there is none; gives the basket.

    The quantity adds to what is there. Locks the basket. Raises UnknownPiece, SoldOut (with how
    many are left) or BasketFull.
    """
    variant = _variants().filter(sku=sku).first()
    if variant is None:
        raise UnknownPiece
    basket = _locked_open(basket) or Basket.objects.create()
    line = BasketLine.objects.filter(basket=basket, variant=variant).first()
    wanted = quantity + (line.quantity if line else 0)
    _refuse_too_many(variant, wanted)
    if line is None and basket.lines.count() >= LINES_MAX:
        raise BasketFull(_("Your basket is full. Order these pieces first."))
    BasketLine.objects.update_or_create(
        basket=basket,
        variant=variant,
        defaults={"quantity": wanted, "seen_price_cents": variant.price_cents},
    )
    return basket


def _variants() -> QuerySet[Variant]:
    return Variant.objects.select_related("stock", "product__maker").filter(
        product__status=Product.LIVE, product__maker__is_open=True
    )


def _locked_open(basket: Basket | None) -> Basket | None:
    if basket is None:
        return None
    return Basket.objects.select_for_update(of=("self",)).filter(pk=basket.pk, order=None).first()


def _refuse_too_many(variant: Variant, wanted: int) -> None:
    if wanted > variant.available:
        raise SoldOut([Shortage(variant, wanted, max(variant.available, 0))])
    if wanted > QUANTITY_MAX:
        raise BasketFull(
            _("You can order up to %(count)d of one piece at a time.") % {"count": QUANTITY_MAX}
        )


@transaction.atomic
def change_quantity(basket: Basket, *, line_id: int, quantity: int) -> None:
    """Set how many pieces a line of this basket has; the shopper sees today's price from now on.

    Locks the basket. Raises UnknownPiece for a line of another basket, SoldOut, BasketFull.
    """
    if _locked_open(basket) is None:
        raise UnknownPiece
    line = BasketLine.objects.filter(basket=basket, pk=line_id).first()
    variant = _variants().filter(pk=line.variant_id).first() if line else None
    if line is None or variant is None:
        raise UnknownPiece
    _refuse_too_many(variant, quantity)
    line.quantity = quantity
    line.seen_price_cents = variant.price_cents
    line.save(update_fields=["quantity", "seen_price_cents"])


@transaction.atomic
def remove_from_basket(basket: Basket, *, line_id: int) -> BasketLine | None:
    """Take a line out of this basket and give it, so that it can be put back; None if gone."""
    if _locked_open(basket) is None:
        return None
    line = (
        BasketLine.objects.select_related("variant__product")
        .filter(basket=basket, pk=line_id)
        .first()
    )
    if line is not None:
        BasketLine.objects.filter(pk=line.pk).delete()
    return line


@transaction.atomic
def choose_country(basket: Basket, country: str) -> None:
    """Set where the basket goes; raises Refusal for a country no parcel goes to."""
    if country not in COUNTRIES:
        raise Refusal(_("We do not deliver to this country yet."))
    Basket.objects.filter(pk=basket.pk).update(country=country)
    basket.country = country


@transaction.atomic
def refill_basket(basket: Basket | None, order: Order) -> Basket:
    """Put the pieces of an order that was not paid back into a basket, as many as there are."""
    basket = _locked_open(basket) or Basket.objects.create(country=order.country)
    for sold in order.lines.order_by("id"):
        variant = _variants().filter(pk=sold.variant_id).first()
        wanted = min(sold.quantity, variant.available) if variant else 0
        if variant is not None and wanted > 0:
            BasketLine.objects.update_or_create(
                basket=basket,
                variant=variant,
                defaults={"quantity": wanted, "seen_price_cents": variant.price_cents},
            )
    return basket

"""An order is placed: stock held, prices frozen, parcels planned, before any money moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog import services as catalog
from makers_market.core.errors import Refusal
from orders.models import (
    Basket,
    BasketLine,
    Hold,
    Order,
    OrderLine,
    OrderMove,
    Shipment,
    ShipmentMove,
)
from orders.queries import Quote, QuotedLine, QuotedParcel, Wish, quote
from orders.signals import order_placed

TIME_TO_PAY = timedelta(minutes=40)
SMALLEST_CHARGE_CENTS = (
    50  # Stripe: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
)


@dataclass(frozen=True)
class Buyer:
    """Who buys; `user` is None for a guest."""

    email: str
    name: str
    language: str
    user: User | None = None


@dataclass(frozen=True)
class Delivery:
    """Where the parcels go, and by maker id how each travels."""

    street: str
    postcode: str
    city: str
    country: str
    phone: str
    methods: Mapping[int, str]


class EmptyBasket(Refusal):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__(_("Your basket is empty."))


class PriceChanged(Refusal):
    """The total differs from what the shopper was shown."""

    def __init__(self) -> None:
        super().__init__(_("A price has changed since you looked. Check the new total, then pay."))


class CannotDeliver(Refusal):
    """A maker does not post to the chosen country."""

    def __init__(self, maker: str) -> None:
        super().__init__(_("%(maker)s does not post to this country.") % {"maker": maker})


class TotalTooSmall(Refusal):
    """Card payments under 50 cents are not possible."""

    def __init__(self) -> None:
        super().__init__(_("Orders start at €0.50. Add another piece."))


@transaction.atomic
def place_order(
    *,
    basket_id: int,
    buyer: Buyer,
    delivery: Delivery,
    shown_total_cents: int,
    token: UUID,
    at: datetime,
) -> Order:
    """Place a basket as an order and hold its pieces; a second call gives the same order.

    Locks the form's token, the basket, then variants and stock in primary-key order. Raises
    EmptyBasket, SoldOut (naming the pieces), CannotDeliver, PriceChanged or TotalTooSmall, and
    then nothing has changed. Tells order_placed.
    """
    _lock_form(token)
    basket = Basket.objects.select_for_update().filter(pk=basket_id).first()
    # The same form sent again, be it from a page gone stale, means the order it has become.
    placed = Order.objects.filter(Q(basket_id=basket_id) | Q(form_token=token)).first()
    if placed is not None:
        return placed
    if basket is None:
        raise EmptyBasket
    quoted = _hold_and_quote(basket, delivery, at)
    if quoted.total_cents != shown_total_cents:
        raise PriceChanged
    if quoted.total_cents < SMALLEST_CHARGE_CENTS:
        raise TotalTooSmall
    order = _write_order(quoted, basket, buyer, delivery, token, at)
    _write_parcels(order, quoted, at)
    order_placed.send(Order, order_id=order.pk)
    return order


def _lock_form(token: UUID) -> None:
    """Let one sending of a form in at a time, until the transaction ends, whatever its basket."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(token)])


def _hold_and_quote(basket: Basket, delivery: Delivery, at: datetime) -> Quote:
    """Hold the basket's pieces and price them from the rows now locked."""
    lines = list(BasketLine.objects.filter(basket=basket))
    if not lines:
        raise EmptyBasket
    variants = catalog.hold_stock({line.variant_id: line.quantity for line in lines})
    wishes = [Wish(variants[x.variant_id], x.quantity, x.seen_price_cents, x.pk) for x in lines]
    quoted = quote(wishes, delivery.country, at=at, methods=delivery.methods)
    for parcel in quoted.parcels:
        if not parcel.ships:
            raise CannotDeliver(parcel.maker.name)
    return quoted


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_order_number')")
        return f"MM-{cursor.fetchone()[0]}"


def _write_order(
    quoted: Quote, basket: Basket, buyer: Buyer, delivery: Delivery, token: UUID, at: datetime
) -> Order:
    return Order.objects.create(
        number=_next_number(),
        basket=basket,
        form_token=token,
        user=buyer.user,
        language=buyer.language,
        email=buyer.email,
        name=buyer.name,
        street=delivery.street,
        postcode=delivery.postcode,
        city=delivery.city,
        country=delivery.country,
        phone=delivery.phone,
        items_cents=quoted.items_cents,
        delivery_cents=quoted.delivery_cents,
        vat_cents=quoted.vat_cents,
        total_cents=quoted.total_cents,
        placed_at=at,
        pay_until=at + TIME_TO_PAY,
    )


def _write_parcels(order: Order, quoted: Quote, at: datetime) -> None:
    shipments = Shipment.objects.bulk_create(_shipment(order, p) for p in quoted.parcels)
    prefetch_related_objects([line.variant.product for line in quoted.lines], "pictures")
    OrderLine.objects.bulk_create(
        _line(order, shipment, line)
        for shipment, parcel in zip(shipments, quoted.parcels, strict=True)
        for line in parcel.lines
    )
    Hold.objects.bulk_create(
        Hold(order=order, variant=line.variant, quantity=line.quantity) for line in quoted.lines
    )
    OrderMove.objects.bulk_create([order.starting_move(by="buyer", at=at)])
    ShipmentMove.objects.bulk_create(s.starting_move(by="buyer", at=at) for s in shipments)


def _shipment(order: Order, parcel: QuotedParcel) -> Shipment:
    return Shipment(
        order=order,
        maker=parcel.maker,
        position=parcel.position,
        method=parcel.method,
        items_cents=parcel.items_cents,
        delivery_cents=parcel.delivery_cents,
        delivery_vat_cents=parcel.delivery_vat_cents,
        total_cents=parcel.total_cents,
        post_by_date=parcel.promise.post_by,
        arrives_from_date=parcel.arrives_from,
        arrives_to_date=parcel.arrives_to,
    )


def _line(order: Order, shipment: Shipment, line: QuotedLine) -> OrderLine:
    product, picture = line.variant.product, line.picture
    return OrderLine(
        order=order,
        shipment=shipment,
        variant=line.variant,
        title_en=product.title_en,
        title_pt=product.title_pt,
        variant_title=line.variant_title,
        picture_digest=picture.digest if picture else "",
        unit_price_cents=line.unit_cents,
        quantity=line.quantity,
        total_cents=line.total_cents,
        vat_basis_points=product.vat_basis_points,
        vat_cents=line.vat_cents,
        commission_cents=line.commission_cents,
    )

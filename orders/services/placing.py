"""An order is placed: stock held, prices frozen, parcels planned, before any money moves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import CharField, Exists, Func, Q, Value, prefetch_related_objects
from django.db.models.functions import Cast, Concat
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
from orders.queries import Quote, QuotedLine, QuotedParcel, quote, wish_of
from orders.services.filling import LARGEST_CHARGE_CENTS, AnswersOutdated, BasketFull
from orders.signals import order_placed

# Taken by the INSERT itself: an order that is refused before takes none.
NEXT_NUMBER = Concat(
    Value("MM-"), Cast(Func(Value("orders_order_number"), function="nextval"), CharField())
)
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

    Locks the form's token, the basket, then variants and stock in primary-key order,
    then the makers' workloads. Raises EmptyBasket, SoldOut (naming the pieces, or whose week is
    full), CannotDeliver, AnswersOutdated, PriceChanged, TotalTooSmall or BasketFull, and then
    nothing has changed. Tells order_placed.
    """
    _lock_form(token)
    basket = Basket.objects.select_for_update().filter(pk=basket_id).first()
    # The same form sent again, be it from a page gone stale, means the order it has become.
    placed = Order.objects.filter(Q(basket_id=basket_id) | Q(form_token=token))
    lines = list(BasketLine.objects.filter(basket=basket_id).annotate(is_old=Exists(placed)))
    if basket is None or not lines or lines[0].is_old:
        if order := placed.first():
            return order
        raise EmptyBasket
    quoted, held = _hold_and_quote(lines, delivery, at)
    if quoted.total_cents != shown_total_cents:
        raise PriceChanged
    if quoted.total_cents < SMALLEST_CHARGE_CENTS:
        raise TotalTooSmall
    if quoted.total_cents > LARGEST_CHARGE_CENTS:
        raise BasketFull
    order = _write_order(quoted, basket, buyer, delivery, token, at)
    _write_parcels(order, quoted, held, at)
    order_placed.send(Order, order_id=order.pk)
    return order


def _lock_form(token: UUID) -> None:
    """Let one sending of a form in at a time, until the transaction ends, whatever its basket."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(token)])


def _hold_and_quote(
    lines: Sequence[BasketLine], delivery: Delivery, at: datetime
) -> tuple[Quote, list[catalog.Held]]:
    """Hold the basket's pieces and price them from the rows now locked."""
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.variant_id] += line.quantity
    held = catalog.hold_stock(wanted, at=at)
    products = [each.variant.product for each in held.values()]
    prefetch_related_objects(products, "pictures", "personal_fields")
    wishes = [wish_of(line, held[line.variant_id].variant) for line in lines]
    quoted = quote(wishes, delivery.country, at=at, methods=delivery.methods)
    for parcel in quoted.parcels:
        if not parcel.ships:
            raise CannotDeliver(parcel.maker.name)
    for shown in quoted.lines:
        if shown.is_stale:
            raise AnswersOutdated(shown.product_title)
    return quoted, list(held.values())


def _write_order(
    quoted: Quote, basket: Basket, buyer: Buyer, delivery: Delivery, token: UUID, at: datetime
) -> Order:
    return Order.objects.create(
        number=NEXT_NUMBER,
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


def _write_parcels(order: Order, quoted: Quote, held: list[catalog.Held], at: datetime) -> None:
    shipments = Shipment.objects.bulk_create(_shipment(order, p) for p in quoted.parcels)
    OrderLine.objects.bulk_create(
        _line(order, shipment, line)
        for shipment, parcel in zip(shipments, quoted.parcels, strict=True)
        for line in parcel.lines
    )
    Hold.objects.bulk_create(
        Hold(order=order, variant=x.variant, quantity=x.quantity, made_in_week=x.made_in_week)
        for x in held
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
    product, picture, made = line.variant.product, line.picture, line.made
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
        personal=line.answers.rows if line.answers else [],
        ships_from_date=made.ships_from if made else None,
        ships_by_date=made.ships_by if made else None,
    )

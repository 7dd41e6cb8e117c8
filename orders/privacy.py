"""What baskets and orders hold of a person."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from catalog.models import Review, ReviewPicture
from makers_market.core.privacy import (
    ERASED,
    Holding,
    Person,
    Rows,
    erased_email,
    fields_of,
    holds,
    holds_nobody,
    locked,
    moves_of,
    objects_to_erasure,
)
from orders.models import (
    Basket,
    BasketLine,
    DeliveryNews,
    Hold,
    Order,
    OrderLine,
    OrderMove,
    Shipment,
    ShipmentMove,
)
from orders.reviewing import purchase_of

ARRIVED = (Shipment.DELIVERED, Shipment.COLLECTED, *Shipment.TERMINAL)


def orders_of(person: Person) -> Rows:
    """Give a person's orders: those of the account, and a guest's under their own address.

    What another account has ordered under this address is that other person's.
    """
    rows = Order.objects.annotate(address_in_lower=Lower("email"))
    as_guest = Q(user=None, address_in_lower__in=person.emails)
    return rows.filter(Q(user=person.user_id) | as_guest).order_by("pk")


@objects_to_erasure
def unfinished_orders(person: Person, *, lock: bool) -> Iterable[str]:
    """Say which orders still need an address: unpaid ones, and parcels underway."""
    for order in locked(Order.objects.filter(pk__in=orders_of(person).values("pk")), lock=lock):
        number = {"number": order.number}
        if order.status == Order.PENDING:
            yield _("Order %(number)s waits for its payment. Pay it or cancel it first.") % number
        elif order.status in {Order.PAYING, Order.UNFILLABLE}:
            yield _("The payment of order %(number)s is not settled yet.") % number
        elif order.status == Order.PAID and order.shipments.exclude(status__in=ARRIVED).exists():
            yield _("Order %(number)s has not arrived yet.") % number


def _show_order(order: Order, person: Person) -> dict[str, Any]:
    own = fields_of(
        order, "number", "status", "placed_at", "language", "email", "name", "street", "postcode",
        "city", "country", "phone", "items_cents", "delivery_cents", "vat_cents", "total_cents",
        "currency",
    )  # fmt: skip
    return own | {
        "history": moves_of(order, person),
        "parcels": [_show_parcel(parcel, person) for parcel in order.shipments.all()],
    }


def _show_parcel(parcel: Shipment, person: Person) -> dict[str, Any]:
    lines = [
        fields_of(
            line, "title_en", "variant_title", "quantity", "unit_price_cents", "total_cents",
            "vat_cents", "personal", "ships_from_date", "ships_by_date",
        )
        for line in parcel.lines.all()
    ]  # fmt: skip
    own = fields_of(
        parcel, "position", "status", "method", "total_cents", "delivery_cents", "tracking_number",
        "arrives_from_date", "arrives_to_date",
    )  # fmt: skip
    return own | {
        "maker": parcel.maker.name,
        "pieces": lines,
        "history": moves_of(parcel, person),
    }


holds(
    Holding(
        model=Order,
        kind="orders",
        find=lambda person: orders_of(person).prefetch_related(
            "moves", "shipments__maker", "shipments__moves", "shipments__lines"
        ),
        show=_show_order,
        to_erase=orders_of,
        blanks=lambda order, _person: {
            "user": None,
            "email": erased_email(order.uuid),
            "name": ERASED,
            "street": ERASED,
            "postcode": ERASED,
            "city": ERASED,
            "phone": "",
        },
        keeps=(
            "What was sold, for how much, with which VAT and to which country: the law keeps books"
            " for ten years (Código do IVA, article 52; GDPR, article 17(3)(b))."
        ),
    )
)


def _personal_lines_of(person: Person) -> Rows:
    lines = OrderLine.objects.filter(order__in=orders_of(person).values("pk"))
    return lines.exclude(personal=[]).order_by("pk")


def _without_answers(line: OrderLine) -> list[dict[str, Any]]:
    return [row | {"value": ERASED, "value_pt": ""} for row in line.personal]


# An engraving names people. Later than the orders, through which they are found.
holds(
    Holding(
        model=OrderLine,
        kind="personalised-pieces",
        find=_personal_lines_of,
        show=lambda line, _person: fields_of(line, "title_en", "personal"),
        blanks=lambda line, _person: {"personal": _without_answers(line)},
        keeps="What was sold, at which price, is part of the books; what was written on it is not.",
    )
)


def _baskets_of(person: Person) -> Rows:
    of_orders = orders_of(person).values("basket")
    return Basket.objects.filter(Q(user=person.user_id) | Q(pk__in=of_orders)).order_by("pk")


def _show_basket(basket: Basket, _person: Person) -> dict[str, Any]:
    lines = basket.lines.select_related("variant__product")
    return fields_of(basket, "created_at", "country") | {
        "pieces": [
            {"piece": str(line.variant), "quantity": line.quantity, "personal": line.personal}
            for line in lines
        ]
    }


# Later than the orders, through which they are found: what is registered later goes first.
holds(Holding(model=Basket, kind="baskets", find=_baskets_of, show=_show_basket))
holds_nobody(BasketLine, "Pieces in a basket; it goes with its basket.")
holds_nobody(OrderMove, "What became of an order; who did it, by number.")
holds_nobody(Hold, "Pieces set aside for an order.")
holds_nobody(Shipment, "A parcel of an order; whose it is, is said there.")
holds_nobody(ShipmentMove, "What became of a parcel; who did it, by number.")
holds_nobody(DeliveryNews, "What a carrier said of a parcel, by its number.")


def _guests_purchases(person: Person) -> list[str]:
    """Name what somebody bought without an account; by these names reviews know it."""
    lines = OrderLine.objects.filter(order__in=orders_of(person).values("pk"), order__user=None)
    return [purchase_of(line) for line in lines.only("pk")]


# Later than the orders, through which they are found.
holds(
    Holding(
        model=Review,
        kind="guest_reviews",
        find=lambda person: Review.objects.filter(
            purchase__in=_guests_purchases(person)
        ).select_related("product"),
        show=lambda row, _person: {
            "piece": row.product.title,
            **fields_of(row, "author_name", "stars", "maker_stars", "title", "words", "written_at"),
        },
        blanks=lambda _row, _person: {"author_name": ""},
        keeps="The words and stars of a review stay without a name, for others to choose by.",
    )
)
holds(
    Holding(
        model=ReviewPicture,
        kind="guest_review_pictures",
        find=lambda person: ReviewPicture.objects.filter(
            review__purchase__in=_guests_purchases(person)
        ).select_related("review__product"),
        show=lambda row, _person: {
            "piece": row.review.product.title,
            **fields_of(row, "digest", "state"),
        },
    )
)

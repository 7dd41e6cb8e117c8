"""The visitor's basket and unfinished checkout, found by their session and by nothing else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from orders import services
from orders.models import Basket, Order

BASKET, CHECKOUT = "basket", "checkout"


def basket_of(request: HttpRequest) -> Basket | None:
    """Give the visitor's open basket, or None before the first piece."""
    named = request.session.get(BASKET)
    return services.open_basket(UUID(named)) if named else None


def order_of(request: HttpRequest) -> Order | None:
    """Give the order that the visitor's basket has become, after a double click or going back."""
    named = request.session.get(BASKET)
    return Order.objects.filter(basket__uuid=UUID(named)).first() if named else None


def keep_basket(request: HttpRequest, basket: Basket) -> None:
    if request.session.get(BASKET) != str(basket.uuid):
        request.session[BASKET] = str(basket.uuid)
        request.session.pop(CHECKOUT, None)


def checkout_of(request: HttpRequest) -> dict[str, Any]:
    """Give what the visitor has typed in checkout so far: address, methods, token."""
    return dict(request.session.get(CHECKOUT) or {})


def keep_checkout(request: HttpRequest, **parts: Any) -> None:
    request.session[CHECKOUT] = checkout_of(request) | parts


def chosen_methods(checkout: Mapping[str, Any]) -> dict[int, str]:
    """Give the chosen way of delivery by maker id."""
    return {int(maker): way for maker, way in checkout.get("methods", {}).items()}

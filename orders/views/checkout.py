"""Checkout in three linear pages: address, delivery, pay. Nothing is held until "Order and pay"."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from accounts.models import User
from catalog.promises import promise
from makers_market.core import limits
from makers_market.core.countries import COUNTRIES
from makers_market.core.crash import crash_point
from makers_market.core.errors import Refusal
from orders import services
from orders.forms import AddressForm, DeliveryForm, PayForm
from orders.models import Basket, Order, Shipment
from orders.queries import Quote, quote_basket
from orders.services import Buyer, Delivery
from orders.visitor import basket_of, checkout_of, chosen_methods, keep_checkout, order_of

UNPROCESSABLE = 422
CheckoutView = Callable[[HttpRequest, Basket, dict[str, Any]], HttpResponse]


def checkout_page(view: CheckoutView) -> Callable[[HttpRequest], HttpResponse]:
    """Give a view the visitor's basket and what was typed so far; without one, go to the basket,
    or to the order that the basket has become."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        kept = basket_of(request)
        if kept is not None:
            return view(request, kept, checkout_of(request))
        placed = order_of(request)
        if placed is None:
            return redirect("orders:basket")
        if request.method == "POST" and placed.status == Order.PENDING:
            return redirect("payments:start", token=placed.token)
        return redirect(placed.get_absolute_url())

    return wrapped


def _show(request: HttpRequest, page: str, quoted: Quote, **context: Any) -> HttpResponse:
    form: Form = context["form"]
    error = context.get("error")
    status = UNPROCESSABLE if form.errors or error else 200
    return render(request, f"orders/{page}.html", context | {"summary": quoted}, status=status)


@checkout_page
def address(request: HttpRequest, basket: Basket, checkout: dict[str, Any]) -> HttpResponse:
    """Who buys and where to."""
    quoted = quote_basket(basket, at=timezone.now())
    if not quoted.can_be_ordered:
        return redirect("orders:basket")
    typed = checkout.get("address") or _known(request)
    initial = typed | {"country": basket.country}
    form = AddressForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        keep_checkout(request, address=form.cleaned_data)
        services.choose_country(basket, form.cleaned_data["country"])
        return redirect("orders:delivery")
    return _show(request, "address", quoted, form=form)


def _known(request: HttpRequest) -> dict[str, str]:
    user = request.user
    return {"email": user.email, "name": user.name} if isinstance(user, User) else {}


@checkout_page
def delivery(request: HttpRequest, basket: Basket, checkout: dict[str, Any]) -> HttpResponse:
    """How each parcel travels."""
    if not _is_addressed(checkout, basket):
        return redirect("orders:address")
    quoted = quote_basket(basket, at=timezone.now(), methods=chosen_methods(checkout))
    if not quoted.can_be_ordered:
        return redirect("orders:basket")
    form = DeliveryForm(request.POST or None, quote=quoted)
    if request.method == "POST" and form.is_valid():
        keep_checkout(request, methods=form.methods())
        return redirect("orders:pay")
    return _show(request, "delivery", quoted, form=form, parcels=_choices(form, quoted))


def _is_addressed(checkout: dict[str, Any], basket: Basket) -> bool:
    """Tell whether there is an address in the basket's country, which another tab may change."""
    return bool(checkout.get("address", {}).get("country") == basket.country)


def _choices(form: DeliveryForm, quoted: Quote) -> list[dict[str, Any]]:
    """Describe each parcel's ways to travel with price and dates, for the page."""
    parcels = []
    for parcel in quoted.parcels:
        field = form[f"maker_{parcel.maker.pk}"]
        choices = field.field.choices  # type: ignore[attr-defined]  # a ChoiceField's
        options = [
            _option(field, n, str(value), str(name), parcel)
            for n, (value, name) in enumerate(choices)
        ]
        parcels.append(
            {
                "maker": parcel.maker,
                "position": parcel.position,
                "field": field,
                "options": options,
                "pieces": parcel.pieces_count,
                "lines": parcel.lines,
            }
        )
    return parcels


def _option(field: Any, n: int, value: str, name: str, parcel: Any) -> dict[str, Any]:
    is_collection = value == Shipment.COLLECTION
    dates = promise(
        parcel.maker,
        parcel.country,
        at=parcel.at,
        is_collection=is_collection,
        made_by=parcel.made_by,
    )
    return {
        "id": f"{field.auto_id}_{n}",
        "value": value,
        "name": name,
        "price_cents": 0 if is_collection else parcel.maker.delivery_cents_to(parcel.country),
        "arrives_from": dates.arrives_from,
        "arrives_to": dates.arrives_to,
        "is_collection": is_collection,
        "checked": (field.value() or parcel.method) == value,
    }


@checkout_page
def pay(request: HttpRequest, basket: Basket, checkout: dict[str, Any]) -> HttpResponse:
    """Check everything, then order and pay."""
    if not _is_addressed(checkout, basket):
        return redirect("orders:address")
    if "methods" not in checkout:
        return redirect("orders:delivery")
    form = PayForm(request.POST or None)
    error = str(services.PriceChanged()) if form.errors else ""
    if request.method == "POST" and form.is_valid():
        try:
            order = _place(request, basket, checkout, form)
            crash_point("order_placed")
            return redirect("payments:start", token=order.token)
        except Refusal as refusal:
            error = str(refusal)
    quoted = quote_basket(basket, at=timezone.now(), methods=chosen_methods(checkout))
    if not quoted.can_be_ordered:
        return redirect("orders:basket")
    shown = PayForm(initial={"shown_total_cents": quoted.total_cents, "token": uuid4()})
    context = {"address": _lines(checkout), "parcels": quoted.parcels, "totals": quoted}
    return _show(request, "pay", quoted, form=shown, error=error, **context)


def _place(request: HttpRequest, basket: Basket, checkout: dict[str, Any], form: PayForm) -> Order:
    limits.take(request, "checkout", per="address")
    typed = checkout["address"]
    user = request.user if isinstance(request.user, User) else None
    return services.place_order(
        basket_id=basket.pk,
        buyer=Buyer(typed["email"], typed["name"], get_language() or "en", user),
        delivery=Delivery(
            street=typed["street"],
            postcode=typed["postcode"],
            city=typed["city"],
            country=typed["country"],
            phone=typed["phone"],
            methods=chosen_methods(checkout),
        ),
        shown_total_cents=form.cleaned_data["shown_total_cents"],
        token=form.cleaned_data["token"],
        at=timezone.now(),
    )


def _lines(checkout: dict[str, Any]) -> list[str]:
    typed = checkout["address"]
    country = str(COUNTRIES[typed["country"]].name)
    return [typed["name"], f"{typed['street']}, {typed['postcode']} {typed['city']}, {country}"]

"""The order's page, opened by a signed link or by the shopper who is signed in."""

import hashlib
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.models import User
from catalog.review_pages import reviewed
from orders.history import greeting, own_orders
from orders.models import Order, Shipment
from orders.progress import explanation, headline, parcels_of

NO_CONTENT = 204
NUMBER_MAX = 12


def _context(request: HttpRequest, order: Order) -> dict[str, Any]:
    parcels = parcels_of(order)
    is_unpaid = order.status == Order.PENDING and not order.is_cancelling
    can_pay = is_unpaid and order.pay_until > timezone.now()
    return {
        "order": order,
        "token": order.token,
        "parcels": parcels,
        "headline": headline(order, parcels),
        "explanation": explanation(order, parcels),
        "can_pay": can_pay,
        "can_cancel": is_unpaid,
        "is_cancelling": order.is_cancelling,
        "can_refill": order.status in {Order.EXPIRED, Order.FAILED, Order.CANCELLED},
        "hold_until": order.pay_until if can_pay else None,
        "is_live": _is_live(order, parcels),
        "is_paid": order.status in {Order.PAID, Order.REFUNDED, Order.CLOSED},
        "reviewed": reviewed(_arrived(parcels)),
        "state": _state(order, parcels, can_pay=can_pay),
        "payment_unavailable": can_pay and request.GET.get("payment") == "unavailable",
    }


def _arrived(parcels: list[Any]) -> list[str]:
    """Name the purchases that may be reviewed."""
    return [line.purchase for each in parcels if each.can_be_reviewed for line in each.lines]


def _is_live(order: Order, parcels: list[Any]) -> bool:
    """Tell whether news may still change the page, so that it asks for them."""
    if order.status == Order.PAID:
        still = {Shipment.DELIVERED, Shipment.COLLECTED, *Shipment.TERMINAL}
        return any(parcel.status not in still for parcel in parcels)
    return order.is_awaiting_payment or order.status == Order.UNFILLABLE


def _state(order: Order, parcels: list[Any], *, can_pay: bool) -> str:
    """Name what the page shows, so that a page that asks for news need not be drawn again."""
    said = [order.status, order.cancel_wished_by, str(can_pay)]
    told = [f"{parcel.status} {parcel.tracking_number}" for parcel in parcels]
    return hashlib.sha256("|".join(said + told).encode()).hexdigest()[:16]


@require_GET
def order(request: HttpRequest, token: str) -> HttpResponse:
    """The state of an order and of each parcel; whoever has the link may look."""
    found = get_object_or_404(Order.objects.behind(token))
    return render(request, "orders/order.html", _context(request, found))


@require_GET
def order_parcels(request: HttpRequest, token: str) -> HttpResponse:
    """The part of the order's page that changes, for a page that asks again; 204 without news.

    Drawing it again for nothing would take away focus and selection.
    """
    found = get_object_or_404(Order.objects.behind(token))
    context = _context(request, found)
    if request.GET.get("seen") == context["state"]:
        return HttpResponse(status=NO_CONTENT)
    return render(request, "orders/order.html#live", context)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The orders of the shopper who is signed in, newest first, some at a time."""
    user = cast(User, request.user)
    at = timezone.now()
    before, after = (request.GET.get(name, "")[:NUMBER_MAX] for name in ("before", "after"))
    try:
        page = own_orders(user, before=before, after=after, at=at)
    except Order.DoesNotExist as error:
        raise Http404 from error
    context = {"page": page, "greeting": greeting(user, at=at)}
    return render(request, "orders/mine.html", context)


@login_required
@require_GET
def numbered(request: HttpRequest, number: str) -> HttpResponse:
    """Lead from an order's number to its page, if it is the shopper's own; otherwise 404."""
    own = get_object_or_404(Order, number=number, user=request.user)
    return redirect(own.get_absolute_url())

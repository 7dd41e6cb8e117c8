"""The basket page and its forms; public forms, accepted from our own pages only."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.personal import BadAnswers, fields_shown
from makers_market.core.errors import Refusal
from makers_market.core.http import public_form
from orders import services
from orders.forms import AddForm, CountryForm, LineForm, QuantityForm, country_choices
from orders.models import Order
from orders.queries import QuotedLine, asked_variant, picture_of, quote_basket
from orders.visitor import basket_of, keep_basket

UNPROCESSABLE = 422


@require_GET
def basket(request: HttpRequest) -> HttpResponse:
    """The visitor's basket, grouped in parcels, delivery and VAT included."""
    return _page(request)


def _page(
    request: HttpRequest, error: str = "", undo: dict[str, Any] | None = None
) -> HttpResponse:
    quoted = quote_basket(basket_of(request), at=timezone.now())
    for line in quoted.lines:
        line.notice = notice(line)  # type: ignore[attr-defined]
    context = {"basket": quoted, "countries": country_choices(), "error": error, "undo": undo}
    status = UNPROCESSABLE if error else 200
    return render(request, "orders/basket.html", context, status=status)


def notice(line: QuotedLine) -> str:
    """Say on a line what has changed since the shopper added it; empty if nothing."""
    if line.is_stale:
        return _("The maker asks something else of this piece now. Remove it, then go on.")
    if line.quantity_max == 0 and line.is_for_sale and line.made:
        return line.week_full_words or _("There is no more room this week. Remove it to go on.")
    if line.quantity_max == 0:
        return _("Sold out since you added it. Remove it to go on.")
    if line.is_short:
        return _("Only %(count)d left. Lower the number to go on.") % {"count": line.quantity_max}
    if line.price_has_changed:
        return _("The price has changed since you added it.")
    return ""


def _first_error(form: Form) -> str:
    return str(next(iter(form.errors.values()))[0])


@public_form
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add pieces and show the basket; a refusal is said there, with the reason."""
    form = AddForm(request.POST)
    if not form.is_valid():
        return _page(request, error=_first_error(form))
    chosen = form.cleaned_data
    try:
        kept = services.add_to_basket(
            basket_of(request),
            sku=chosen["variant"],
            quantity=chosen["quantity"],
            raw=request.POST,
        )
    except BadAnswers as refusal:
        return _ask(request, chosen, refusal.errors)
    except Refusal as refusal:
        return _page(request, error=str(refusal))
    keep_basket(request, kept)
    return redirect("orders:basket")


def _ask(request: HttpRequest, chosen: dict[str, Any], errors: dict[int, str]) -> HttpResponse:
    """Show a piece's questions again, with what was typed and what is wrong with it."""
    variant = asked_variant(chosen["variant"])
    fields = fields_shown(variant.product, request.POST, errors)
    context = {
        "variant": variant,
        "cover": picture_of(variant),
        "quantity": chosen["quantity"],
        "personal_fields": fields,
        "wrong": [field for field in fields if field.error],
    }
    return render(request, "orders/questions.html", context, status=UNPROCESSABLE)


@public_form
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Set a line's number of pieces."""
    line, quantity = LineForm(request.POST), QuantityForm(request.POST)
    kept = basket_of(request)
    if not line.is_valid() or kept is None:
        return _page(request, error=str(services.UnknownPiece()))
    if not quantity.is_valid():
        return _page(request, error=_first_error(quantity))
    try:
        services.change_quantity(
            kept, line_id=line.cleaned_data["line"], quantity=quantity.cleaned_data["quantity"]
        )
    except Refusal as refusal:
        return _page(request, error=str(refusal))
    return redirect("orders:basket")


@public_form
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take a line out and offer to put it back."""
    form, kept = LineForm(request.POST), basket_of(request)
    if not form.is_valid() or kept is None:
        return _page(request, error=str(services.UnknownPiece()))
    gone = services.remove_from_basket(kept, line_id=form.cleaned_data["line"])
    if gone is None:
        return redirect("orders:basket")
    undo = {
        "title": gone.variant.product.title,
        "sku": gone.variant.sku,
        "quantity": gone.quantity,
        "personal": [(f"personal-{row['field']}", row["value"]) for row in gone.personal],
    }
    return _page(request, undo=undo)


@public_form
@require_POST
def country(request: HttpRequest) -> HttpResponse:
    """Choose where the basket goes."""
    form, kept = CountryForm(request.POST), basket_of(request)
    if not form.is_valid():
        return _page(request, error=_("We do not deliver to this country yet."))
    if kept is not None:
        services.choose_country(kept, form.cleaned_data["country"])
    return redirect("orders:basket")


@public_form
@require_POST
def refill(request: HttpRequest, token: str) -> HttpResponse:
    """Put the pieces of an order that was not paid back into the basket."""
    unpaid = get_object_or_404(Order.objects.behind(token))
    if unpaid.status in {Order.EXPIRED, Order.FAILED, Order.CANCELLED}:
        keep_basket(request, services.refill_basket(basket_of(request), unpaid))
    return redirect("orders:basket")

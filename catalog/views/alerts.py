"""One mail when a sold-out variant is back, and the end of such mails."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from catalog import services
from catalog.forms.wished import AlertForm
from catalog.models import Product, Variant
from catalog.visitor import named_in, user_of
from catalog.wished import waiter_of
from makers_market.core import limits
from makers_market.core.http import public_form

NO_CONTENT, UNPROCESSABLE = 204, 422


def _variant(sku: str) -> Variant:
    shown = Product.objects.seen_by_shoppers()
    found = Variant.objects.select_related("product__maker")
    return get_object_or_404(found, sku=sku, product__in=shown)


@public_form
@require_http_methods(["GET", "POST"])
def alert(request: HttpRequest) -> HttpResponse:
    """Ask for the mail; asked by GET, after load, offer the account's own address.

    Everybody gets the same answer: it tells nothing about an address.
    """
    user = user_of(request)
    if request.method == "GET":
        variant = _variant(request.GET.get("variant", ""))
        if user is None:
            return HttpResponse(status=NO_CONTENT)
        return _page(request, variant, email=user.email, is_own=True)
    variant, form = _variant(named_in(request, "variant")), AlertForm(request.POST)
    if not form.is_valid():
        error = str(form.errors["email"][0])
        return _page(request, variant, email=request.POST.get("email", ""), error=error)
    limits.take(request, "alerts", per="address")
    email = form.cleaned_data["email"]
    services.ask_for_alert(
        variant,
        email=email,
        language=get_language() or "en",
        user=user if user is not None and user.email == email else None,
        at=timezone.now(),
    )
    return _page(request, variant, asked=True)


def _page(request: HttpRequest, variant: Variant, **said: Any) -> HttpResponse:
    """Show the form or its answer: to HTMX alone, otherwise on a page of its own."""
    context = {"variant": variant, "product": variant.product} | said
    template = "catalog/alert.html" if request.headers.get("HX-Request") else "catalog/alerts.html"
    status = UNPROCESSABLE if said.get("error") else 200
    return render(request, template, context, status=status)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def end_alerts(request: HttpRequest, token: str) -> HttpResponse:
    """Forget all that an address waits for, at the signed link in a mail; looking ends nothing."""
    email = waiter_of(token)
    if email is None:
        raise Http404
    if request.method == "POST":
        services.end_alerts(email)
    context = {"is_done": request.method == "POST", "email": email}
    return render(request, "catalog/alerts_end.html", context)

"""The roof: the home page, and the personal bits of every page's header."""

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from accounts.models import Maker
from catalog.models import Product
from catalog.queries import close_to
from makers_market.core.http import public_page
from orders.queries import count_pieces
from orders.visitor import basket_of

GIFT_LIMIT_CENTS = 3000


@require_safe
@public_page(60)
def home(request: HttpRequest) -> HttpResponse:
    """Hero, crafts, the newest pieces, one maker in their own words, gifts under €30."""
    on_sale = Product.objects.on_sale()
    newest = list(on_sale.newest_first().for_cards()[:8])
    cheap = on_sale.annotate(price=Min("variants__price_cents")).filter(price__lt=GIFT_LIMIT_CENTS)
    gifts = cheap.exclude(pk__in=[product.pk for product in newest])
    context = {
        "new_products": newest,
        "gifts": list(gifts.newest_first().for_cards()[:4]),
        "makers_count": Maker.objects.filter(is_open=True).count(),
        "products_count": on_sale.count(),
        "spotlight": Maker.objects.filter(is_open=True).exclude(quote="").order_by("pk").first(),
    }
    return render(request, "desk/home.html", context)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, and show pieces close to what was wanted."""
    context = {"close": close_to(request.path[:200])}
    return render(request, "404.html", context, status=404)


@require_safe
def header(request: HttpRequest) -> HttpResponse:
    """The header's personal bits, asked for after load: the basket's count and who is here."""
    context = {"basket_count": count_pieces(basket_of(request))}
    response = render(request, "components/header_acts.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response

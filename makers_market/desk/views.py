"""The roof: the home page, and the personal bits of every page's header."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from catalog.queries import close_to
from catalog.visitor import guests_list, user_of
from catalog.wished import marks_of
from makers_market.core.http import public_page
from makers_market.core.problems import is_for_api, problem
from makers_market.desk.home import front_page
from orders.queries import count_pieces
from orders.visitor import basket_of


@require_safe
@public_page(60)
def home(request: HttpRequest) -> HttpResponse:
    """Hero, crafts, the newest pieces, one maker in their own words, gifts under €30."""
    return render(request, "desk/home.html", front_page())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, and show pieces close to what was wanted."""
    if is_for_api(request):
        return problem("not-found")
    context = {"close": close_to(request.path[:200])}
    return render(request, "404.html", context, status=404)


@require_safe
def header(request: HttpRequest) -> HttpResponse:
    """The header's personal bits, asked for after load: who is here, and what pages mark."""
    marks = marks_of(user_of(request), guests_list(request.session))
    context = {"basket_count": count_pieces(basket_of(request)), "marks": marks}
    response = render(request, "components/header_acts.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response

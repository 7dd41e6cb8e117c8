"""Doors of feed readers: the newest pieces of a shelf, a maker or a search."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Maker
from catalog import feeds
from catalog.models import Category, CategorySlug
from catalog.search.sql import Scope
from catalog.search.words import tidy, understand
from makers_market.core.http import public_page
from makers_market.core.sharing import shared


@require_safe
@public_page(60)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pieces of a craft or a kind of piece."""
    found = Category.objects.select_related("parent").filter(slug=slug).first()
    if found is None:
        moved = get_object_or_404(CategorySlug.objects.select_related("category"), slug=slug)
        return redirect("catalog:category_feed", moved.category.slug, permanent=True)
    return _answer(request, found.name, found.url, Scope(category=found))


@require_safe
@public_page(60)
def maker(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pieces of a workshop."""
    found = get_object_or_404(Maker, slug=slug, is_open=True)
    return _answer(request, found.name, found.url, Scope(maker_id=found.pk))


@require_safe
@public_page(60)
def search(request: HttpRequest) -> HttpResponse:
    """The newest pieces that have the words; words that say nothing have no feed."""
    typed = tidy(request.GET.get("q", ""))
    text = understand(typed)
    if not text:
        raise Http404
    query = urlencode({"q": typed})
    title = _("Search for “%(query)s”") % {"query": typed}
    page = f"{reverse('catalog:search')}?{query}"
    return _answer(request, title, page, Scope(text=text), query=query)


def _answer(
    request: HttpRequest, title: str, path: str, scope: Scope, *, query: str = ""
) -> HttpResponse:
    own = f"{request.path}?{query}" if query else request.path
    feed = feeds.Feed(title, path, own, feeds.newest(scope))
    response = HttpResponse(feeds.written(feed), content_type=feeds.MEDIA_TYPE)
    return shared(request, response, changed_at=feed.updated)

"""Doors to what operators write and choose: pages and collections, the same for everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.models import Collection, Page
from catalog.search.shelf import Scope
from catalog.views.shelves import shelf_of
from makers_market.core.http import public_page
from makers_market.core.rich_text import as_html


@require_safe
@public_page(60)
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Pieces that operators chose, in their order; those no longer on sale are left out."""
    found = get_object_or_404(Collection, slug=slug, is_shown=True)
    context = {
        "collection": found,
        "shelf": shelf_of(request, Scope(collection_id=found.pk)),
        "breadcrumbs": [(_("Home"), reverse("home")), (found.title, "")],
    }
    return render(request, "catalog/collection.html", context)


@require_safe
@public_page(60)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A written page."""
    found = get_object_or_404(Page, slug=slug, is_shown=True)
    context = {
        "page": found,
        "body": as_html(found.body),
        "breadcrumbs": [(_("Home"), reverse("home")), (found.title, "")],
    }
    return render(request, "catalog/page.html", context)

"""Doors to the workshops' pages, the same for everybody."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Maker
from catalog import maker_page, queries
from catalog.review_pages import maker_reviews
from makers_market.core.http import public_page


@require_safe
@public_page(60)
def maker(request: HttpRequest, slug: str) -> HttpResponse:
    """A workshop and its pieces: all of them, or one section that the address names."""
    found = get_object_or_404(Maker, slug=slug, is_open=True)
    sections, count = maker_page.counted_sections(found)
    chosen = request.GET.get("section", "")
    section = next((each for each in sections if str(each.pk) == chosen), None)
    if chosen and section is None:
        raise Http404
    try:
        shelf = maker_page.shelf_of(found, section, after=request.GET.get("after", ""))
    except queries.ForgedCursor as error:
        raise Http404 from error
    shop = {
        "maker": found,
        "sections": sections,
        "section": section,
        "all_count": count,
        "count": section.count if section else count,
        "reviews": maker_reviews(found, after=request.GET.get("reviews", "")),
    }
    return render(request, "catalog/maker.html", shop | shelf)


@require_safe
@public_page(60)
def makers(request: HttpRequest) -> HttpResponse:
    """All workshops, by name."""
    everyone = queries.makers_by_name()
    page = Paginator(everyone, 60).get_page(request.GET.get("page"))
    crumbs = [(_("Home"), reverse("home")), (_("Makers"), "")]
    return render(request, "catalog/makers.html", {"makers": page, "breadcrumbs": crumbs})

"""Doors for programs: what public pages show, as JSON (docs/api.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Maker
from catalog import product_page, review_pages
from catalog.api import answers
from catalog.api.serializers import (
    CardListSerializer,
    CraftListSerializer,
    MakerListSerializer,
    MakersAsked,
    MakerSerializer,
    PiecesAsked,
    ProductSerializer,
    ReviewListSerializer,
    SearchAsked,
    SearchSerializer,
)
from catalog.models import Category, Product, Review
from catalog.search.facets import count_facets
from catalog.search.filters import MANY, Filters
from catalog.search.sql import ForgedCursor, Rows, Scope, read_cursor, read_rows
from catalog.search.words import understand
from makers_market.core.api import PageAsked, PublicView, forged, listed, seal, unseal


class Products(PublicView):
    """All pieces on sale, narrowed by the filters of the shop's own pages."""

    asks = PiecesAsked
    answers = CardListSerializer

    def get(self, request: Request) -> Response:
        """List pieces, the newest first unless another order is asked for."""
        rows = _rows(Scope(), self.asked)
        return listed(request, [answers.card(each) for each in rows.cards], _next(rows))


class Search(PublicView):
    """Search by words; every facet with its values and how many pieces have each."""

    asks = SearchAsked
    answers = SearchSerializer

    def get(self, request: Request) -> Response:
        """Find pieces, the best match first; mistyped words are mended, synonyms found."""
        text = understand(self.asked["q"])
        scope = Scope(text=text)
        rows = _rows(scope, self.asked)
        filters = _filters(self.asked, scope)
        found = answers.found(text, count_facets(scope, filters), filters)
        return listed(request, [answers.card(each) for each in rows.cards], _next(rows), **found)


def _rows(scope: Scope, asked: Mapping[str, Any]) -> Rows:
    """Read one page of pieces, in one query; raises Wrong for a cursor of another order."""
    try:
        after = read_cursor(asked.get("after", ""), sort=asked["sort"])
    except ForgedCursor as error:
        raise forged() from error
    return read_rows(scope, _filters(asked, scope), after=after, size=asked["size"])


def _filters(asked: Mapping[str, Any], scope: Scope) -> Filters:
    """Say in the words of the shop's pages what a program asks for."""
    chosen = {name: tuple(dict.fromkeys(asked.get(name, ()))) for name in MANY}
    chosen |= {name: ("1",) for name in ("stock", "made", "sale") if asked[name]}
    chosen["rating"] = (asked["rating"],) if "rating" in asked else ()
    return Filters(
        {name: values for name, values in chosen.items() if values},
        asked.get("min_cents"),
        asked.get("max_cents"),
        "" if asked["sort"] == scope.sorts[0] else asked["sort"],
    )


def _next(rows: Rows) -> str | None:
    return str(rows.next) if rows.next else None


class ProductDetail(PublicView):
    """One piece with its variants, pictures, choices, questions and rating."""

    answers = ProductSerializer
    also_answers: ClassVar[dict[int, Any]] = {301: None}

    def get(self, request: Request, slug: str) -> HttpResponse:
        """Give one piece; an address it had before leads to the present one."""
        piece = product_page.piece_at(slug)
        if piece:
            return Response(answers.whole_product(product_page.shown_as(piece)))
        moved = product_page.moved_to(slug)
        if moved is None:
            raise Http404
        return redirect(reverse("api:product", args=[moved.slug]), permanent=True)


class Makers(PublicView):
    """All open workshops, by slug."""

    asks = MakersAsked
    answers = MakerListSerializer

    def get(self, request: Request) -> Response:
        found = Maker.objects.filter(is_open=True)
        if craft := self.asked.get("craft"):
            found = found.filter(craft=craft)
        if after := self.asked.get("after"):
            (slug,) = unseal(after, of="makers")
            found = found.filter(slug__gt=slug)
        size = self.asked["size"]
        rows = list(found.order_by("slug")[: size + 1])
        cursor = seal([rows[size - 1].slug], of="makers") if len(rows) > size else None
        return listed(request, [answers.maker_card(each) for each in rows[:size]], cursor)


class MakerDetail(PublicView):
    """One workshop."""

    answers = MakerSerializer

    def get(self, request: Request, slug: str) -> Response:
        maker = get_object_or_404(Maker, slug=slug, is_open=True)
        return Response(answers.whole_maker(maker, review_pages.ratings_of(maker)))


class Categories(PublicView):
    """The crafts and the kinds of piece below them, all at once."""

    answers = CraftListSerializer

    def get(self, request: Request) -> Response:
        return listed(request, answers.tree(list(Category.objects.all())), None)


class ProductReviews(PublicView):
    """The reviews of one piece, the newest first."""

    asks = PageAsked
    answers = ReviewListSerializer

    def get(self, request: Request, slug: str) -> Response:
        product = get_object_or_404(Product.objects.seen_by_shoppers(), slug=slug)
        return _reviews(self, request, Review.objects.filter(product=product))


class MakerReviews(PublicView):
    """The reviews of all pieces of a workshop, the newest first."""

    asks = PageAsked
    answers = ReviewListSerializer

    def get(self, request: Request, slug: str) -> Response:
        maker = get_object_or_404(Maker, slug=slug, is_open=True)
        pieces = Product.objects.seen_by_shoppers()
        return _reviews(self, request, Review.objects.filter(maker=maker, product__in=pieces))


def _reviews(view: PublicView, request: Request, reviews: QuerySet[Review]) -> Response:
    shown = reviews.filter(state=Review.SHOWN).select_related("product")
    if after := view.asked.get("after"):
        shown = shown.filter(_older(after))
    size = view.asked["size"]
    newest = review_pages.with_pictures(shown).order_by("-written_at", "-uuid")
    rows = list(newest[: size + 1])
    last = rows[size - 1] if len(rows) > size else None
    cursor = seal([last.written_at.isoformat(), str(last.uuid)], of="reviews") if last else None
    said = [answers.review(review_pages.ReviewShown(row), row.product.slug) for row in rows[:size]]
    return listed(request, said, cursor)


def _older(after: str) -> Q:
    """Keep what follows a review, newest first; raises Wrong for a cursor of another list."""
    written_at, uuid = unseal(after, of="reviews")
    moment = datetime.fromisoformat(written_at)
    return Q(written_at__lt=moment) | Q(written_at=moment, uuid__lt=uuid)

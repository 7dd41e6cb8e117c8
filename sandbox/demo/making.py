"""Pieces of the demo shop that are made for one shopper, and two of which there is one."""

from datetime import timedelta
from typing import Any, TextIO

from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Picture, Product
from sandbox.demo import content
from sandbox.demo.progress import Progress

BY = "command"


def make(out: TextIO) -> None:
    """Set makings, questions and only ones that are not there yet; makers may change them after."""
    shown = content.read("content/making.json")
    slugs = [*shown["made_to_order"], *shown["questions"], *(x["like"] for x in shown["only_ones"])]
    pieces = {piece.slug: piece for piece in Product.objects.filter(slug__in=slugs)}
    with Progress(out, "makings", len(slugs)) as progress:
        for slug in progress.over(shown["made_to_order"]):
            _make_to_order(pieces.get(slug), shown["made_to_order"][slug], shown["capacity"])
        for slug in progress.over(shown["questions"]):
            _ask(pieces.get(slug), shown["questions"][slug])
        for only in progress.over(shown["only_ones"]):
            _list_only_one(pieces.get(only["like"]), only)


def _make_to_order(piece: Product | None, days: list[int], capacity: dict[str, int]) -> None:
    if piece is None or piece.is_made_to_order:
        return
    maker = Maker.objects.get(pk=piece.maker_id)
    at = timezone.now()
    catalog.set_making(
        piece.pk, is_made_to_order=True, days_min=days[0], days_max=days[1], by=BY, at=at
    )
    catalog.set_capacity(maker.pk, capacity[maker.slug], by=BY, at=at)


def _ask(piece: Product | None, questions: list[dict[str, Any]]) -> None:
    if piece is None or piece.personal_fields.exists():
        return
    asked = [catalog.Question(**question) for question in questions]
    catalog.set_personal_fields(piece.pk, asked, by=BY, at=timezone.now())


def _list_only_one(like: Product | None, only: dict[str, Any]) -> None:
    if like is None or Product.objects.filter(slug=only["slug"]).exists():
        return
    at = content.NEWEST - timedelta(days=only["days_ago"])
    words = ("title_en", "title_pt", "description_en", "description_pt")
    piece = catalog.list_product(
        slug=only["slug"],
        at=at,
        maker=like.maker,
        category=like.category,
        material=like.material,
        options=[],
        **{name: only[name] for name in words},
    )
    variant = catalog.offer_variant(
        piece, sku=only["slug"], options={}, price_cents=only["price_cents"], position=0
    )
    catalog.receive_stock(variant, 1, reference="demo", at=at)
    catalog.set_one_of_a_kind(piece.pk, is_one=True, by=BY, at=at)
    _show_cover_of(like, piece)


def _show_cover_of(like: Product, piece: Product) -> None:
    """Show the last picture of the piece it is like; its derivatives lie there already."""
    shown = Picture.objects.filter(product=like).order_by("position").last()
    if shown is not None:
        shown.pk, shown.product, shown.position, shown.shows = None, piece, 0, ""
        shown.save(force_insert=True)
        catalog.index_pieces([piece.pk])

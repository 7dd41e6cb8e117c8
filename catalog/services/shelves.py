"""Operators arrange the shop: categories, collections and written pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.models import Category, CategorySlug, Collection, CollectionPiece, Page, Product
from catalog.services.editing import locked_as_seen, set_fields
from catalog.signals import category_changed
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

CATEGORY_FIELDS = (
    "parent_id", "slug", "name_en", "name_pt", "blurb_en", "blurb_pt", "position",
)  # fmt: skip
COLLECTION_FIELDS = (
    "slug", "title_en", "title_pt", "blurb_en", "blurb_pt", "is_shown", "position",
)  # fmt: skip
PAGE_FIELDS = ("slug", "title_en", "title_pt", "body_en", "body_pt", "is_shown", "position")
PIECES_MAX = 60


class SlugTaken(Refusal):
    """The address leads, or has led, to another category."""

    def __init__(self) -> None:
        super().__init__(_("This address belongs to another category, now or before."))


class WrongPlace(Refusal):
    """There are two levels: crafts, and kinds of piece below one craft."""

    def __init__(self) -> None:
        super().__init__(_("A category lies below a craft, and a craft below nothing."))


class NotEmpty(Refusal):
    """The category holds pieces or other categories, or is a craft."""

    def __init__(self, pieces: int) -> None:
        words = ngettext(
            "Move the %(count)d piece in it to another category first.",
            "Move the %(count)d pieces in it to another category first.",
            pieces,
        )
        is_craft = _("A craft, or a category with others below it, cannot be removed.")
        super().__init__(words % {"count": pieces} if pieces else is_craft)


class UnknownPieces(Refusal):
    """Some of the pieces are not there, or there are too many."""


def check_category(category: Category | None, fields: Mapping[str, Any]) -> None:
    """Refuse a place or an address that a category cannot have: WrongPlace, SlugTaken."""
    pk = category.pk if category else 0
    parent = Category.objects.filter(pk=fields["parent_id"]).first()
    is_craft = category is not None and category.parent_id is None
    if is_craft != (parent is None) or (parent and parent.parent_id is not None):
        raise WrongPlace
    taken = Category.objects.filter(slug=fields["slug"]).exclude(pk=pk).exists()
    was_taken = CategorySlug.objects.filter(slug=fields["slug"]).exclude(category_id=pk).exists()
    if taken or was_taken:
        raise SlugTaken


@transaction.atomic
def save_category(
    category_id: int | None, fields: Mapping[str, Any], *, seen: str, by: str, at: datetime
) -> Category:
    """Add a kind of piece, or change a category; its old address leads to the new one for ever.

    `fields` has CATEGORY_FIELDS; the craft comes from the parent. Locks the row. Raises
    EditedMeanwhile, WrongPlace, SlugTaken; Category.DoesNotExist.
    """
    category = locked_as_seen(Category, category_id, seen)
    check_category(category if category.pk else None, fields)
    old_slug = category.slug
    changes = set_fields(category, {name: fields[name] for name in CATEGORY_FIELDS})
    if category.parent_id is not None:
        category.craft = Category.objects.get(pk=category.parent_id).craft
    CategorySlug.objects.filter(slug=category.slug).delete()
    category.save()
    if old_slug and old_slug != category.slug:
        CategorySlug.objects.create(slug=old_slug, category=category)
    _note("shelf.category_saved", category, changes, by=by, at=at)
    if changes and category_id is not None:
        category_changed.send(Category, category_id=category.pk)
    return category


@transaction.atomic
def remove_category(category_id: int, *, by: str, at: datetime) -> None:
    """Remove an empty kind of piece; its addresses, old and new, lead to its craft. Locks the row.

    Raises NotEmpty.
    """
    category = Category.objects.select_for_update().get(pk=category_id)
    pieces = category.products.count()
    if pieces or category.parent is None or category.children.exists():
        raise NotEmpty(pieces)
    category.old_slugs.update(category=category.parent)
    record("shelf.category_removed", category, by=by, at=at, changes={"slug": (category.slug, "")})
    slug, parent = category.slug, category.parent
    category.delete()
    CategorySlug.objects.create(slug=slug, category=parent)


@transaction.atomic
def save_collection(
    collection_id: int | None,
    fields: Mapping[str, Any],
    *,
    pieces: Sequence[int],
    seen: str,
    by: str,
    at: datetime,
) -> Collection:
    """Add or change a collection: what it says, and its pieces (product ids) in their order.

    Locks the row. Raises EditedMeanwhile, UnknownPieces; Collection.DoesNotExist.
    """
    collection = locked_as_seen(Collection, collection_id, seen)
    before = list(collection.pieces.values_list("product_id", flat=True)) if collection.pk else []
    changes = set_fields(collection, {name: fields[name] for name in COLLECTION_FIELDS})
    _refuse_unknown(pieces)
    collection.save()
    if before != list(pieces):
        changes["pieces"] = (before, list(pieces))
        collection.pieces.all().delete()
        CollectionPiece.objects.bulk_create(
            CollectionPiece(collection=collection, product_id=pk, position=position)
            for position, pk in enumerate(pieces)
        )
    _note("shelf.collection_saved", collection, changes, by=by, at=at)
    return collection


def _refuse_unknown(pieces: Sequence[int]) -> None:
    if len(pieces) > PIECES_MAX:
        raise UnknownPieces(_("A collection holds at most 60 pieces."))
    known = Product.objects.seen_by_shoppers().filter(pk__in=pieces).count()
    if known != len(pieces):
        raise UnknownPieces(_("Each piece can be there once, and must have been on sale."))


@transaction.atomic
def save_page(
    page_id: int | None, fields: Mapping[str, Any], *, seen: str, by: str, at: datetime
) -> Page:
    """Add or change a written page. Locks the row. Raises EditedMeanwhile; Page.DoesNotExist."""
    page = locked_as_seen(Page, page_id, seen)
    changes = set_fields(page, {name: fields[name] for name in PAGE_FIELDS})
    page.save()
    # The log keeps which text changed and how long it was, not the text itself.
    shortened = {
        name: (len(before or ""), len(after)) if name.startswith("body") else (before, after)
        for name, (before, after) in changes.items()
    }
    _note("shelf.page_saved", page, shortened, by=by, at=at)
    return page


@transaction.atomic
def remove_shown(thing: Collection | Page, *, by: str, at: datetime) -> None:
    """Remove a collection (its pieces stay in the shop) or a written page."""
    kind = thing._meta.model_name
    record(f"shelf.{kind}_removed", thing, by=by, at=at, changes={"slug": (thing.slug, "")})
    thing.delete()


def _note(
    action: str, row: Any, changes: dict[str, tuple[Any, Any]], *, by: str, at: datetime
) -> None:
    if changes:
        record(action, row, by=by, at=at, changes=changes)

"""What the page of a workshop shows, in at most six queries however much it makes."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Count, Q

from accounts.models import Maker
from catalog.cards import cards_of
from catalog.models import Listing
from catalog.models.listings import ListingQuerySet
from catalog.queries import ForgedCursor

# Without a time: the address of the next page is the same whenever it is made.
SIGNER = signing.Signer(salt="catalog.maker")
SHELF = 24


@dataclass(frozen=True)
class Section:
    """A section of a shop page and how many pieces on sale it has."""

    pk: int
    name: str
    count: int


def counted_sections(maker: Maker) -> tuple[list[Section], int]:
    """Give the sections that have pieces on sale, in order, and how many pieces there are in all.

    Pieces that lie in no section count in all.
    """
    on_sale = Listing.objects.on_sale().filter(maker=maker).order_by()
    counts = dict(on_sale.values_list("product__section").annotate(count=Count("pk")))
    sections = [
        Section(each.pk, each.name, counts.get(each.pk, 0)) for each in maker.sections.all()
    ]
    return [section for section in sections if section.count], sum(counts.values())


def shelf_of(maker: Maker, section: Section | None, *, after: str = "") -> dict[str, Any]:
    """Give the page of a workshop's pieces, newest first, that follows a cursor.

    Raises ForgedCursor.
    """
    pieces = Listing.objects.on_sale().filter(maker=maker).newest_first()
    if section:
        pieces = pieces.filter(product__section=section.pk)
    if after:
        pieces = _behind(pieces, after)
    rows = list(pieces.for_cards()[: SHELF + 1])
    following = _cursor(rows[SHELF - 1]) if len(rows) > SHELF else None
    return {"products": cards_of(rows[:SHELF]), "next_cursor": following}


def _cursor(row: Listing) -> str:
    published = row.published_at.isoformat() if row.published_at else ""
    return SIGNER.sign_object([published, row.pk])


def _behind(pieces: ListingQuerySet, cursor: str) -> ListingQuerySet:
    try:
        published, pk = SIGNER.unsign_object(cursor)
        at = datetime.fromisoformat(published)
    except (signing.BadSignature, ValueError, TypeError, json.JSONDecodeError) as error:
        raise ForgedCursor from error
    return pieces.filter(Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk))

"""Pieces as lists show them: light cards made of listings, without their variants and pictures."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from catalog.models import NEW_FOR_DAYS, Listing, counted, in_language


@dataclass(frozen=True)
class CardPicture:
    """The first picture of a piece, as {% picture %} shows it; focus in percent from start, top."""

    digest: str
    width: int
    height: int
    widths: list[int]
    dominant: int
    x: int = 50
    y: int = 50
    alt: str = ""

    @property
    def focus_x(self) -> int:
        return self.x

    @property
    def focus_y(self) -> int:
        return self.y

    def url(self, width: int, kind: str) -> str:
        return f"{settings.MEDIA_URL}pictures/{self.digest}/{width}.{kind}"


class Card:
    """One piece on a shelf; what it says comes from its listing and its maker's name alone.

    Two cards that say the same are equal. `listing` is one, or a plain row with its names.
    """

    def __init__(self, listing: Listing | SimpleNamespace) -> None:
        self.listing = listing
        self.pk: int = listing.pk
        self.said: dict[str, Any] = listing.card
        self.slug: str = self.said.get("slug", "")
        self.craft = listing.craft
        self.available = listing.available
        self.is_shown = listing.is_shown
        self.is_made_to_order = listing.is_made_to_order
        self.is_one_of_a_kind = listing.is_one_of_a_kind
        self.price_from_cents = listing.price_cents
        self.has_price_range = listing.price_max_cents > listing.price_cents
        self.was_cents: int | None = self.said.get("was")
        self.rating_count = listing.rating_count
        self.published_at: datetime | None = listing.published_at

    @cached_property
    def face(self) -> tuple[Any, ...]:
        """Give all that the card says, language aside."""
        return (
            *(self.craft, self.price_from_cents, self.has_price_range, self.rating_average),
            *(self.rating_count, self.is_sold_out, self.few_left, self.is_new),
            *(self.is_made_to_order, self.is_one_of_a_kind, self.maker_name, json.dumps(self.said)),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Card) and self.face == other.face

    def __hash__(self) -> int:
        return hash(self.face)

    @property
    def title(self) -> str:
        return in_language(self.said.get("en", ""), self.said.get("pt", ""))

    @property
    def url(self) -> str:
        return reverse("catalog:product", args=[self.slug])

    @property
    def maker_name(self) -> str:
        return self.listing.maker.name

    @property
    def maker_slug(self) -> str:
        return self.listing.maker.slug

    @cached_property
    def cover(self) -> CardPicture | None:
        facts = self.said.get("picture")
        return CardPicture(**facts) if facts else None

    @property
    def rating_average(self) -> float:
        """Give the plain mean of its stars, 1 to 5; 0 without any."""
        total = sum(stars * count for stars, count in enumerate(self.listing.stars, 1))
        return total / self.rating_count if self.rating_count else 0

    @property
    def is_sold_out(self) -> bool:
        return not self.is_made_to_order and self.available <= 0

    @property
    def few_left(self) -> int:
        """Give how many are left where that is worth saying: 1 to 3; else 0."""
        is_few = not self.is_made_to_order and 0 < self.available <= 3
        return self.available if is_few and not self.is_one_of_a_kind else 0

    @property
    def is_new(self) -> bool:
        age = timezone.now() - self.published_at if self.published_at else timedelta.max
        return age < timedelta(days=NEW_FOR_DAYS)

    @property
    def variants_in_words(self) -> str:
        """Say how much choice there is, as Product.variants_in_words does."""
        count: int = self.said.get("count", 0)
        if count < 2:
            return ""
        choices = [counted(name, number) for name, number in self.said.get("axes", [])]
        if all(choices):
            return ", ".join(choices)
        return ngettext("%(count)d variant", "%(count)d variants", count) % {"count": count}


def cards_of(listings: Iterable[Listing]) -> list[Card]:
    """Make cards of listings that were read with `for_cards()`."""
    return [Card(listing) for listing in listings]


def cards_for(
    product_ids: Iterable[int], *, keep_order: bool = True, also_gone: bool = False
) -> list[Card]:
    """Give the cards of these pieces in one query, in their order or the newest first.

    What is not on sale is left out, or with `also_gone` only what never was.
    """
    ids = list(product_ids)
    chosen = Listing.objects.published() if also_gone else Listing.objects.on_sale()
    found = cards_of(chosen.filter(pk__in=ids).newest_first().for_cards())
    if not keep_order:
        return found
    by_id = {card.pk: card for card in found}
    return [by_id[pk] for pk in dict.fromkeys(ids) if pk in by_id]

"""A shelf as its page shows it: pieces, facets with their numbers, chips, the next page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import Craft
from catalog.cards import Card
from catalog.search.facets import Counted, Value, count_facets, shown_values, unknown_choices
from catalog.search.filters import Filters, UnknownFilter, address, read_filters
from catalog.search.sql import (
    CANDIDATES,
    PAGE,
    PAGES_MAX,
    ForgedCursor,
    Scope,
    read_cursor,
    read_rows,
)
from catalog.search.words import plain, words_of
from makers_market.core.money import in_euros

__all__ = ["ForgedCursor", "Scope", "Shelf", "UnknownFilter", "read_shelf"]


@dataclass(frozen=True)
class Option:
    """One box to tick; `name` and `value` are what the address says when it is."""

    name: str
    value: str
    label: str
    count: int
    is_on: bool
    swatch: str = ""


@dataclass(frozen=True)
class Facet:
    """One question of the side column with its boxes."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Link:
    """A chip, an order or a scope: what it says, where it leads, whether it holds now."""

    label: str
    url: str
    is_on: bool = False
    value: str = ""


@dataclass(frozen=True)
class Shelf:
    """Everything that a page of pieces shows, read in two queries."""

    scope: Scope
    filters: Filters
    counted: Counted
    cards: list[Card]
    # What the addresses on this page keep beside the filters: the text, the section.
    kept: dict[str, str]
    after: str
    pages: int
    next_cursor: str
    seen: int

    @property
    def count(self) -> int:
        return self.counted.total

    @property
    def count_in_figures(self) -> str:
        """Write the number of pieces as the reader's language does: 2,000."""
        return number_format(self.count, use_l10n=True, force_grouping=True)

    @property
    def count_is_capped(self) -> bool:
        return self.count >= CANDIDATES

    @property
    def next_url(self) -> str:
        return address(self.filters, **self.kept, after=self.next_cursor)

    @property
    def longer_url(self) -> str:
        """Give the address of this page with the next pieces appended; empty for a long one."""
        if self.pages >= PAGES_MAX:
            return ""
        return address(self.filters, **self.kept, after=self.after, pages=str(self.pages + 1))

    @property
    def first_new(self) -> int:
        """Count, from 1, where the appended pieces begin."""
        return len(self.cards) + 1

    @property
    def next_size(self) -> int:
        """Give how many pieces come next."""
        if self.counted.is_about:
            return PAGE
        return min(PAGE, max(self.counted.total - self.seen, 1))

    @property
    def cleared_url(self) -> str:
        return address(Filters(sort=self.filters.sort), **self.kept)

    @property
    def own_url(self) -> str:
        return address(self.filters, **self.kept)

    @property
    def sorts(self) -> list[Link]:
        """Give the orders to choose from."""
        labels = {
            "best": _("Best match"), "new": _("Newest"), "popular": _("Popular"),
            "rated": _("Best rated"), "cheap": _("Price: low to high"),
            "dear": _("Price: high to low"), "chosen": _("Our order"),
        }  # fmt: skip
        first, *_others = self.scope.sorts
        now = self.filters.sort or first
        return [
            Link(labels[name], "", name == now, "" if name == first else name)
            for name in self.scope.sorts
        ]

    @property
    def facets(self) -> list[Facet]:
        """Give the questions that narrow this shelf, each value with its number of pieces."""
        labels = {
            "craft": _("Craft"), "type": _("Type"), "colour": _("Colour"),
            "material": _("Material"), "place": _("Made in"), "maker": _("Maker"),
        }  # fmt: skip
        found = [Facet(name, label, self._options(name)) for name, label in labels.items()]
        found += [
            Facet("ready", _("Ready to post"), self._singles("stock", "made")),
            Facet("more", _("More"), self._singles("sale", "rating")),
        ]
        return [facet for facet in found if self._is_useful(facet)]

    def _is_useful(self, facet: Facet) -> bool:
        """Leave out a question with one answer, unless it was answered."""
        needed = 1 if facet.name in {"ready", "more"} else 2
        return len(facet.options) >= needed or any(option.is_on for option in facet.options)

    def _options(self, facet: str) -> tuple[Option, ...]:
        values = shown_values(self.counted, self.filters, facet)
        return tuple(
            Option(
                facet,
                each.value,
                self._name(facet, each),
                each.count,
                self.filters.has(facet, each.value),
                each.extra if facet == "colour" else "",
            )
            for each in values
            if not self._is_the_scope(facet, each)
        )

    def _is_the_scope(self, facet: str, value: Value) -> bool:
        """Tell whether a value says no more than the page: the craft or workshop it is of."""
        category = self.scope.category
        if facet == "maker":
            return self.scope.maker_id is not None
        if facet == "place":
            return self.scope.maker_id is not None
        if facet == "craft":
            return category is not None
        is_root = value.extra == "0"
        return facet == "type" and (is_root or bool(category and category.parent_id))

    def _name(self, facet: str, value: Value) -> str:
        return str(Craft(value.value).label) if facet == "craft" else value.name

    def _singles(self, *names: str) -> tuple[Option, ...]:
        labels = _single_labels()
        counts = {name: self.counted.of(name) for name in names}
        return tuple(
            Option(name, "4" if name == "rating" else "1", labels[name], each.count, is_on)
            for name, each in counts.items()
            if each and (each.count or name in self.filters.chosen)
            for is_on in [name in self.filters.chosen]
        )

    @property
    def chips(self) -> list[Link]:
        """Give what is chosen, each leading to this shelf without it."""
        return [
            Link(label, address(self.filters.without(name, value), **self.kept))
            for name, value, label in self._chosen()
        ]

    def _chosen(self) -> Iterator[tuple[str, str, str]]:
        singles = _single_labels()
        for name, values in self.filters.chosen.items():
            for value in values:
                found = self.counted.of(name, value)
                known = singles.get(name) or (found and self._name(name, found))
                yield name, value, str(known or Craft(value).label)
        low, high = self.filters.price_min, self.filters.price_max
        if low is not None and high is not None:
            span = {"low": _in_round_euros(low), "high": _in_round_euros(high)}
            yield "price", "", _("%(low)s to %(high)s") % span
        elif low is not None:
            yield "price", "", _("From %(price)s") % {"price": _in_round_euros(low)}
        elif high is not None:
            yield "price", "", _("Up to %(price)s") % {"price": _in_round_euros(high)}

    @property
    def crafts(self) -> list[Link]:
        """Give the crafts among what a search found, each with its number, to look in one only."""
        free = self.filters.without_all("craft")
        links = [
            Link(_("All crafts"), address(free, **self.kept), "craft" not in self.filters.chosen)
        ]
        for each in self.counted.values.get("craft", []):
            only = replace(free, chosen=free.chosen | {"craft": (each.value,)})
            is_on = self.filters.has("craft", each.value)
            label = f"{Craft(each.value).label} ({each.count})"
            links.append(Link(label, address(only, **self.kept), is_on))
        return links

    @property
    def matching_maker(self) -> Value | None:
        """Give the maker whose name was typed, wholly or in part, among those that were found."""
        text = self.scope.text
        typed = set(map(plain, text.words)) if text else set()
        for each in self.counted.values.get("maker", []):
            name = set(map(plain, words_of(each.name_en)))
            if each.count and name and (typed <= name or name <= typed):
                return each
        return None


def _in_round_euros(cents: int) -> str:
    """Write an amount without its cents where it has none: €100."""
    amount = in_euros(cents)
    return re.sub(r"[.,]00(?!\d)", "", amount) if cents % 100 == 0 else amount


def _single_labels() -> dict[str, str]:
    return {
        "stock": _("In stock"), "made": _("Made to order"), "sale": _("Reduced"),
        "rating": _("4 stars and more"),
    }  # fmt: skip


def read_shelf(scope: Scope, sent: QueryDict, **kept: str) -> Shelf:
    """Read the shelf that an address asks for, in two queries.

    `kept` goes into every address on the page. Raises ForgedCursor and UnknownFilter.
    """
    filters = read_filters(sent, sorts=scope.sorts)
    after = sent.get("after", "")
    cursor = read_cursor(after, sort=filters.sort or scope.sorts[0])
    pages = _pages(sent.get("pages", "1"))
    counted = count_facets(scope, filters)
    if unknown_choices(counted, filters):
        raise UnknownFilter
    rows = read_rows(scope, filters, after=cursor, size=PAGE * pages, candidates=counted.candidates)
    before = cursor.seen if cursor else 0
    return Shelf(
        scope, filters, counted, rows.cards, kept, after, pages,
        next_cursor=str(rows.next) if rows.next else "", seen=before + len(rows.cards),
    )  # fmt: skip


def _pages(text: str) -> int:
    if text not in {str(number) for number in range(1, PAGES_MAX + 1)}:
        raise UnknownFilter("pages")
    return int(text)


def close_matches(scope: Scope, **fields: Any) -> list[Card]:
    """Give pieces that have one of the words where none has all."""
    if scope.text is None or not scope.text.any:
        return []
    wider = replace(scope, text=replace(scope.text, query=scope.text.any), **fields)
    return read_rows(wider, Filters(), size=8).cards

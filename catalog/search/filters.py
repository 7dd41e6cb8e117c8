"""What an address asks of a shelf: facets, price, order; read strictly, written back the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Craft

# Facets of which several values may be chosen: any of them will do.
MANY = ("craft", "type", "material", "colour", "place", "maker")
# Facets that are chosen or not; `rating` by 4.
SINGLE = {"stock": "1", "made": "1", "sale": "1", "rating": "4"}
VALUES_MAX = 20
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,120}", re.ASCII)
EUROS = re.compile(r"(?:€\s*)?(\d{1,6})(?:[.,](\d{1,2}))?(?:\s*€)?", re.ASCII)
RATED = """(listing.rating_count > 0 AND listing.stars[1] + 2 * listing.stars[2]
    + 3 * listing.stars[3] + 4 * listing.stars[4] + 5 * listing.stars[5]
    >= 4 * listing.rating_count)"""
CONDITIONS = {
    "craft": "listing.craft = ANY (%(craft)s)",
    "type": "category.slug = ANY (%(type)s)",
    "material": "listing.materials && %(material)s::varchar[]",
    "colour": "listing.colours && %(colour)s::varchar[]",
    "place": "listing.place = ANY (%(place)s)",
    "maker": "maker.slug = ANY (%(maker)s)",
    "sale": "listing.is_reduced",
    "rating": RATED,
}
# Of a made-to-order piece nothing waits on a shelf.
STOCK = "(listing.available > 0 AND NOT listing.is_made_to_order)"
MADE = "listing.is_made_to_order"


class UnknownFilter(Exception):
    """The address names a facet's value or an order that there cannot be."""


@dataclass(frozen=True)
class Filters:
    """What is chosen; prices in cents. `problems` are sentences about prices that were ignored."""

    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None
    sort: str = ""
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.chosen) or self.price_min is not None or self.price_max is not None

    @property
    def min_typed(self) -> str:
        return "" if self.price_min is None else _as_typed(self.price_min)

    @property
    def max_typed(self) -> str:
        return "" if self.price_max is None else _as_typed(self.price_max)

    @property
    def count(self) -> int:
        """Count the choices, the price as one."""
        has_price = self.price_min is not None or self.price_max is not None
        return sum(len(values) for values in self.chosen.values()) + has_price

    def has(self, name: str, value: str) -> bool:
        return value in self.chosen.get(name, ())

    def conditions(self) -> dict[str, str]:
        """Give a condition in SQL for each facet in which something is chosen."""
        found = {name: CONDITIONS[name] for name in self.chosen if name in CONDITIONS}
        ready = [text for name, text in (("stock", STOCK), ("made", MADE)) if name in self.chosen]
        if ready:
            found["ready"] = f"({' OR '.join(ready)})"
        price = []
        if self.price_min is not None:
            price.append("listing.price_max_cents >= %(price_min)s")
        if self.price_max is not None:
            price.append("listing.price_cents <= %(price_max)s")
        if price:
            found["price"] = f"({' AND '.join(price)})"
        return found

    def values(self) -> dict[str, Any]:
        """Give the parameters of the conditions."""
        many = {name: list(self.chosen.get(name, ())) for name in MANY}
        return many | {"price_min": self.price_min, "price_max": self.price_max}

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Give what an address says to choose the same."""
        for name, values in self.chosen.items():
            yield from ((name, value) for value in values)
        if self.price_min is not None:
            yield "min", _as_typed(self.price_min)
        if self.price_max is not None:
            yield "max", _as_typed(self.price_max)
        if self.sort:
            yield "sort", self.sort

    def without(self, name: str, value: str = "") -> "Filters":
        """Give the filters without one choice; `price` is one."""
        if name == "price":
            return replace(self, price_min=None, price_max=None)
        left = tuple(each for each in self.chosen.get(name, ()) if each != value)
        others = {key: values for key, values in self.chosen.items() if key != name}
        return replace(self, chosen=others | ({name: left} if left else {}))

    def without_all(self, name: str) -> "Filters":
        """Give the filters with nothing chosen of one facet."""
        others = {key: values for key, values in self.chosen.items() if key != name}
        return replace(self, chosen=others)


def address(filters: Filters, **more: str) -> str:
    """Write the query of an address ("?craft=wood&sort=new"), or "?" where nothing is chosen."""
    kept = [(name, value) for name, value in more.items() if value]
    return f"?{urlencode([*kept, *filters.pairs()])}"


def read_filters(sent: QueryDict, *, sorts: tuple[str, ...]) -> Filters:
    """Read what an address chooses; raises UnknownFilter.

    A price that is none is ignored and named in `problems`; what is no filter is not looked at.
    """
    chosen = {}
    for name in MANY:
        values = tuple(dict.fromkeys(value for value in sent.getlist(name) if value))
        if len(values) > VALUES_MAX or not all(SLUG.fullmatch(value) for value in values):
            raise UnknownFilter(name)
        if name == "craft" and not set(values) <= set(Craft.values):
            raise UnknownFilter(name)
        chosen[name] = values
    for name, only in SINGLE.items():
        value = sent.get(name, "")
        if value not in {"", only}:
            raise UnknownFilter(name)
        chosen[name] = (value,) if value else ()
    sort = sent.get("sort", "")
    if sort and sort not in sorts:
        raise UnknownFilter("sort")
    low, high, problems = _prices(sent)
    filled = {name: values for name, values in chosen.items() if values}
    return Filters(filled, low, high, "" if sort == sorts[0] else sort, problems)


def _prices(sent: QueryDict) -> tuple[int | None, int | None, tuple[str, ...]]:
    prices: list[int | None] = []
    problems = []
    for name in ("min", "max"):
        typed = sent.get(name, "").strip()
        found = EUROS.fullmatch(typed)
        if typed and not found:
            problems.append(_("A price is a number of euros like 20 or 34.50."))
        cents = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else None
        prices.append(cents)
    low, high = prices
    if low is not None and high is not None and low > high:
        return None, None, (*problems, _("The lower price is above the higher one."))
    return low, high, tuple(dict.fromkeys(problems))


def _as_typed(cents: int) -> str:
    euros, rest = divmod(cents, 100)
    return f"{euros}.{rest:02}" if rest else str(euros)

"""What a piece comes in: its options, their values, and which variant stands for which choice."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.drafts import fingerprint
from catalog.models import Product, Variant

Key = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class AxisValue:
    """One value of an option; `was` is the name it had until now, empty for a new one."""

    value: str
    value_pt: str = ""
    was: str = ""


@dataclass(frozen=True)
class Axis:
    """One thing a piece comes in: its name in lower case ("glaze") and its values in order.

    `was` is the name it had until now, empty for a new one.
    """

    name: str
    values: Sequence[AxisValue] = field(default_factory=list)
    was: str = ""

    def renamed(self, options: Mapping[str, str]) -> str | None:
        """Give the value that a choice of before has now: the first where it had none yet.

        None for a value that is gone.
        """
        old = options.get(self.was or self.name)
        if old is None:
            return self.values[0].value
        return next((each.value for each in self.values if (each.was or each.value) == old), None)


def key_of(options: Mapping[str, str]) -> Key:
    """Name a choice whatever the order of its options."""
    return frozenset(options.items())


def combinations(axes: Sequence[Axis]) -> list[dict[str, str]]:
    """Give every choice that these options allow, in their order; one empty for no options.

    Stops above a thousand: nobody offers so many.
    """
    values = [[each.value for each in axis.values] for axis in axes]
    found = itertools.islice(itertools.product(*values), 1001)
    return [dict(zip((axis.name for axis in axes), each, strict=True)) for each in found]


def fitted(variants: Iterable[Variant], axes: Sequence[Axis]) -> dict[Key, Variant]:
    """Give the variant that stands for each choice these options allow, where there is one.

    What is on offer follows its values' new names; under a new option it takes the first value,
    without an old one the first of those that become the same. Else one that was offered before.
    """
    allowed = {key_of(each) for each in combinations(axes)}
    found: dict[Key, Variant] = {}
    known = list(variants)
    for variant in (each for each in known if each.is_offered):
        values = {axis.name: axis.renamed(variant.options) for axis in axes}
        key = frozenset((name, value) for name, value in values.items() if value is not None)
        if key in allowed:
            found.setdefault(key, variant)
    for variant in known:
        key = key_of(variant.options)
        if not variant.is_offered and key in allowed:
            found.setdefault(key, variant)
    return found


def axes_of(product: Product) -> list[Axis]:
    """Give a piece's options as they are."""
    return [
        Axis(
            axis["name"],
            [
                AxisValue(value, portuguese, value)
                for value, portuguese in itertools.zip_longest(
                    axis["values"], axis.get("values_pt", [])[: len(axis["values"])], fillvalue=""
                )
            ],
            axis["name"],
        )
        for axis in product.options
    ]


def offers_seen(product: Product) -> str:
    """Name what a piece is offered in now: who writes it anew says what they looked at."""
    rows = product.variants.order_by("pk").values_list(
        "pk", "sku", "options", "price_cents", "was_cents", "is_offered"
    )
    return fingerprint([product.options, [list(row) for row in rows]])

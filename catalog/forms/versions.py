"""The grid of what a piece comes in: options × values, and a line for each combination."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.combining import (
    Axis,
    AxisValue,
    axes_of,
    fitted,
    key_of,
    offers_seen,
)
from catalog.forms.pieces import EuroField
from catalog.models import Product, Variant
from catalog.services import Problem, Version
from catalog.services.offering import (
    AXES_MAX,
    NAME_MAX,
    SKU_MAX,
    VALUE_MAX,
    VALUES_MAX,
    VERSIONS_MAX,
)

SPARE = 2
FIELDS = {"sku": "sku", "price": "price", "old": "shows_old", "offered": "offered"}


class ValueForm(forms.Form):
    """One value of an option, and the name it had when the page was made."""

    value = forms.CharField(label=gettext_lazy("Value"), max_length=VALUE_MAX, required=False)
    value_pt = forms.CharField(
        label=gettext_lazy("In Portuguese"), max_length=VALUE_MAX, required=False
    )
    was = forms.CharField(max_length=VALUE_MAX, required=False, widget=forms.HiddenInput)

    def read(self) -> AxisValue:
        sent = self.cleaned_data
        return AxisValue(_tidy(sent["value"]), _tidy(sent["value_pt"]), sent["was"])


class AxisForm(forms.Form):
    """What a piece comes in, in one word, and the forms of its values."""

    name = forms.CharField(
        label=gettext_lazy("What they differ in"), max_length=NAME_MAX, required=False
    )
    was = forms.CharField(max_length=NAME_MAX, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, place: int, axis: Axis | None) -> None:
        initial = {"name": axis.name.capitalize(), "was": axis.name} if axis else {}
        super().__init__(data, prefix=f"o{place}", initial=initial)
        values = list(axis.values) if axis else []
        count = len(values) if data is None else _count(data, f"{self.prefix}v")
        is_full = data is None or bool(data.get(f"{self.prefix}v{count - 1}-value", "").strip())
        rows = min(max(count + SPARE * is_full, 1 + SPARE), VALUES_MAX + SPARE)
        self.values = [
            ValueForm(
                data,
                prefix=f"{self.prefix}v{row}",
                initial=vars(values[row]) if row < len(values) else {},
            )
            for row in range(rows)
        ]

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(form.is_valid() for form in self.values)])

    def read(self) -> tuple[Axis, list[str]] | None:
        """Give the option, and beside each value the word for its row; None for an empty one."""
        filled = [(form.prefix, form.read()) for form in self.values]
        kept = [(str(prefix), each) for prefix, each in filled if each.value]
        name = _tidy(self.cleaned_data["name"]).lower()
        if not name and not kept:
            return None
        axis = Axis(name, [each for _prefix, each in kept], self.cleaned_data["was"])
        return axis, [prefix for prefix, _each in kept]


class VersionForm(forms.Form):
    """One combination: whether it is offered, under which number, at which price."""

    offered = forms.BooleanField(label=gettext_lazy("Offered"), required=False)
    sku = forms.CharField(label=gettext_lazy("Number"), max_length=SKU_MAX, required=False)
    price = EuroField(label=gettext_lazy("Price, €"), required=False)
    shows_old = forms.BooleanField(label=gettext_lazy("Show the old price"), required=False)

    def __init__(
        self,
        data: Any,
        prefix: str,
        *,
        options: dict[str, str],
        variant: Variant | None,
        price: Any,
    ) -> None:
        self.options, self.variant = options, variant
        self.title = ", ".join(options.values())
        initial = {"offered": True, "price": price}
        if variant:
            initial = {
                "offered": variant.is_offered,
                "sku": variant.sku,
                "price": variant.price_cents,
                "shows_old": bool(variant.was_cents),
            }
        super().__init__(data, prefix=prefix, initial=initial)
        for name, field in self.fields.items():
            field.widget.attrs["aria-labelledby"] = f"col-{name} row-{prefix}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("offered"):
            # What is not offered may be left as it is.
            for name in [*self.errors]:
                del self.errors[name]
        elif "price" in cleaned and cleaned["price"] is None:
            self.add_error("price", _("Set a price."))
        return cleaned

    def read(self) -> Version:
        sent = self.cleaned_data
        return Version(
            self.options,
            sent.get("price") or 0,
            sku=sent.get("sku", ""),
            is_offered=sent["offered"],
            shows_old=sent["shows_old"],
        )


@dataclass(frozen=True)
class Fault:
    """Something wrong, in words, and the id of the field it is about."""

    words: str
    field: str = ""


class Grid:
    """The whole page: options with their values, and a line for each combination of them."""

    def __init__(self, product: Product, data: Any = None) -> None:
        self.product, self.data = product, data
        stock = product.variants.select_related("stock")
        self.variants: list[Variant] = sorted(
            stock, key=lambda variant: (variant.position, variant.pk)
        )
        self.seen = offers_seen(product) if data is None else str(data.get("seen", ""))[:32]
        known = axes_of(product)
        count = len(known) + 1
        if data is not None:
            count = _count(data, "o", "-name")
            count += bool(_tidy(data.get(f"o{count - 1}-name", "x")))
        places = range(min(count, AXES_MAX))
        self.axes = [AxisForm(data, i, known[i] if i < len(known) else None) for i in places]
        self.faults: list[Fault] = []
        self.is_new = False

    @cached_property
    def _read(self) -> tuple[list[Axis], list[list[str]]]:
        if self.data is None:
            axes = axes_of(self.product)
            return axes, [[f"o{i}v{r}" for r in range(len(a.values))] for i, a in enumerate(axes)]
        if not all(form.is_valid() for form in self.axes):
            return [], []
        found = [pair for form in self.axes if (pair := form.read())]
        return [axis for axis, _rows in found], [rows for _axis, rows in found]

    @property
    def options(self) -> list[Axis]:
        """Give the options as services take them; none while a field of them is wrong."""
        return self._read[0]

    @cached_property
    def rows(self) -> list[VersionForm]:
        """Give a line for each combination, as it was sent or as it is now."""
        axes, prefixes = self._read
        if any(not axis.values for axis in axes):
            return []
        held = fitted(self.variants, axes)
        price = min((v.price_cents for v in self.variants if v.is_offered), default=None)
        return [
            self._row(prefix, options, held.get(key_of(options)), price)
            for prefix, options in _lines(axes, prefixes)
        ]

    def _row(
        self, prefix: str, options: dict[str, str], variant: Variant | None, price: int | None
    ) -> VersionForm:
        was_shown = self.data is not None and f"{prefix}-price" in self.data
        if not was_shown:
            self.is_new = True
        data = self.data if was_shown else None
        return VersionForm(data, prefix, options=options, variant=variant, price=price)

    def is_valid(self) -> bool:
        """Check everything that can be checked without the database."""
        forms_of_axes = [form for axis in self.axes for form in (axis, *axis.values)]
        if not all(form.is_valid() for form in forms_of_axes):
            self.faults = _faults(forms_of_axes)
            return False
        if len(self.rows) > VERSIONS_MAX:
            self.faults = [Fault(_("That makes more than 100 combinations. Take out values."))]
            return False
        shown = [row for row in self.rows if row.is_bound]
        self.faults = _faults([row for row in shown if not row.is_valid()])
        return not self.faults

    def versions(self) -> list[Version]:
        return [row.read() for row in self.rows]

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Say beside its field what the service found wrong with a line."""
        for problem in problems:
            row = self.rows[problem.row]
            row.add_error(FIELDS.get(problem.column), problem.words)
        self.faults = _faults(self.rows)

    def say(self, words: str) -> None:
        """Say above the page why nothing was saved."""
        self.faults = [Fault(words)]

    def fill(self, price: str) -> None:
        """Put one price into every line that is offered, without saving it."""
        filled = self.data.copy()
        for row in self.rows:
            if not row.is_bound:
                filled[f"{row.prefix}-offered"] = "on"
            filled[f"{row.prefix}-price"] = price
        self.data = filled
        self.__dict__.pop("rows", None)

    def renew(self) -> None:
        """Keep what was typed, to be sent again by someone who has seen what is there now."""
        self.seen = offers_seen(self.product)


def _lines(
    axes: Sequence[Axis], prefixes: Sequence[Sequence[str]]
) -> list[tuple[str, dict[str, str]]]:
    """Pair each combination with a name made of the rows that its values stand in."""
    lines: list[tuple[str, dict[str, str]]] = [("c", {})]
    for axis, names in zip(axes, prefixes, strict=True):
        lines = [
            (before + name, options | {axis.name: value.value})
            for before, options in lines
            for name, value in zip(names, axis.values, strict=True)
        ][: VERSIONS_MAX + 1]
    return lines


def _faults(made: Iterable[forms.Form]) -> list[Fault]:
    faults = []
    for form in made:
        title = getattr(form, "title", "")
        for name, said in form.errors.items():
            field = "" if name == "__all__" else form[name].auto_id
            faults += [Fault(f"{title}: {words}" if title else str(words), field) for words in said]
    return faults


def _count(data: Any, prefix: str, suffix: str = "-value") -> int:
    """Count the rows that a page sent, whose names are numbered without a gap."""
    count = 0
    while count <= VALUES_MAX + SPARE and f"{prefix}{count}{suffix}" in data:
        count += 1
    return count


def _tidy(text: str) -> str:
    return " ".join(text.split())

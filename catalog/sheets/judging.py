"""Compares what a sheet says of one piece with what is there: what is to be done, or its faults."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from catalog.combining import Axis, AxisValue, axes_of, combinations, key_of
from catalog.models import Product, Variant
from catalog.sheets.cells import DAYS_MAX, HANDLE, TEXTS, Cell, Fault, Faulty
from catalog.sheets.columns import OPTIONS_MAX, PIECE_COLUMNS
from catalog.sheets.known import TERM_COLUMNS, Known, Piece
from catalog.sheets.reading import Row

NEW, CHANGED, SAME = "new", "changed", "same"
MAKING = ("made_to_order", "making_days_min", "making_days_max")
# What a new piece is where its sheet does not say.
DAYS = (5, 10)


@dataclass(frozen=True)
class Wish:
    """One version as a row wants it; None where the row wants no change."""

    row: Row
    options: dict[str, str]
    variant: Variant | None
    sku: str
    price_cents: int
    # (the number on hand, the number it was counted from)
    stock: tuple[int, int] | None


@dataclass
class Plan:
    """What is to be done with one piece; what is None or empty stays as it is."""

    handle: str
    rows: list[Row]
    piece: Piece | None
    words: dict[str, Any] | None = None
    terms: dict[str, list[int]] = field(default_factory=dict)
    making: tuple[bool, int, int] | None = None
    is_one: bool | None = None
    axes: list[Axis] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    has_new_offers: bool = False

    @property
    def kind(self) -> str:
        if self.piece is None:
            return NEW
        counted = any(wish.stock for wish in self.wishes)
        said = self.words is not None or self.making is not None or self.is_one is not None
        return CHANGED if said or self.terms or self.has_new_offers or counted else SAME


def plan_of(handle: str, rows: list[Row], known: Known) -> Plan:
    """Say what the rows of one handle want; raises Faulty with every fault of theirs."""
    return _Reader(handle, rows, known).plan()


class _Reader:
    """Goes through the rows of one piece and gathers their faults."""

    def __init__(self, handle: str, rows: list[Row], known: Known) -> None:
        self.handle, self.rows, self.known = handle, rows, known
        self.piece = known.pieces.get(handle)
        self.lead = next((row for row in rows if row.cells.get("title_en")), rows[0])
        self.said = self.piece.rows[0] if self.piece else {}
        self.faults: list[Fault] = []
        self.translations: dict[tuple[str, str], str] = {}

    def plan(self) -> Plan:
        plan = Plan(self.handle, self.rows, self.piece)
        with self._noting():
            self._refuse_rows()
        self._read_words(plan)
        self._read_making(plan)
        plan.wishes = [wish for row in self.rows if (wish := self._wish(row))]
        if not self.faults:
            with self._noting():
                self._read_offers(plan)
        if self.faults:
            raise Faulty(*self.faults)
        return plan

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Faulty as found:
            self.faults += found.faults

    def _refuse_rows(self) -> None:
        handle = Cell(self.rows[0], "handle")
        if self.piece is None and not HANDLE.fullmatch(self.handle):
            raise handle.fault(_("A handle has up to 50 small letters, digits and dashes."))
        if self.handle in self.known.taken:
            raise handle.fault(_("This handle is taken. Choose another one."))
        for row in self.rows:
            if row.is_torn:
                raise Cell(row, "").fault(_("This row has more cells than the file has columns."))
            if row is not self.lead:
                self._refuse_other_words(row)

    def _refuse_other_words(self, row: Row) -> None:
        """The words of a piece stand once; rows that repeat them must not differ."""
        for column in PIECE_COLUMNS:
            text = row.cells.get(column, "")
            if text and text != self.lead.cells.get(column, ""):
                number = self.lead.number
                words = _("This differs from row %(number)d, which is of the same piece.")
                raise Cell(row, column).fault(words % {"number": number})

    def _changed(self, column: str) -> Cell | None:
        """Give the cell of the piece if the sheet has it and it says something new."""
        if column not in self.lead.cells:
            return None
        now = self.said.get(column, "").strip()
        return None if self.lead.cells[column] == now and self.piece else Cell(self.lead, column)

    def _read_words(self, plan: Plan) -> None:
        words = self._words_now()
        shelves = self.known.shelves
        readers: dict[str, tuple[str, Callable[[Cell], Any]]] = {
            name: (name, Cell.words) for name in TEXTS
        } | {
            "category": ("category_id", lambda cell: cell.category(shelves)),
            "section": ("section_id", lambda cell: cell.section(shelves)),
        }
        before = dict(words)
        for column, (name, read) in readers.items():
            if cell := self._changed(column):
                with self._noting():
                    words[name] = read(cell)
        self._refuse_wordless(words)
        if words != before or not self.piece:
            plan.words = words
        for column in TERM_COLUMNS:
            cell = self._changed(column)
            if cell and (self.piece or cell.text):
                with self._noting():
                    plan.terms[column] = cell.terms(shelves)

    def _words_now(self) -> dict[str, Any]:
        if self.piece:
            return dict(self.piece.words)
        return dict.fromkeys(TEXTS, "") | {"category_id": None, "section_id": None}

    def _refuse_wordless(self, words: dict[str, Any]) -> None:
        product = self.piece.product if self.piece else None
        if not product:
            for column, name in (("title_en", "title_en"), ("category", "category_id")):
                if not words[name] and column not in self.lead.cells:
                    with self._noting():
                        raise Cell(self.lead, column).fault(_("A new piece needs this."))
        elif product.status != Product.DRAFT and not words["description_en"]:
            with self._noting():
                raise Cell(self.lead, "description_en").fault(_("Write a description."))
        if product and product.status == Product.REVIEW and words != self._words_now():
            with self._noting():
                words_ = _("This piece is in review. Take it back before you change it.")
                raise Cell(self.lead, "handle").fault(words_)

    def _read_making(self, plan: Plan) -> None:
        product = self.piece.product if self.piece else Product()
        now = (product.is_made_to_order, product.making_days_min, product.making_days_max)
        wished = list(now)
        for place, column in enumerate(MAKING):
            cell = self._changed(column)
            # An empty one says nothing: a file that began pieces can be sent again.
            if cell and cell.text:
                with self._noting():
                    wished[place] = cell.count(DAYS_MAX, least=1) if place else cell.is_so()
        if tuple(wished) != now:
            plan.making = (bool(wished[0]), wished[1], wished[2])
        cell = self._changed("one_of_a_kind")
        if cell and cell.text:
            with self._noting():
                is_one = cell.is_so()
                plan.is_one = is_one if is_one != product.is_one_of_a_kind else None

    def _wish(self, row: Row) -> Wish | None:
        with self._noting():
            sku = Cell(row, "sku").number()
            self._refuse_taken(row, sku)
            options = self._options(row)
            variant = self._variant(row, sku, options)
            price = self._price(row, variant)
            return Wish(
                row, options if variant is None else variant.options, variant, sku, price,
                self._stock(row, variant),
            )  # fmt: skip
        return None

    def _refuse_taken(self, row: Row, sku: str) -> None:
        owner = self.known.numbers.get(sku)
        if owner is not None and (self.piece is None or owner != self.piece.product.pk):
            raise Cell(row, "sku").fault(_("This number is taken. Choose another one."))

    def _options(self, row: Row) -> dict[str, str]:
        options = {}
        for number in range(1, OPTIONS_MAX + 1):
            name = Cell(row, f"option{number}_name").option()
            value = Cell(row, f"option{number}_value").option()
            if name and not value:
                raise Cell(row, f"option{number}_value").fault(_("Give this option a value."))
            if value and not name:
                raise Cell(row, f"option{number}_name").fault(_("Give this option a name."))
            if name in options:
                raise Cell(row, f"option{number}_name").fault(_("This option is there twice."))
            if name:
                options[name] = value
                self._translate(row, name, value, f"option{number}_value_pt")
        return options

    def _translate(self, row: Row, name: str, value: str, column: str) -> None:
        word = Cell(row, column).option()
        if column not in row.cells:
            return
        if self.translations.setdefault((name, value), word) != word:
            words = _("An earlier row has another word for %(value)s.")
            raise Cell(row, column).fault(words % {"value": value})

    def _variant(self, row: Row, sku: str, options: dict[str, str]) -> Variant | None:
        """Find the version that a row means: by its number, else by its choice."""
        variants = self.piece.variants if self.piece else []
        named = next((each for each in variants if sku and each.sku == sku), None)
        meant = next((each for each in variants if each.options == options), None)
        has_options = any(name.startswith("option") for name in row.cells)
        if named and has_options and named is not meant:
            words = _("The options of a version are changed on the page of the piece.")
            raise Cell(row, "option1_value").fault(words)
        return named or meant

    def _price(self, row: Row, variant: Variant | None) -> int:
        cell = Cell(row, "price")
        if variant and "price" not in row.cells:
            return variant.price_cents
        return cell.cents()

    def _stock(self, row: Row, variant: Variant | None) -> tuple[int, int] | None:
        """Give a new count: a number that differs from what the sheet was written with."""
        cell, seen = Cell(row, "stock"), Cell(row, "stock_seen")
        if not cell.text:
            if "stock" in row.cells and seen.text:
                raise cell.fault(_("Say how many there are."))
            return None
        now = variant.stock.on_hand if variant else 0
        count, before = cell.count(), seen.count() if seen.text and variant else now
        return (count, before) if count != before else None

    def _read_offers(self, plan: Plan) -> None:
        """Say what the piece is to be offered in: what it is offered in now, and these rows."""
        self._refuse_doubles(plan.wishes)
        axes = axes_of(self.piece.product) if self.piece else []
        plan.axes = self._axes(axes, plan.wishes)
        names = {axis.name for axis in plan.axes}
        for wish in plan.wishes:
            if set(wish.options) != names:
                words = _("The versions of a piece have the same options.")
                raise Cell(wish.row, "option1_name").fault(words)
        plan.has_new_offers = plan.axes != axes or any(_is_new(wish) for wish in plan.wishes)
        if len(combinations(plan.axes)) > 100:
            words = _("That makes more than 100 combinations: make two pieces of it.")
            raise Cell(self.lead, "option1_value").fault(words)

    def _refuse_doubles(self, wishes: Sequence[Wish]) -> None:
        keys = [key_of(wish.options) for wish in wishes]
        for place, wish in enumerate(wishes):
            if keys[place] in keys[:place]:
                words = _("This version is there twice.")
                raise Cell(wish.row, "option1_value").fault(words)

    def _axes(self, axes: list[Axis], wishes: Sequence[Wish]) -> list[Axis]:
        """Give the options with the values that rows add, and their words in Portuguese."""
        names = [axis.name for axis in axes] or list(wishes[0].options)
        values = {axis.name: {each.value: each for each in axis.values} for axis in axes}
        for wish in wishes:
            for name, value in wish.options.items():
                values.setdefault(name, {}).setdefault(value, AxisValue(value, value))
        kept = {axis.name: axis.was for axis in axes}
        return [
            Axis(name, [self._worded(name, each) for each in values[name].values()],
                 kept.get(name, ""))
            for name in names
        ]  # fmt: skip

    def _worded(self, name: str, each: AxisValue) -> AxisValue:
        word = self.translations.get((name, each.value))
        if word is None or (word or each.value) == (each.value_pt or each.value):
            return each
        return AxisValue(each.value, word or each.value, each.was)


def _is_new(wish: Wish) -> bool:
    variant = wish.variant
    return variant is None or (
        wish.price_cents != variant.price_cents or wish.sku not in {"", variant.sku}
    )

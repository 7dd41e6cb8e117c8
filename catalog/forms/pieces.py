"""Shapes of what makers send about their pieces."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog.drafts import WORDS
from catalog.models import Category, Variant
from catalog.services import Choice, Offer
from catalog.services.addressing import SLUG_LENGTH
from catalog.services.pricing import PRICE_MAX_CENTS
from catalog.services.stocking import ON_HAND_MAX

DESCRIPTION_MAX = 5_000
ROWS = 8
EUROS = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?", re.ASCII)
Choices = list[tuple[str | Promise, list[tuple[int, str]]]]


class EuroField(forms.CharField):
    """An amount as people type it, 34 or 34,50 or 34.50, in whole cents."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=12, **kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value) / 100:.2f}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        if not EUROS.fullmatch(text):
            raise ValidationError(_("Enter a price like 34.50"), "invalid")
        cents = int(Decimal(text.replace(",", ".")) * 100)
        if not 1 <= cents <= PRICE_MAX_CENTS:
            raise ValidationError(_("A price lies between 0.01 and 100,000.00 euros."), "bounds")
        return cents


def _stock_field(**kwargs: Any) -> forms.IntegerField:
    said = {"invalid": _("Use a whole number of pieces, 0 or more.")}
    said |= kwargs.pop("error_messages", {})
    return forms.IntegerField(min_value=0, max_value=ON_HAND_MAX, error_messages=said, **kwargs)


class WordsForm(forms.Form):
    """What a maker writes about a piece; only these fields ever reach it."""

    title_en = forms.CharField(
        label=_("Title"),
        max_length=140,
        help_text=_("What it is, in a few words: Speckled stoneware mug."),
        error_messages={"required": _("Give the piece a title.")},
    )
    title_pt = forms.CharField(
        label=_("Title in Portuguese (optional)"), max_length=140, required=False
    )
    description_en = forms.CharField(
        label=_("Description"),
        max_length=DESCRIPTION_MAX,
        required=False,
        help_text=_("How it was made, how large it is, how to care for it."),
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    description_pt = forms.CharField(
        label=_("Description in Portuguese (optional)"),
        max_length=DESCRIPTION_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    material = forms.CharField(label=_("Material (optional)"), max_length=120, required=False)
    category_id = forms.TypedChoiceField(
        label=_("Category"),
        coerce=int,
        error_messages={"required": _("Choose a category.")},
    )
    section_id = forms.TypedChoiceField(
        label=_("Section of your shop (optional)"), coerce=int, empty_value=None, required=False
    )
    address = forms.SlugField(
        label=_("Address of its page (optional)"),
        max_length=SLUG_LENGTH,
        required=False,
        help_text=_("It stays when the title changes. Links to the old one lead to the new one."),
        error_messages={"invalid": _("Use small letters, digits and dashes.")},
    )
    seen = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, maker: Maker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sections = maker.sections.values_list("pk", "name_en")
        self.fields["category_id"].choices = [("", "—"), *_shelves()]  # type: ignore[attr-defined]
        self.fields["section_id"].choices = [("", "—"), *sections]  # type: ignore[attr-defined]

    @property
    def is_forged(self) -> bool:
        """Tell whether a choice was sent that the form never offered."""
        return any(self.has_error(name, "invalid_choice") for name in ("category_id", "section_id"))

    def words(self) -> dict[str, Any]:
        """Give the words as services take them; line ends as PostgreSQL keeps them.

        An address that is not given stays what it is.
        """
        sent = self.cleaned_data
        words = {name: _plain(sent[name]) for name in WORDS if name != "slug"}
        address = sent.get("address", "").lower()
        return words | ({"slug": address} if address else {})


def _plain(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _shelves() -> Choices:
    """List the crafts with their kinds of piece, each kind below its craft."""
    categories = list(Category.objects.all())
    return [
        (root.name, [(each.pk, each.name) for each in (root, *_below(root, categories))])
        for root in categories
        if root.parent_id is None
    ]


def _below(root: Category, categories: Iterable[Category]) -> list[Category]:
    return [each for each in categories if each.parent_id == root.pk]


class ChoiceForm(forms.Form):
    """One version of a new piece."""

    value = forms.CharField(label=_("Version"), max_length=60)
    value_pt = forms.CharField(label=_("In Portuguese"), max_length=60, required=False)
    price = EuroField(label=_("Price, €"))
    stock = _stock_field(label=_("Ready to post"), required=False)


class NewPieceForm(WordsForm):
    """A new piece in one version, or in several that differ in one thing."""

    # Made of the title at first.
    address = None  # type: ignore[assignment]
    price = EuroField(
        label=_("Price, €"), required=False, help_text=_("What the shopper pays, VAT included.")
    )
    stock = _stock_field(label=_("Ready to post"), required=False, initial=1)
    axis = forms.CharField(
        label=_("What they differ in"),
        max_length=30,
        required=False,
        help_text=_("One word: Glaze, Size, Colour, Scent …"),
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = ChoiceRows(self.data if self.is_bound else None, prefix="rows")

    def is_valid(self) -> bool:
        return super().is_valid() and self.rows.is_valid()

    def clean(self) -> dict[str, Any]:
        """Take one price, or an axis with a price for each of its values: not neither."""
        cleaned = super().clean() or {}
        if not self.rows.is_valid():
            self.add_error(None, _("Look at the versions: something is not right there."))
            return cleaned
        filled = self._filled()
        if filled and not cleaned.get("axis", "").strip():
            self.add_error("axis", _("Say what the versions differ in."))
        if not filled and "price" in cleaned and cleaned["price"] is None:
            self.add_error("price", _("Set a price."))
        values = [row["value"] for row in filled]
        if len({value.lower() for value in values}) < len(values):
            self.add_error("axis", _("Two versions have the same name."))
        return cleaned

    def _filled(self) -> list[dict[str, Any]]:
        return [row for row in self.rows.cleaned_data if row]

    @property
    def has_rows(self) -> bool:
        """Tell whether several versions were begun, so that the page shows their table."""
        return self.is_bound and any(row.has_changed() for row in self.rows)

    def axis_name(self) -> str:
        """Give the axis as variants keep it, in lower case; empty for a single version."""
        return str(self.cleaned_data["axis"].strip().lower()) if self._filled() else ""

    def choices(self) -> Sequence[Choice]:
        """Give the versions as services take them."""
        if rows := self._filled():
            return [Choice(r["price"], r["stock"] or 0, r["value"], r["value_pt"]) for r in rows]
        return [Choice(self.cleaned_data["price"], self.cleaned_data["stock"] or 0)]


ChoiceRows = forms.formset_factory(
    ChoiceForm, extra=ROWS, max_num=ROWS, absolute_max=ROWS, validate_max=True
)


class OfferForm(forms.Form):
    """Price and stock of one variant, beside the numbers that its page showed."""

    price = EuroField(label=_("Price, €"), error_messages={"required": _("Set a price.")})
    on_hand = _stock_field(
        label=_("On hand"), error_messages={"required": _("Say how many there are.")}
    )
    shows_old = forms.BooleanField(label=_("Show the old price"), required=False)
    price_seen = EuroField(widget=forms.HiddenInput)
    old_seen = forms.BooleanField(required=False, widget=forms.HiddenInput)
    on_hand_seen = _stock_field(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, variant: Variant) -> None:
        self.variant = variant
        price, on_hand = variant.price_cents, variant.stock.on_hand
        now = {
            "price": price, "price_seen": price, "on_hand": on_hand, "on_hand_seen": on_hand,
            "shows_old": bool(variant.was_cents), "old_seen": bool(variant.was_cents),
        }  # fmt: skip
        super().__init__(data, initial=now, prefix=f"v{variant.pk}")

    def offer(self) -> Offer:
        """Give what the maker changed on the page, nothing of what it merely repeated."""
        sent = self.cleaned_data
        price = sent["price"] if sent["price"] != sent["price_seen"] else None
        if price is None and sent["shows_old"] != sent["old_seen"]:
            price = self.variant.price_cents
        return Offer(
            self.variant.pk,
            price_cents=price,
            shows_old=sent["shows_old"],
            on_hand=sent["on_hand"] if sent["on_hand"] != sent["on_hand_seen"] else None,
            seen=sent["on_hand_seen"],
        )


class TokenForm(forms.Form):
    """Names one sending of a form, so that a double click counts once."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

"""Forms in which operators arrange categories, collections and pages."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Collection, Page, Product
from catalog.services.editing import seen_of
from catalog.services.shelves import check_category
from makers_market.core.errors import Refusal

# A line names a piece by the end of its address: "speckled-mug", ".../p/speckled-mug/?to=ES".
LINE = re.compile(r"(?:\S*/p/)?([-\w]{1,50})/?(?:[?#]\S*)?", re.ASCII)
LINES_MAX = 60


class ShelfForm(forms.ModelForm):
    """A form that carries which state of the row its writer saw."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"label_suffix": ""}))
        self.initial["seen"] = seen_of(self.instance)


class CategoryForm(ShelfForm):
    class Meta:
        model = Category
        fields = ("name_en", "name_pt", "blurb_en", "blurb_pt", "parent", "slug", "position")
        labels: ClassVar = {
            "name_en": _("Name"),
            "name_pt": _("Name in Portuguese"),
            "blurb_en": _("Sentence"),
            "blurb_pt": _("Sentence in Portuguese"),
            "parent": _("Craft"),
            "slug": _("Address"),
            "position": _("Place"),
        }
        help_texts: ClassVar = {
            "slug": _("The end of its address in the shop. The old one leads to the new one."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "slug" in cleaned and "parent" in cleaned:
            try:
                check_category(self.instance if self.instance.pk else None, self.values())
            except Refusal as refusal:
                self.add_error(None, str(refusal))
        return cleaned

    def values(self) -> dict[str, Any]:
        parent = self.cleaned_data.get("parent")
        return self.cleaned_data | {"parent_id": parent.pk if parent else None}


# What the shop's own page of small presents is called (catalog/urls.py).
GIFTS = "gifts"


class CollectionForm(ShelfForm):
    pieces = forms.CharField(
        label=_("Pieces"),
        help_text=_("The address of one piece a line, in the order in which they are shown."),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    class Meta:
        model = Collection
        fields = (
            "title_en", "title_pt", "blurb_en", "blurb_pt", "slug", "is_shown", "position",
        )  # fmt: skip
        labels: ClassVar = {"slug": _("Address")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            chosen = self.instance.pieces.values_list("product__slug", flat=True)
            self.initial["pieces"] = "\n".join(chosen)

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug == GIFTS:
            raise forms.ValidationError(gettext("The shop itself uses this address."))
        return slug

    def clean_pieces(self) -> list[int]:
        """Give the ids of the pieces in their order; name the lines that lead to none."""
        lines = [line.strip() for line in self.cleaned_data["pieces"].splitlines() if line.strip()]
        if len(lines) > LINES_MAX:
            raise forms.ValidationError(gettext("A collection holds at most 60 pieces."))
        found = [LINE.fullmatch(line) for line in lines]
        slugs = [match[1] if match else "" for match in found]
        known = dict(
            Product.objects.seen_by_shoppers().filter(slug__in=slugs).values_list("slug", "pk")
        )
        unknown = [line for line, slug in zip(lines, slugs, strict=True) if slug not in known]
        if unknown:
            words = gettext("No piece of the shop has this address: %(lines)s.")
            raise forms.ValidationError(words % {"lines": ", ".join(unknown)[:200]})
        return list(dict.fromkeys(known[slug] for slug in slugs))


class PageForm(ShelfForm):
    class Meta:
        model = Page
        fields = (
            "title_en", "title_pt", "slug", "is_shown", "position", "body_en", "body_pt",
        )  # fmt: skip
        labels: ClassVar = {"slug": _("Address")}
        help_texts: ClassVar = {
            "body_en": _("Markdown: # heading, **bold**, - list, [words](address). No HTML."),
            "body_pt": _("Empty: the English text is shown."),
        }
        widgets: ClassVar = {
            "body_en": forms.Textarea(attrs={"rows": 20}),
            "body_pt": forms.Textarea(attrs={"rows": 20}),
        }

"""Forms in which operators keep materials, colours and synonyms."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Synonym, Term
from catalog.services.editing import seen_of
from catalog.services.terms import check_term, tidy_words
from makers_market.core.errors import Refusal

# The colours of css/components/swatches.css.
SWATCHES = (
    "black", "blue-grey", "celadon", "chalk", "clay", "cobalt", "forest", "honey", "navy", "ochre",
    "oxblood", "plum", "red-clay", "rose", "sage", "salt-cream", "tan", "teal", "walnut",
)  # fmt: skip


class SeenForm(forms.ModelForm):
    """A form that carries which state of the row its writer saw."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"label_suffix": ""}))
        self.initial["seen"] = seen_of(self.instance)


class TermForm(SeenForm):
    swatch = forms.ChoiceField(
        label=_("Swatch"),
        required=False,
        choices=[("", "—"), *((name, name) for name in SWATCHES)],
        help_text=_("Of a colour: the patch of colour that is shown beside its name."),
    )

    class Meta:
        model = Term
        fields = ("kind", "name_en", "name_pt", "slug", "swatch", "position")
        labels: ClassVar = {"slug": _("Address")}

    def clean(self) -> dict[str, Any]:
        """Refuse the address of another."""
        cleaned = super().clean() or {}
        if {"kind", "slug"} <= cleaned.keys():
            try:
                check_term(self.instance.pk, cleaned)
            except Refusal as refusal:
                self.add_error("slug", str(refusal))
        return cleaned


class SynonymForm(SeenForm):
    class Meta:
        model = Synonym
        fields = ("language", "words")
        help_texts: ClassVar = {
            "words": _("Words that mean the same to a search: cup, mug, beaker"),
        }

    def clean_words(self) -> str:
        try:
            return tidy_words(self.cleaned_data["words"])
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

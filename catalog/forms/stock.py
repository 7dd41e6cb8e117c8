"""What a maker writes down about the number of a piece: received, counted, taken away."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.services.stocking import ON_HAND_MAX


def _number(label: Any, *, low: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=low,
        max_value=ON_HAND_MAX,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Enter a number."),
            "invalid": _("Enter a whole number."),
        },
    )


def _why(label: Any, **options: Any) -> forms.CharField:
    """Ask for a reason, which the audit log keeps."""
    missing = {"required": _("Say why in a few words.")}
    return forms.CharField(label=label, max_length=200, error_messages=missing, **options)


class StockForm(forms.Form):
    """Carries a word of its own, so that the same form sent twice counts once."""

    reference = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    @property
    def word(self) -> str:
        """Name the form for the movement that it causes."""
        return f"form:{self.cleaned_data['reference']}"


class ReceiveForm(StockForm):
    quantity = _number(_("How many were finished"), low=1)


class TakeForm(StockForm):
    quantity = _number(_("How many are gone"), low=1)
    why = _why(_("What became of them"), help_text=_("Broken, given away, sold at a fair …"))


class CountForm(StockForm):
    """`seen` is the number that the page showed when the counting began."""

    on_hand = _number(_("How many there are in the workshop"), low=0)
    why = _why(_("Why the number was wrong"))
    seen = forms.IntegerField(min_value=0, max_value=ON_HAND_MAX, widget=forms.HiddenInput)

"""What a maker does with many pieces at once; each form can be shown before it is done."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Term
from catalog.services.editing_many import PERCENT_MAX, PERCENT_MIN, STEPS, Repricing

ROUNDED = {
    1: _("To the cent"),
    10: _("To ten cents"),
    50: _("To half a euro"),
    100: _("To whole euros"),
}


class ManyForm(forms.Form):
    """Nothing to fill in: only whether it shall be done."""

    @property
    def is_forged(self) -> bool:
        return False


class PricesForm(ManyForm):
    """By how much prices change, what they are rounded to, and whether the old ones are shown."""

    percent = forms.DecimalField(
        label=_("Change by, %"),
        help_text=_("-10 takes ten per cent off, 5 puts five per cent on."),
        min_value=PERCENT_MIN,
        max_value=PERCENT_MAX,
        max_digits=5,
        decimal_places=2,
    )
    step = forms.TypedChoiceField(
        label=_("Round the new prices"),
        coerce=int,
        choices=[(step, ROUNDED[step]) for step in STEPS],
    )
    shows_old = forms.BooleanField(label=_("Show the old prices"), required=False)

    @property
    def how(self) -> Repricing:
        sent = self.cleaned_data
        return Repricing(sent["percent"], sent["step"], sent["shows_old"])


class TermsForm(ManyForm):
    """Which materials and colours, beside the ticks that are there or in their place."""

    terms = forms.TypedMultipleChoiceField(
        label=_("Materials and colours"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one.")},
    )
    keep_others = forms.BooleanField(
        label=_("Leave the other ticks as they are"), required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = [(term.pk, term.name) for term in Term.objects.all()]
        self.fields["terms"].choices = terms  # type: ignore[attr-defined]

    @property
    def is_forged(self) -> bool:
        return self.has_error("terms", "invalid_choice")

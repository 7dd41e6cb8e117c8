"""Fields of forms: one line of words, an amount in euros, the moment a page was made."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

EUROS = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?", re.ASCII)


class OneLineField(forms.CharField):
    """Words on one line: space is evened out, and what nobody can see is refused.

    Line ends would break a mail's subject, and marks that turn the direction of writing make one
    name look like another.
    """

    def clean(self, value: Any) -> Any:
        """Give the words with single spaces; raises ValidationError for invisible marks."""
        words = " ".join(str(value or "").split())
        if not words.isprintable():
            raise ValidationError(_("Use letters, numbers and signs that can be seen."))
        return super().clean(words)


class EuroField(forms.CharField):
    """An amount typed in euros, with a point or a comma, as whole cents; None for nothing."""

    def __init__(self, *, cents_min: int = 0, cents_max: int, **kwargs: Any) -> None:
        self.cents_min, self.cents_max = cents_min, cents_max
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_length=12, widget=forms.TextInput(attrs=attrs), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100}.{value % 100:02}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Give the cents; raises ValidationError for what is no amount or out of bounds."""
        typed = super().clean(value).replace("€", "").strip()
        if not typed:
            return None
        match = EUROS.fullmatch(typed)
        if match is None:
            raise ValidationError(_("Enter an amount like 4.50"))
        cents = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        if not self.cents_min <= cents <= self.cents_max:
            raise ValidationError(
                _("Enter an amount from €%(least)s to €%(most)s"),
                params={
                    "least": self.prepare_value(self.cents_min),
                    "most": self.prepare_value(self.cents_max),
                },
            )
        return cents


class MomentField(forms.CharField):
    """When something on the page was made, to the microsecond, hidden; None for no such moment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=40, widget=forms.HiddenInput, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    def clean(self, value: Any) -> Any:
        """Give the moment; raises ValidationError for what our page has not written."""
        written = super().clean(value)
        try:
            moment = datetime.fromisoformat(written) if written else None
        except ValueError as error:
            raise ValidationError(_("Load the page again.")) from error
        if moment and moment.tzinfo is None:
            raise ValidationError(_("Load the page again."))
        return moment

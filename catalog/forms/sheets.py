"""Shape of the sheet that a workshop sends."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.sheets.reading import BYTES_MAX


class SheetForm(forms.Form):
    """One CSV file; whether it can be read is found out by a job."""

    sheet = forms.FileField(
        label=_("CSV file"),
        help_text=_("Up to 2,000 rows and 5 MB, with the columns of the file you can export here."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty."),
            "invalid": _("Choose a file."),
        },
    )

    def clean_sheet(self) -> Any:
        """Refuse what is too large by its size alone: its content is not read."""
        sent = self.cleaned_data["sheet"]
        if sent.size > BYTES_MAX:
            raise ValidationError(_("This file is larger than 5 MB. Send it in parts."), "large")
        return sent

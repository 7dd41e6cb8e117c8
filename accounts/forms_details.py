"""What a person may change about themselves."""

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# A name is one line: a line break in it would end up in the subject of a mail.
ONE_LINE = RegexValidator(r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", _("Write the name in one line."))


class DetailsForm(forms.Form):
    """Name and language."""

    name = forms.CharField(
        label=_("Name (optional)"),
        max_length=120,
        required=False,
        validators=[ONE_LINE],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("We write to you in this language."),
    )


class NewsForm(forms.Form):
    """Yes or no to news by e-mail: a box that is not ticked sends nothing."""

    wanted = forms.BooleanField(required=False)

"""What visitors send of pieces they save and of mails they wish for."""

from django import forms
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _


class MarkForm(forms.Form):
    """A mark to be set, or with want=off taken back: no script is needed to set one."""

    want = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], required=False)

    @property
    def is_wanted(self) -> bool:
        return self.is_valid() and self.cleaned_data["want"] != "off"


class AlertForm(forms.Form):
    email = forms.CharField(
        max_length=254,
        validators=[EmailValidator(_("Enter an e-mail address like ana@example.com."))],
        error_messages={
            "required": _("Enter your e-mail address."),
            "max_length": _("This e-mail address is too long."),
        },
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

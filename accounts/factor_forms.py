"""The forms in which a factor is proven or added, with what the library leaves open closed."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Never

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.second_factors import use_up

CREDENTIAL_CHARACTERS = 20_000
NAME_CHARACTERS = 60


class CredentialField(forms.JSONField):
    """What a browser's passkey answers, as JSON; anything else is a wrong code, never an error."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Give the answer as a dictionary that PostgreSQL can keep; raises ValidationError."""
        if isinstance(value, str) and (len(value) > CREDENTIAL_CHARACTERS or "\\u0000" in value):
            _refuse()
        try:
            found = super().to_python(value)
        except (ValidationError, RecursionError):
            _refuse()
        if found is not None and not isinstance(found, dict):
            _refuse()
        return found


def _refuse() -> Never:
    raise get_adapter().validation_error("incorrect_code")


def _code_field(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})
    said = {"required": _("Enter the code.")}
    return forms.CharField(label=label, widget=widget, error_messages=said)


class OneUse(BaseAuthenticateForm):
    """Takes a code once."""

    code = _code_field(_("Code"))

    def clean_code(self) -> str:
        code = str(super().clean_code())
        is_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_app and not use_up(self.user.pk, code):
            _refuse()
        return code


class CodeForm(OneUse, AuthenticateForm):
    """A code at sign-in."""


class CodeAgainForm(OneUse, ReauthenticateForm):
    """A code before something sensitive, or on the way into a back room."""


class SetUpForm(ActivateTOTPForm):
    """The first code of a new authenticator app."""

    code = _code_field(_("Code that the app shows"))


@contextmanager
def _readable() -> Iterator[None]:
    """Take whatever is wrong inside a passkey's answer for a wrong code."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, struct.error):
        _refuse()


class Unbroken(AuthenticateWebAuthnForm):
    """Proves a passkey; an answer that cannot be read is a wrong one."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        with _readable():
            return super().clean_credential()


class PasskeyForm(Unbroken, AuthenticateWebAuthnForm):
    """A passkey as the second step at sign-in."""


class PasskeyAgainForm(Unbroken, ReauthenticateWebAuthnForm):
    """A passkey before something sensitive."""


class PasskeySignInForm(Unbroken, LoginWebAuthnForm):
    """A passkey instead of a password."""


class NewPasskeyForm(AddWebAuthnForm):
    """A new passkey: always one that signs in by itself, so it must have checked the person."""

    name = forms.CharField(label=_("Name"), max_length=NAME_CHARACTERS, required=False)
    credential = CredentialField()
    passwordless = None

    def clean(self) -> dict[str, Any] | None:
        self.cleaned_data["passwordless"] = True
        with _readable():
            return super().clean()


class PasskeyNameForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=NAME_CHARACTERS)

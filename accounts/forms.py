"""Shapes of what people send to sign in and to change how; the words are the shop's."""

from typing import Any

from allauth.account import forms as library
from allauth.account.adapter import get_adapter
from allauth.account.fields import EmailField, PasswordField, SetPasswordField
from allauth.account.internal.flows.password_reset_by_code import (
    PASSWORD_RESET_VERIFICATION_SESSION_KEY,
)
from allauth.core import context
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import services, tries
from accounts.models import User
from accounts.queries import is_address_of
from makers_market.core.errors import TooMany

PASSWORD_MAX = 512
EMAIL, PASSWORD, NEW_PASSWORD = _("Email"), _("Password"), _("New password")


def email_field(label: str | Promise = EMAIL, help_text: str | Promise = "") -> forms.Field:
    errors = {
        "required": _("Enter your email address."),
        "invalid": _("Enter an email address like name@example.pt"),
        "max_length": _("This email address is too long."),
    }
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return EmailField(
        label=label, help_text=help_text, max_length=254, widget=widget, error_messages=errors
    )


def password_field(label: str | Promise = PASSWORD) -> forms.Field:
    """Give a field for a password that somebody has."""
    return _bare(
        PasswordField(
            label=label,
            autocomplete="current-password",
            error_messages={"required": _("Enter your password.")},
        )
    )


def new_password_field(label: str | Promise = NEW_PASSWORD) -> forms.Field:
    """Give a field for a password that somebody chooses."""
    return _bare(
        SetPasswordField(
            label=label,
            max_length=PASSWORD_MAX,
            help_text=_("8 characters or more. A few words in a row are good."),
            error_messages={
                "required": _("Choose a password."),
                "max_length": _("This password is too long."),
            },
        )
    )


def _bare(field: forms.Field) -> forms.Field:
    """Take the placeholder off: it repeats the label."""
    field.widget.attrs.pop("placeholder", None)
    return field


class SignInForm(library.LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = email_field()
        self.fields["password"] = password_field()
        self.order_fields(["login", "password", "remember"])


class JoinForm(library.SignupForm):
    """Address and password, a name if one likes, and a yes to the terms."""

    account_already_exists: bool

    field_order = ("email", "password1", "name", "terms")
    name = forms.CharField(
        label=_("Name (optional)"),
        max_length=120,
        required=False,
        help_text=_("For your parcels, and so that we know how to address you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    terms = forms.BooleanField(
        label=_("I agree to the terms of sale and have read the privacy notice"),
        error_messages={"required": _("Without your agreement we cannot open an account.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = email_field()
        self.fields["password1"] = new_password_field(_("Password"))
        self.order_fields(self.field_order)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not name.isprintable():
            raise ValidationError(_("Write the name in letters on one line."))
        return name

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account; of one that is there, only tell its address, in the same time."""
        if not self.account_already_exists:
            try:
                return self._join(request), None
            except IntegrityError:
                # The same address, sent twice at once: the other one made the account.
                self.account_already_exists = True
        else:
            make_password(self.cleaned_data["password1"])
        _user, response = super().try_save(request)
        return None, response

    @transaction.atomic
    def _join(self, request: HttpRequest) -> User:
        user: User = self.save(request)
        by, at = f"user:{user.pk}", timezone.now()
        services.note_joining(user_id=user.pk, source="signup", by=by, at=at)
        return user


def count_code_mail(email: str) -> str:
    """Count a mail with a code to this address, whether it has an account or not."""
    try:
        tries.ask_for_code(context.request, email)
    except TooMany as refusal:
        raise get_adapter().validation_error("too_many_login_attempts") from refusal
    return email


class CodeRequestForm(library.RequestLoginCodeForm):
    """The address that a code for signing in is sent to."""

    email = email_field(help_text=_("We send you a code. No password is needed."))

    def clean_email(self) -> str:
        count_code_mail(self.cleaned_data["email"])
        return str(super().clean_email())


class ResetForm(library.ResetPasswordForm):
    """The address of whoever forgot their password."""

    email = email_field()

    def clean_email(self) -> str:
        count_code_mail(self.cleaned_data["email"])
        return str(super().clean_email())


class CodeField(forms.CharField):
    """A code from a mail, as people type or paste it."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Code"),
            max_length=32,
            help_text=_("Eight letters, from the newest mail. It works for 15 minutes."),
            error_messages={
                "required": _("Enter the code from the mail."),
                "max_length": _("This is not the code we sent. Check the newest mail."),
            },
            widget=forms.TextInput(
                attrs={"autocomplete": "one-time-code", "autocapitalize": "characters",
                       "spellcheck": "false"}
            ),
        )  # fmt: skip


class CountedCode(library.BaseConfirmCodeForm):
    """A code that is counted before it is compared, whatever else is tried at once."""

    def clean_code(self) -> str:
        try:
            tries.try_code(context.request, self.expected_code or "")
        except TooMany as refusal:
            raise get_adapter().validation_error("too_many_login_attempts") from refusal
        return str(super().clean_code())


class SignInCodeForm(CountedCode, library.ConfirmLoginCodeForm):
    code = CodeField()


class ResetCodeForm(CountedCode, library.ConfirmPasswordResetCodeForm):
    code = CodeField()


class AddressCodeForm(library.ConfirmEmailVerificationCodeForm, CountedCode):
    """The code that proves an address; the library's own check comes after the count."""

    code = CodeField()


class OnePassword:
    """A new password is typed once: the field can show it, and a code by email mends a slip."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = new_password_field()
        field.user = self.user  # type: ignore[attr-defined]
        self.fields["password1"] = field


class NewPasswordForm(OnePassword, library.ResetPasswordKeyForm):
    """The password that a code by mail lets somebody choose who forgot theirs."""

    password2 = None

    def clean(self) -> dict[str, Any] | None:
        """Refuse it when the account has left the address that the code was mailed to."""
        reset = context.request.session.get(PASSWORD_RESET_VERIFICATION_SESSION_KEY, {})
        if not is_address_of(self.user, reset.get("email", "")):
            self.add_error("password1", _("This code is over. Ask for a new one."))
        return super().clean()


class FirstPasswordForm(OnePassword, library.SetPasswordForm):
    password2 = None


class ChangePasswordForm(OnePassword, library.ChangePasswordForm):
    password2 = None
    oldpassword = password_field(_("Present password"))


class AgainForm(library.ReauthenticateForm):
    """The password of somebody who is signed in, once more."""

    password = password_field()


class NewAddressForm(library.AddEmailForm):
    """The address that an account moves to."""

    email = email_field(
        _("New email address"), _("We send a code there. Nothing changes before you enter it.")
    )

    def clean_email(self) -> str:
        count_code_mail(self.cleaned_data["email"])
        return str(super().clean_email())

"""Where the sign-in library asks the shop: what is allowed, said, counted and mailed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import known_devices, tries
from accounts.models import User
from accounts.queries import is_address_of
from accounts.signals import account_mail_wished
from accounts.social import after_sign_out
from makers_market.core.errors import TooMany
from makers_market.core.http import address_of, own_path

# What a mail may need of what the library would hand to its own templates.
MAIL_FACTS = ("code", "from_email", "to_email", "deleted_email", "provider")
EMAIL_MAX = 254


class AccountAdapter(DefaultAccountAdapter):
    """The shop's answers. Mails are facts that notifications hears; passwords are counted here."""

    # Said here because the library has no words in Portuguese under the code "pt".
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Write to us to open it again."),
        "email_password_mismatch": _("The email address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes, then try again."),
        "too_many_passwords": _(
            "Too many attempts with a password. Sign in with a code by email instead, or wait a"
            " quarter of an hour."
        ),
        "too_long_email": _("This email address is too long."),
        "duplicate_email": _("This is your email address already."),
        "email_taken": _("This email address belongs to another account."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_password": _("This is not your password."),
        "incorrect_code": _("This is not the code we sent. Check the newest mail."),
        "rate_limited": _("Too many attempts. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

    def is_ajax(self, request: HttpRequest) -> bool:
        """Answer everybody with pages: the library's other voice, JSON, is one door less."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return own_path(request.GET.get("next"), "/")

    def is_safe_url(self, url: str) -> bool:
        return bool(url) and own_path(url, "") == url

    def clean_email(self, email: str) -> str:
        if len(email) > EMAIL_MAX:
            raise self.validation_error("too_long_email")
        return email

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name") or user.name
        user.language = get_language() or settings.LANGUAGE_CODE
        return super().save_user(request, user, form, commit)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Prove an address by the code that this very session waits for (accounts.receivers).

        False, and nothing changed, when another account takes the address at the same moment.
        """
        request.proves_own_address = True  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                return super().confirm_email(request, email_address)
        except IntegrityError:
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at; above the limit it never is."""
        try:
            self._counted = tries.try_password(request, credentials["email"])
        except TooMany as refusal:
            raise self.validation_error("too_many_passwords") from refusal

    def _rollback_login_failed_rl_usage(self) -> None:
        tries.was_right(self._counted)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        tries.forget_wrong_passwords(credentials["email"])

    def pre_login(
        self, request: HttpRequest, user: User, *, email: str | None, **login: Any
    ) -> HttpResponse | None:
        """Refuse whoever proved an address that the account has left meanwhile."""
        if email and not is_address_of(user, email):
            return redirect("account_login")
        answer: HttpResponse | None = super().pre_login(request, user, email=email, **login)
        return answer

    def post_login(self, request: HttpRequest, user: User, **login: Any) -> HttpResponse:
        response = super().post_login(request, user, **login)
        known_devices.remember(request, response, user.email)
        return response

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return after_sign_out(request)

    def logout(self, request: HttpRequest) -> None:
        """End the session and keep the basket: it is the browser's, not the person's."""
        kept = {
            name: request.session[name]
            for name in settings.KEPT_AFTER_SIGN_OUT
            if name in request.session
        }
        super().logout(request)
        request.session.update(kept)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Tell that a mail is wished for; its words and its sending are notifications' work."""
        facts = {name: str(context[name]) for name in MAIL_FACTS if context.get(name)}
        account_mail_wished.send(
            sender=None,
            kind=template_prefix.rpartition("/")[2],
            recipient=email,
            language=get_language() or settings.LANGUAGE_CODE,
            facts=facts,
        )

"""What the mails about an account say: codes, and news of what changed.

Their words are written when they are queued, for no row holds a code. `facts` come from
accounts.signals.account_mail_wished: code, from_email, to_email, deleted_email, provider.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from notifications.models import Mail
from notifications.writing import Written, dress

Facts = Mapping[str, str]
Words = dict[str, Any]


def write_account_mail(kind: str, facts: Facts, *, language: str) -> Written:
    """Write a mail of one of `KINDS`; raises KeyError for another."""
    with translation.override(language):
        words = KINDS[kind](facts)
        template = "account_code" if "code" in words else "account_note"
        return dress(template, words, language=language)


@transaction.atomic
def queue_account_mail(
    *, kind: str, recipient: str, language: str, facts: Facts, at: datetime
) -> int:
    """Queue a mail with its words; gives its id. One with a code is wiped once it is sent."""
    written = write_account_mail(kind, facts, language=language)
    mail = Mail.objects.create(
        kind=kind,
        subject=f"account:{uuid4()}",
        recipient=recipient,
        language=language,
        is_secret="code" in facts,
        content=written.to(recipient),
        created_at=at,
    )
    return mail.pk


def _to(name: str) -> str:
    return f"{settings.SITE_URL}{reverse(name)}"


def _code(facts: Facts, **words: str) -> Words:
    not_you = gettext("You did not ask for it? Then do nothing: without the code nobody gets in.")
    return {"code": facts["code"], "note": not_you} | words


def _login_code(facts: Facts) -> Words:
    return _code(
        facts,
        subject=gettext("Your code to sign in"),
        heading=gettext("Your code to sign in"),
        lead=gettext("Enter it on the page that asked for it. It works for 15 minutes."),
    )


def _reset_code(facts: Facts) -> Words:
    return _code(
        facts,
        subject=gettext("Your code to choose a new password"),
        heading=gettext("Your code to choose a new password"),
        lead=gettext("Enter it on the page that asked for it. It works for 15 minutes."),
    )


def _first_address(facts: Facts) -> Words:
    return _code(
        facts,
        subject=gettext("Your code to open your account"),
        heading=gettext("One step left to your account"),
        lead=gettext(
            "Enter this code on the page that asked for it, so that we know this address is"
            " yours. It works for 15 minutes."
        ),
    )


def _address(facts: Facts) -> Words:
    return _code(
        facts,
        subject=gettext("Your code to confirm this email address"),
        heading=gettext("Is this email address yours?"),
        lead=gettext("Enter this code on the page that asked for it. It works for 15 minutes."),
    )


def _unknown(facts: Facts) -> Words:
    return {
        "subject": gettext("There is no account with this email address"),
        "heading": gettext("There is no account with this address"),
        "lead": gettext(
            "Somebody, perhaps you, wanted to sign in with this email address. There is no"
            " account with it. Perhaps you used another address, or you bought without one."
        ),
        "button": gettext("Open an account"),
        "button_url": _to("account_signup"),
        "note": gettext("It was not you? Then do nothing; we send no more than this."),
    }


def _already(facts: Facts) -> Words:
    return {
        "subject": gettext("You have an account already"),
        "heading": gettext("You have an account already"),
        "lead": gettext(
            "Somebody, perhaps you, wanted to open an account with this email address. There is"
            " one, and nothing about it has changed. You can sign in with a code by email."
        ),
        "button": gettext("Sign in with a code"),
        "button_url": _to("account_request_login_code"),
        "note": gettext("It was not you? Then do nothing."),
    }


def _news(subject: str, lead: str) -> Words:
    """Tell what changed, and what to do if somebody else changed it."""
    return {
        "subject": subject,
        "heading": subject,
        "lead": lead,
        "button": gettext("Look at your account's security"),
        "button_url": _to("security"),
        "note": gettext("It was not you? Choose a new password at once and write to us."),
    }


def _email_changed(facts: Facts) -> Words:
    lead = gettext(
        "Your account moved from %(from_email)s to %(to_email)s. The old address no longer opens"
        " it."
    )
    words = _news(gettext("Your account has a new email address"), lead % facts)
    not_you = gettext("It was not you? Write to us at once: we can give your account back.")
    return words | {"note": not_you}


def _email_deleted(facts: Facts) -> Words:
    lead = gettext("%(deleted_email)s no longer belongs to your account.") % facts
    return _news(gettext("An email address was removed from your account"), lead)


def _password_changed(facts: Facts) -> Words:
    lead = gettext("Your account has a new password. Every other browser is signed out.")
    return _news(gettext("Your password was changed"), lead)


def _password_set(facts: Facts) -> Words:
    lead = gettext("You can now sign in with a password too.")
    return _news(gettext("Your account has a password now"), lead)


def _totp_activated(facts: Facts) -> Words:
    lead = gettext("Signing in now asks for a code from your authenticator app.")
    return _news(gettext("An authenticator app was added to your account"), lead)


def _totp_deactivated(facts: Facts) -> Words:
    lead = gettext("Signing in no longer asks for a code from an authenticator app.")
    return _news(gettext("The authenticator app was removed from your account"), lead)


def _recovery_codes(facts: Facts) -> Words:
    lead = gettext("The old ones no longer work. Keep the new ones where you find them.")
    return _news(gettext("Your account has new recovery codes"), lead)


def _passkey_added(facts: Facts) -> Words:
    lead = gettext("You can sign in with it instead of a password.")
    return _news(gettext("A passkey was added to your account"), lead)


def _passkey_removed(facts: Facts) -> Words:
    lead = gettext("It no longer opens your account.")
    return _news(gettext("A passkey was removed from your account"), lead)


def _connected(facts: Facts) -> Words:
    lead = gettext("You can now sign in through %(provider)s too.") % _provider(facts)
    return _news(gettext("Another way to sign in was connected to your account"), lead)


def _disconnected(facts: Facts) -> Words:
    lead = gettext("%(provider)s no longer opens your account.") % _provider(facts)
    return _news(gettext("A way to sign in was removed from your account"), lead)


def _provider(facts: Facts) -> dict[str, str]:
    return {"provider": facts.get("provider") or gettext("The other service")}


# By the library's own names: allauth/templates/{account,mfa,socialaccount}/email/.
KINDS: dict[str, Callable[[Facts], Words]] = {
    "login_code": _login_code,
    "password_reset_code": _reset_code,
    "email_confirmation_signup": _first_address,
    "email_confirmation": _address,
    "unknown_account": _unknown,
    "account_already_exists": _already,
    "email_changed": _email_changed,
    "email_deleted": _email_deleted,
    "password_changed": _password_changed,
    "password_reset": _password_changed,
    "password_set": _password_set,
    "totp_activated": _totp_activated,
    "totp_deactivated": _totp_deactivated,
    "recovery_codes_generated": _recovery_codes,
    "webauthn_added": _passkey_added,
    "webauthn_removed": _passkey_removed,
    "account_connected": _connected,
    "account_disconnected": _disconnected,
}

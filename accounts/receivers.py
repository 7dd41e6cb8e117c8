"""What the shop does when the sign-in library tells that a password or a factor changed."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_changed,
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts import services
from accounts.models import User
from accounts.second_factors import use_up

# The library's names of factors, in the words of the audit log.
FACTORS = {"totp": "app", "webauthn": "passkey", "recovery_codes": "recovery codes"}


@receiver(authenticator_added)
def factor_added(
    request: HttpRequest, user: User, authenticator: Authenticator, **_told: Any
) -> None:
    """Note it. A first factor, just proven, counts for this session and ends the others.

    The others were opened without one: who holds them could take the new factor off again.
    """
    _note("factor.added", user, authenticator)
    others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
    if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        return
    if _is_proven(request, authenticator):
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=str(authenticator.type)
        )
    _end_other_sessions(request, user)


@receiver(authenticator_removed)
def factor_removed(user: User, authenticator: Authenticator, **_told: Any) -> None:
    _note("factor.removed", user, authenticator)


@receiver(authenticator_reset)
def recovery_codes_made(user: User, authenticator: Authenticator, **_told: Any) -> None:
    _note("factor.renewed", user, authenticator)


@receiver([password_changed, password_set, password_reset])
def password_renewed(request: HttpRequest, user: User, **_told: Any) -> None:
    services.note_change(
        "password.changed", user_id=user.pk, by=f"user:{user.pk}", at=timezone.now()
    )
    _end_other_sessions(request, user)


@receiver(email_confirmed)
def address_proven(request: HttpRequest, email_address: EmailAddress, **_told: Any) -> None:
    """Drop a password that was chosen by somebody else than whoever reads the mailbox."""
    if not getattr(request, "proves_own_address", False):
        by, at = f"user:{email_address.user_id}", timezone.now()
        services.distrust_password(user_id=email_address.user_id, by=by, at=at)
        # The sign-in that goes on is tied to the password as this very object knows it.
        email_address.user.refresh_from_db(fields=["password", "name"])


@receiver(email_changed)
def address_changed(
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_told: Any,
) -> None:
    """Note it; the first address of a new account replaces none."""
    if from_email_address is not None:
        services.note_new_address(
            user_id=user.pk,
            old=from_email_address.email,
            new=to_email_address.email,
            by=f"user:{user.pk}",
            at=timezone.now(),
        )


def _is_proven(request: HttpRequest, authenticator: Authenticator) -> bool:
    """Tell whether setting it up has proven it; the code of an app is used up by that."""
    if authenticator.type == Authenticator.Type.TOTP:
        return use_up(authenticator.user_id, request.POST.get("code", ""))
    return authenticator.type == Authenticator.Type.WEBAUTHN


def _note(action: str, user: User, authenticator: Authenticator) -> None:
    services.note_change(
        action,
        user_id=user.pk,
        by=f"user:{user.pk}",
        at=timezone.now(),
        factor=FACTORS.get(authenticator.type, authenticator.type),
    )


def _end_other_sessions(request: HttpRequest, user: User) -> None:
    here = request.session.session_key if request.user == user else None
    services.end_sessions(user_id=user.pk, by=f"user:{user.pk}", at=timezone.now(), keep=here or "")

"""People join by themselves, prove an address and change it."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import Consent, User
from makers_market.core.audit_log import personal, record

# The texts that somebody agrees to who joins; a new text gets a new date.
TERMS_VERSION = PRIVACY_VERSION = "2026-11"


@transaction.atomic
def note_joining(*, user_id: int, source: str, by: str, at: datetime) -> None:
    """Write down that a person made an account and agreed to the terms as they are now."""
    agreed = [(Consent.TERMS, TERMS_VERSION), (Consent.PRIVACY, PRIVACY_VERSION)]
    Consent.objects.bulk_create(
        Consent(user_id=user_id, kind=kind, version=version, is_given=True, source=source, at=at)
        for kind, version in agreed
    )
    record("account.joined", f"user:{user_id}", by=by, at=at)


@transaction.atomic
def note_new_address(*, user_id: int, old: str, new: str, by: str, at: datetime) -> None:
    """Write down that an account's address changed; the log keeps digests of both."""
    changes = {"email": (personal(old), personal(new))}
    record("account.address_changed", f"user:{user_id}", by=by, at=at, changes=changes)


@transaction.atomic
def distrust_password(*, user_id: int, by: str, at: datetime) -> None:
    """Drop the password and name of an account whose address somebody else has just proven.

    Anybody can open an account with a stranger's address and wait for the stranger to prove it by
    a code; the password chosen then must not open what the stranger does afterwards.
    Source: https://arxiv.org/abs/2205.10174 (account pre-hijacking)
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if not user.has_usable_password():
        return
    user.set_unusable_password()
    user.name = ""
    user.save(update_fields=["password", "name"])
    record("account.password_dropped", user, by=by, at=at)


def vouch_for_address(user: User) -> None:
    """Take a person's address for proven: staff, a provider or a letter says whose it is."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )

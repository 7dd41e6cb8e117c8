"""People sign in by what another house says of them, once it is sure that it is they."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import OperatorRole, User
from accounts.oidc import Identity
from accounts.services.joining import note_joining, vouch_for_address
from accounts.signals import account_mail_wished
from accounts.social import name_of
from makers_market.core import audit_log
from makers_market.core.errors import Refusal


class AddressUnproven(Refusal):
    """The house gives no address of this person, or one it has not checked."""


class AddressTaken(Refusal):
    """An account with this address is there, and only its own person may connect it."""


class IdentityTaken(Refusal):
    """Another account is connected with this identity."""


class LastWayIn(Refusal):
    """Without this identity nothing but a code by mail would lead into the account."""


def person_of(identity: Identity, *, house: str) -> User | None:
    """Give the person whose account is connected with the identity, if there is one."""
    found = SocialAccount.objects.filter(provider=house, uid=identity.uid).select_related("user")
    return next((each.user for each in found), None)


def join_with(identity: Identity, *, house: str, language: str, at: datetime) -> User:
    """Make an account for a person nobody has seen before, connected with the identity.

    Raises AddressUnproven unless the house has checked the address, and AddressTaken when it is
    an account's: the same address is no proof that it is the same person. Of two attempts at once
    the later one gives the account that the first has made.
    """
    if not identity.email or not identity.is_email_verified:
        raise AddressUnproven(_("Nobody has checked an email address of yours there."))
    try:
        return _join(identity, house=house, language=language, at=at)
    except (IntegrityError, AddressTaken):
        person = person_of(identity, house=house)
        if person is None:
            raise _taken() from None
        return person


@transaction.atomic
def connect_identity(
    *, user_id: int, identity: Identity, house: str, by: str, at: datetime
) -> None:
    """Let a person sign in with this identity from now on; nothing when they already may.

    The door has asked both for proof: the account and the house. Locks the person, tells
    `account_mail_wished`. Raises IdentityTaken.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    owner = person_of(identity, house=house)
    if owner == user:
        return
    try:
        with transaction.atomic():
            _connect(user, identity, house=house, by=by, at=at)
    except IntegrityError:
        taken = _("Another account here is connected with it already.")
        raise IdentityTaken(taken) from None
    _wish_mail("account_connected", user, house)


@transaction.atomic
def disconnect_identity(*, user_id: int, identity_id: int, by: str, at: datetime) -> bool:
    """Take an identity off an account; False when the account has none of that id.

    Locks the person, so that of two at once the second sees that it is the last. Tells
    `account_mail_wished`. Raises LastWayIn.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    own = SocialAccount.objects.filter(user=user)
    leaving = own.filter(pk=identity_id).first()
    if leaving is None:
        return False
    if not user.has_usable_password() and own.count() == 1:
        raise LastWayIn(
            _("This is your only way to sign in, besides a code by email. Set a password first.")
        )
    changes = {"identity": (_mark(leaving.provider, leaving.uid), "")}
    audit_log.record("identity.disconnected", user, by=by, at=at, changes=changes)
    leaving.delete()
    _wish_mail("account_disconnected", user, leaving.provider)
    return True


@transaction.atomic
def follow_groups(*, user_id: int, identity: Identity, by: str, at: datetime) -> None:
    """Make a person the operator that the pool's groups say, or no operator any more.

    Nothing unless settings.COGNITO_GROUP_ROLES says what groups mean here. In several groups,
    the role that stands first in OperatorRole's order from the top counts. A second factor is
    still asked for at the desk.
    """
    meanings = settings.COGNITO_GROUP_ROLES
    if not meanings:
        return
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    meant = {meanings[group] for group in identity.groups if group in meanings}
    role = next((each.value for each in reversed(OperatorRole) if each.value in meant), "")
    if (user.operator_role, user.is_staff) == (role, bool(role)):
        return
    changes = {"operator_role": (user.operator_role, role)}
    audit_log.record("operator.role_by_group", user, by=by, at=at, changes=changes)
    user.operator_role, user.is_staff = role, bool(role)
    user.save(update_fields=["operator_role", "is_staff"])


@transaction.atomic
def fill_name(*, user_id: int, name: str) -> None:
    """Take the name that a house tells for a person who has not told us any."""
    if name:
        User.objects.filter(pk=user_id, name="").update(name=name)


@transaction.atomic
def _join(identity: Identity, *, house: str, language: str, at: datetime) -> User:
    if _is_known_address(identity.email):
        raise _taken()
    user = User.objects.create_user(identity.email, None, name=identity.name, language=language)
    vouch_for_address(user)
    by = f"user:{user.pk}"
    note_joining(user_id=user.pk, source="signup", by=by, at=at)
    _connect(user, identity, house=house, by=by, at=at)
    return user


def _is_known_address(email: str) -> bool:
    """Tell whether an account has this address, proven or not; `email` in lower case."""
    return (
        User.objects.filter(email=email).exists()
        or EmailAddress.objects.filter(email=email).exists()
    )


def _taken() -> AddressTaken:
    return AddressTaken(_("There is an account with your email address already."))


def _connect(user: User, identity: Identity, *, house: str, by: str, at: datetime) -> None:
    SocialAccount.objects.create(
        user=user, provider=house, uid=identity.uid, extra_data={"email": identity.email}
    )
    changes = {"identity": ("", _mark(house, identity.uid))}
    audit_log.record("identity.connected", user, by=by, at=at, changes=changes)


def _mark(house: str, uid: str) -> str:
    """Name an identity for the log, without telling whose it is."""
    return f"{house} {audit_log.personal(uid)}"


def _wish_mail(kind: str, user: User, house: str) -> None:
    facts = {"provider": name_of(house)}
    account_mail_wished.send(
        sender=None, kind=kind, recipient=user.email, language=user.language, facts=facts
    )

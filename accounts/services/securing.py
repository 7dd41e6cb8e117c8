"""What changes how a person proves who they are; each act leaves a line in the audit log."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.signals import account_mail_wished
from makers_market.core import audit_log
from makers_market.core.errors import Refusal


class NobodyThere(Refusal):
    """There is no account with that address."""

    def __init__(self) -> None:
        super().__init__(_("There is no account with this email address."))


class NoReason(Refusal):
    """What is done to somebody else's account needs a reason."""

    def __init__(self) -> None:
        super().__init__(_("Say why, and how you know who asks."))


@transaction.atomic
def end_sessions(
    *, user_id: int, by: str, at: datetime, keep: str | None = None, only: int | None = None
) -> int:
    """End a person's sessions but the one with the key `keep`, or the `only` one of that id.

    Gives how many were alive. An ended session is nobody's from its next request on.
    """
    rows = UserSession.objects.select_for_update().filter(user_id=user_id)
    if keep is not None:
        rows = rows.exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.order_by("pk").values_list("session_key", flat=True))
    alive, _tables = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    if alive:
        changes = {"sessions": (alive, 0)}
        audit_log.record("session.ended", f"user:{user_id}", by=by, at=at, changes=changes)
    return alive


@transaction.atomic
def take_off_factors(*, email: str, by: str, at: datetime, why: str) -> int:
    """Take every second factor off a person who lost theirs, end their sessions and tell them.

    Whoever asks must have proven who they are in another way; `why` says how. Gives how many
    factors there were. Raises NobodyThere, and NoReason without a reason.
    """
    person = User.objects.select_for_update().filter(email=email.strip().lower()).first()
    if person is None:
        raise NobodyThere
    if not why.strip():
        raise NoReason
    factors = Authenticator.objects.filter(user=person)
    types = sorted(factors.values_list("type", flat=True))
    if types:
        factors.delete()
        changes: dict[str, tuple[list[str], list[str]]] = {"factors": (types, [])}
        audit_log.record("factor.taken_off", person, by=by, at=at, changes=changes, why=why)
        account_mail_wished.send(
            sender=None, kind="totp_deactivated", recipient=person.email,
            language=person.language, facts={},
        )  # fmt: skip
    end_sessions(user_id=person.pk, by=by, at=at)
    return len(types)


def note_change(action: str, *, user_id: int, by: str, at: datetime, factor: str = "") -> None:
    """Write down a change of password or factor that the sign-in library has made."""
    before_after = (factor, "") if action.endswith(".removed") else ("", factor)
    changes = {"factor": before_after} if factor else None
    audit_log.record(action, f"user:{user_id}", by=by, at=at, changes=changes)

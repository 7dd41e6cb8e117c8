"""A person leaves: the account is closed for good and keeps only its number."""

from datetime import datetime

from django.db import transaction

from accounts.models import Maker, TeamRole, User
from makers_market.core.audit_log import personal, record

NEVER_OPENED = (Maker.APPLYING, Maker.SUBMITTED, Maker.REJECTED)


@transaction.atomic
def close_applications(user: User, *, by: str, at: datetime) -> None:
    """Close the workshops of which this person is the only owner and that never opened.

    Locks them in the order of their keys.
    """
    own = Maker.objects.filter(
        memberships__user=user, memberships__role=TeamRole.OWNER, status__in=NEVER_OPENED
    )
    for maker in Maker.objects.select_for_update(no_key=True).filter(pk__in=own).order_by("pk"):
        others = maker.memberships.filter(role=TeamRole.OWNER).exclude(user=user)
        if others.exists():
            continue
        if maker.status == Maker.SUBMITTED:
            maker.move_to(Maker.APPLYING, by=by, at=at)
        maker.move_to(Maker.CLOSED, by=by, at=at)
        record("maker.closed", maker, by=by, at=at, maker=maker.pk)


@transaction.atomic
def close_account(user: User, *, by: str, at: datetime) -> None:
    """Take every right and every way in from an account, for good; says so in the audit log.

    Its personal fields are erased by its app's holdings (accounts/privacy.py). Every session
    ends, because none outlives its password.
    """
    record(
        "account.erased",
        user,
        by=by,
        at=at,
        changes={
            "email": (personal(user.email), ""),
            "name": (personal(user.name), ""),
            "operator_role": (user.operator_role, ""),
        },
    )
    closed = User.objects.get(pk=user.pk)
    closed.set_unusable_password()
    closed.is_active = closed.is_staff = closed.is_superuser = False
    closed.operator_role = ""
    closed.erased_at = at
    closed.save(
        update_fields=[
            "password", "is_active", "is_staff", "is_superuser", "operator_role", "erased_at",
        ]
    )  # fmt: skip

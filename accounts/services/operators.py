"""Operators' roles: given and taken by administrators, never by oneself; one always stays."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import OperatorRole, User
from accounts.services.applying import person_of
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal


class OwnRole(Refusal):
    """Nobody changes their own role."""

    def __init__(self) -> None:
        super().__init__(_("Your own role is changed by another administrator."))


class LastAdministrator(Refusal):
    """The market always has an administrator."""

    def __init__(self) -> None:
        super().__init__(_("This is the last administrator: make somebody else one first."))


class NotAnAdministrator(Refusal):
    """Who gives roles must still be an administrator."""

    def __init__(self) -> None:
        super().__init__(_("You are no longer an administrator. Nothing was changed."))


class NobodyThere(Refusal):
    """The account is closed or erased."""

    def __init__(self) -> None:
        super().__init__(_("This account is closed: it can have no role."))


@transaction.atomic
def give_role(user_id: int, *, role: str, by: str, at: datetime) -> bool:
    """Give a person a role at the operators' desk, or take it with the empty one.

    True if it changed. Locks the person and all administrators in order of their ids, so that two
    administrators who demote each other leave one. Raises ValueError for an unknown role, OwnRole,
    LastAdministrator, NotAnAdministrator, NobodyThere; User.DoesNotExist.
    """
    role = OperatorRole(role).value if role else ""
    concerned = User.objects.select_for_update(no_key=True).filter(
        Q(pk=user_id) | Q(operator_role=OperatorRole.ADMIN)
    )
    rows = {row.pk: row for row in concerned.order_by("pk")}
    if user_id not in rows:
        raise User.DoesNotExist
    person = rows[user_id]
    admins = {
        pk for pk, row in rows.items() if row.is_active and row.operator_role == OperatorRole.ADMIN
    }
    _refuse(person, role, admins=admins, giver=person_of(by))
    if person.operator_role == role:
        return False
    changes = {"operator_role": (person.operator_role, role)}
    person.operator_role = role
    person.is_staff = bool(role)
    person.save(update_fields=["operator_role", "is_staff"])
    record("user.role_given", person, by=by, at=at, changes=changes)
    return True


def _refuse(person: User, role: str, *, admins: set[int], giver: int) -> None:
    if giver and giver not in admins:
        raise NotAnAdministrator
    if giver == person.pk:
        raise OwnRole
    if admins == {person.pk} and role != OperatorRole.ADMIN:
        raise LastAdministrator
    if role and not person.is_active:
        raise NobodyThere

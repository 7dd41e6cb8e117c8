"""Who works in a workshop: asked by e-mail, given a role, changed, removed; an owner stays."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Maker, Membership, TeamRole, User
from accounts.services.applying import locked, person_of
from accounts.signals import member_invited
from makers_market.core.audit_log import personal, record
from makers_market.core.errors import Refusal

INVITED_FOR = timedelta(days=7)
# Members and open invitations together.
TEAM_MAX = 20


class LastOwner(Refusal):
    """A workshop always has an owner."""

    def __init__(self) -> None:
        super().__init__(_("A workshop needs an owner: make somebody else owner first."))


class TeamFull(Refusal):
    """The team has as many people as a team may have."""


class AlreadyInTeam(Refusal):
    """The address belongs to somebody of the team."""


class InvitationOver(Refusal):
    """The invitation was accepted, or its seven days are over."""


class NotForYou(Refusal):
    """The invitation was sent to an address that this person has not shown to be theirs."""


@transaction.atomic
def invite_member(maker_id: int, *, email: str, role: str, by: str, at: datetime) -> Invitation:
    """Ask somebody by e-mail to join a workshop as `role`, for seven days.

    Asking again for the same role changes nothing while the first invitation lasts; another role,
    or one that is over, makes a new link and the old one leads nowhere. Raises AlreadyInTeam or
    TeamFull; tells member_invited.
    """
    maker = locked(maker_id)
    email = email.strip().lower()
    role = TeamRole(role).value
    if maker.memberships.filter(user__email=email).exists():
        raise AlreadyInTeam(_("This person is in your team already."))
    waiting = maker.invitations.filter(email=email, accepted_at=None).first()
    if waiting and waiting.role == role and waiting.expires_at > at:
        return waiting
    if waiting:
        waiting.delete()
    _refuse_full(maker)
    invitation = Invitation.objects.create(
        maker=maker, email=email, role=role, invited_by_id=person_of(by) or None,
        invited_at=at, expires_at=at + INVITED_FOR,
    )  # fmt: skip
    changes = {"email": ("", personal(email)), "role": ("", role)}
    record("team.invited", invitation, by=by, at=at, maker=maker.pk, changes=changes)
    member_invited.send(sender=Invitation, invitation_id=invitation.pk)
    return invitation


@transaction.atomic
def cancel_invitation(maker_id: int, invitation_id: int, *, by: str, at: datetime) -> None:
    """Take an open invitation of this workshop back; DoesNotExist for another workshop's."""
    maker = locked(maker_id)
    invitation = maker.invitations.get(pk=invitation_id, accepted_at=None)
    record("team.invitation_cancelled", invitation, by=by, at=at, maker=maker.pk)
    invitation.delete()


@transaction.atomic
def accept_invitation(invitation_id: int, *, user_id: int, at: datetime) -> Membership:
    """Let a person whose verified address was invited into the team; twice is once.

    Somebody of the team keeps the role they have. Raises NotForYou, InvitationOver, or
    Invitation.DoesNotExist for one that was taken back.
    """
    maker = locked(Invitation.objects.values_list("maker_id", flat=True).get(pk=invitation_id))
    invitation = Invitation.objects.select_related("maker").get(pk=invitation_id)
    person = User.objects.get(pk=user_id)
    may_accept(invitation, person, at=at)
    member = Membership.objects.filter(maker=maker, user=person).first()
    if invitation.accepted_at and member:
        return member
    if member is None:
        member = Membership.objects.create(maker=maker, user=person, role=invitation.role)
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    changes = {"role": ("", member.role)}
    by = f"user:{person.pk}"
    record("team.joined", member, by=by, at=at, maker=maker.pk, changes=changes)
    return member


def may_accept(invitation: Invitation, person: User, *, at: datetime) -> None:
    """Raise NotForYou or InvitationOver unless this person can accept; twice is no matter."""
    if not person.is_active or not _has_shown(person, invitation.email):
        raise NotForYou(
            _("This invitation was sent to another e-mail address than the ones you have verified.")
        )
    is_member = Membership.objects.filter(maker=invitation.maker_id, user=person).exists()
    if invitation.accepted_at and is_member:
        return
    is_over = invitation.accepted_at is not None or invitation.expires_at <= at
    if is_over or invitation.maker.status == Maker.CLOSED:
        raise InvitationOver(_("This invitation is over. Ask for a new one."))


@transaction.atomic
def change_role(maker_id: int, membership_id: int, *, role: str, by: str, at: datetime) -> None:
    """Give a member of this workshop another role; raises LastOwner.

    Invitations that a former owner sent are taken back. DoesNotExist for another workshop's.
    """
    maker = locked(maker_id)
    member = maker.memberships.get(pk=membership_id)
    role = TeamRole(role).value
    if member.role == role:
        return
    _refuse_last_owner(maker, member)
    changes = {"role": (member.role, role)}
    member.role = role
    member.save(update_fields=["role"])
    _take_back_invitations(maker, member)
    record("team.role_changed", member, by=by, at=at, maker=maker.pk, changes=changes)


@transaction.atomic
def remove_member(maker_id: int, membership_id: int, *, by: str, at: datetime) -> None:
    """Remove a member, or oneself, from this workshop; raises LastOwner.

    What a live session may do is asked at every request, so that it ends with the next one.
    DoesNotExist for another workshop's member.
    """
    maker = locked(maker_id)
    member = maker.memberships.select_related("user").get(pk=membership_id)
    _refuse_last_owner(maker, member)
    _take_back_invitations(maker, member)
    changes = {"role": (member.role, "")}
    action = "team.left" if person_of(by) == member.user_id else "team.removed"
    record(action, f"user:{member.user_id}", by=by, at=at, maker=maker.pk, changes=changes)
    member.delete()


def _has_shown(person: User, email: str) -> bool:
    shown = EmailAddress.objects.filter(user=person, verified=True, email__iexact=email)
    return bool(shown.exists())


def _refuse_full(maker: Maker) -> None:
    waiting = maker.invitations.filter(accepted_at=None).count()
    if maker.memberships.count() + waiting >= TEAM_MAX:
        raise TeamFull(_("A team has 20 people at most, invited ones included."))


def _refuse_last_owner(maker: Maker, member: Membership) -> None:
    owners = maker.memberships.filter(role=TeamRole.OWNER, user__is_active=True)
    if member.role == TeamRole.OWNER and not owners.exclude(pk=member.pk).exists():
        raise LastOwner


def _take_back_invitations(maker: Maker, member: Membership) -> None:
    """Delete what a person invited who leads no longer: they may have asked themselves back in."""
    maker.invitations.filter(invited_by_id=member.user_id, accepted_at=None).delete()

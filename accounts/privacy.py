"""What accounts and sign-in hold of a person."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import (
    Consent,
    Invitation,
    Maker,
    MakerMove,
    Membership,
    OperatorRole,
    ShopDraft,
    ShopSection,
    TeamRole,
    User,
)
from makers_market.core.privacy import (
    ERASED,
    Holding,
    Person,
    Rows,
    erased_email,
    fields_of,
    holds,
    holds_nobody,
    locked,
    objects_to_erasure,
)

SELLING = (Maker.APPROVED, Maker.SUSPENDED)
WORDS_OF_A_SHOP = (
    "story", "story_pt", "quote", "quote_pt", "announcement", "announcement_pt", "policies",
    "policies_pt",
)  # fmt: skip


def _owned(person: Person) -> Rows:
    """Give the workshops a person owns, alone or with others."""
    return Maker.objects.filter(
        memberships__user=person.user_id, memberships__role=TeamRole.OWNER
    ).order_by("pk")


def _owned_alone(person: Person) -> Rows:
    others = Membership.objects.filter(
        maker=OuterRef("pk"), role=TeamRole.OWNER, user__is_active=True
    ).exclude(user=person.user_id)
    return _owned(person).exclude(Exists(others))


def _given_up(person: Person) -> Rows:
    """Give the workshops that end with this person: closed, and nobody else owns them."""
    return _owned_alone(person).filter(status=Maker.CLOSED)


@objects_to_erasure
def only_owner(person: Person, *, lock: bool) -> Iterable[str]:
    """Say which workshops would be left without an owner while they sell."""
    for maker in locked(Maker.objects.filter(pk__in=_owned(person)), lock=lock):
        if maker.status in SELLING and _owned_alone(person).filter(pk=maker.pk).exists():
            yield _(
                "You are the only owner of %(shop)s. Make somebody else its owner, or write to us"
                " to close it."
            ) % {"shop": maker.name}


@objects_to_erasure
def only_administrator(person: Person, *, lock: bool) -> Iterable[str]:
    """Say that the market would be left without an administrator."""
    admins = User.objects.filter(operator_role=OperatorRole.ADMIN, is_active=True)
    if {admin.pk for admin in locked(admins, lock=lock)} == {person.user_id}:
        yield _("You are the only administrator. Give somebody else that role first.")


def _typed(session: Session) -> dict[str, Any]:
    """Give what the person has typed in a checkout that is not finished."""
    checkout: dict[str, Any] = SessionStore().decode(session.session_data).get("checkout") or {}
    return checkout


holds(
    Holding(
        model=User,
        kind="account",
        find=lambda person: User.objects.filter(pk=person.user_id),
        show=lambda user, _person: fields_of(
            user, "email", "name", "language", "joined_at", "last_login", "operator_role"
        ),
        blanks=lambda user, _person: {"email": erased_email(), "name": "", "last_login": None},
        keeps="An empty account with a number, which books and histories refer to.",
    )
)
holds(
    Holding(
        model=Consent,
        kind="consents",
        find=lambda person: Consent.objects.filter(user=person.user_id),
        show=lambda row, _person: fields_of(row, "kind", "version", "is_given", "source", "at"),
        keeps=(
            "Proof that what was done was agreed to (GDPR, article 7(1)); it names a number, and"
            " nobody behind it."
        ),
    )
)
# Erased after the workshops, which are found through it: what is registered later goes first.
holds(
    Holding(
        model=Membership,
        kind="memberships",
        find=lambda person: Membership.objects.filter(user=person.user_id).select_related("maker"),
        show=lambda row, _person: {"workshop": row.maker.name, "role": row.role},
    )
)
holds(
    Holding(
        model=Maker,
        kind="workshops",
        find=_owned,
        show=lambda maker, _person: fields_of(
            maker, "name", "first_name", "place", "status", "legal_name", "legal_address",
            "tax_number", *WORDS_OF_A_SHOP,
        ),
        to_erase=_given_up,
        blanks=lambda maker, _person: {
            "first_name": maker.name[:60], "place": ERASED, **dict.fromkeys(WORDS_OF_A_SHOP, ""),
        },
        keeps=(
            "The seller’s name, address and tax number are on receipts, which the law keeps for"
            " ten years (Código do IVA, article 52)."
        ),
    )
)  # fmt: skip
holds(
    Holding(
        model=ShopDraft,
        kind="workshop_drafts",
        find=lambda person: ShopDraft.objects.filter(maker__in=_owned(person)),
        show=lambda row, _person: fields_of(row, "fields", "changed_at"),
        to_erase=lambda person: ShopDraft.objects.filter(maker__in=_given_up(person)),
    )
)
holds(
    Holding(
        model=Invitation,
        kind="invitations",
        find=lambda person: Invitation.objects.filter(email__in=person.emails).select_related(
            "maker"
        ),
        show=lambda row, _person: {
            "workshop": row.maker.name,
            **fields_of(row, "email", "role", "invited_at", "expires_at", "accepted_at"),
        },
    )
)
holds(
    Holding(
        model=Invitation,
        kind="invitations_sent",
        find=lambda person: Invitation.objects.filter(
            invited_by=person.user_id
        ).select_related("maker"),
        show=lambda row, _person: {
            "workshop": row.maker.name,
            **fields_of(row, "role", "invited_at", "accepted_at"),
        },
        blanks=lambda _row, _person: {"invited_by": None},
        keeps="The invited person’s, whom it still lets in; it no longer says who asked.",
    )
)  # fmt: skip
holds(
    Holding(
        model=EmailAddress,
        kind="email_addresses",
        find=lambda person: EmailAddress.objects.filter(user=person.user_id),
        show=lambda row, _person: fields_of(row, "email", "verified", "primary"),
    )
)
holds(
    Holding(
        model=EmailConfirmation,
        kind="email_confirmations",
        find=lambda person: EmailConfirmation.objects.filter(email_address__user=person.user_id),
        show=lambda row, _person: fields_of(row, "created", "sent"),
    )
)
holds(
    Holding(
        model=SocialAccount,
        kind="connected_sign_ins",
        find=lambda person: SocialAccount.objects.filter(user=person.user_id),
        show=lambda row, _person: fields_of(
            row, "provider", "uid", "extra_data", "date_joined", "last_login"
        ),
    )
)
holds(
    Holding(
        model=SocialToken,
        kind="connected_sign_in_tokens",
        find=lambda person: SocialToken.objects.filter(account__user=person.user_id),
        # The token itself is a secret, which a file on a disk should not hold.
        show=lambda row, _person: fields_of(row, "expires_at"),
    )
)
holds(
    Holding(
        model=Authenticator,
        kind="second_factors",
        find=lambda person: Authenticator.objects.filter(user=person.user_id),
        # Its data are secrets, but for the name that the person gave a passkey.
        show=lambda row, _person: {
            "name": row.data.get("name", ""),
            **fields_of(row, "type", "created_at", "last_used_at"),
        },
    )
)
holds(
    Holding(
        model=UserSession,
        kind="sessions",
        find=lambda person: UserSession.objects.filter(user=person.user_id),
        show=lambda row, _person: fields_of(row, "ip", "user_agent", "created_at", "last_seen_at"),
    )
)
holds(
    Holding(
        model=Session,
        kind="unfinished_checkouts",
        find=lambda person: Session.objects.filter(
            session_key__in=UserSession.objects.filter(user=person.user_id).values("session_key")
        ),
        show=lambda row, _person: {"ends": row.expire_date, "typed": _typed(row)},
    )
)
holds(
    Holding(
        model=LogEntry,
        kind="admin_log",
        find=lambda person: LogEntry.objects.filter(user=person.user_id),
        show=lambda row, _person: {
            "at": row.action_time, "about": row.object_repr, "what": row.get_change_message(),
        },
    )
)  # fmt: skip
holds(
    Holding(
        model=User.groups.through,
        kind="groups",
        find=lambda person: User.groups.through._default_manager.filter(user=person.user_id),
        show=lambda row, _person: {"group": row.group.name},
    )
)
holds(
    Holding(
        model=User.user_permissions.through,
        kind="permissions",
        find=lambda person: User.user_permissions.through._default_manager.filter(
            user=person.user_id
        ),
        show=lambda row, _person: {"permission": row.permission.codename},
    )
)
holds_nobody(Group, "Groups of the framework, which the shop does not use.", name="a group's")
holds_nobody(Group.permissions.through, "What the framework's groups may do.")
holds_nobody(Permission, "What the framework lets be done.", name="a permission's")
holds_nobody(ContentType, "The names of models.")
holds_nobody(SocialApp, "The shop's own keys at sign-in providers.", name="a provider's")
holds_nobody(MakerMove, "What became of a workshop; who did it, by number.")
holds_nobody(
    ShopSection, "Headings of a shop page.", name_en="a heading", name_pt="a heading"
)  # fmt: skip

"""Reads of workshops: how far an application is, what a draft would show, who works there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import signing
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Maker, TeamRole, User
from makers_market.core.db import as_app
from makers_market.core.models import AuditEntry

STORY_MIN = 80
# What a shop page says and a draft of it may hold: fields of Maker.
SHOP_WORDS = (
    "place", "story", "story_pt", "quote", "quote_pt", "announcement", "announcement_pt",
    "policies", "policies_pt",
)  # fmt: skip
DRAFTED = (*SHOP_WORDS, "banner")
INVITATION_SALT = "accounts.invitation"


@dataclass(frozen=True)
class Item:
    """One thing an application needs: what, why, whether it is done, and where it is done."""

    name: str
    title: Promise
    hint: Promise
    is_done: bool
    url: str


@dataclass(frozen=True)
class Checklist:
    """What an application needs, in the order in which it is best done.

    `answer` is the reason that an operator gave for not accepting it, or empty.
    """

    items: Sequence[Item]
    answer: str = ""

    @property
    def done(self) -> int:
        return sum(item.is_done for item in self.items)

    @property
    def percent(self) -> int:
        """Give the share that is done, 0 to 100."""
        return 100 * self.done // len(self.items)

    @property
    def is_complete(self) -> bool:
        return self.done == len(self.items)


def _has_story(maker: Maker) -> bool:
    return len(maker.story.strip()) >= STORY_MIN


def _has_seller(maker: Maker) -> bool:
    return bool(maker.legal_name and maker.legal_address and maker.tax_number)


def _has_delivery(maker: Maker) -> bool:
    """Tell whether delivery prices were set: only the log tells nothing from never."""
    if maker.delivery_cents or maker.delivery_abroad_cents is not None:
        return True
    return AuditEntry.objects.filter(
        subject=f"maker:{maker.pk}", maker=maker.pk, action="maker.delivery_set"
    ).exists()


def _has_factor(maker: Maker) -> bool:
    owners = maker.memberships.filter(role=TeamRole.OWNER).values_list("user_id", flat=True)
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    with as_app():
        found = Authenticator.objects.filter(user_id__in=list(owners), type__in=kinds)
        return bool(found.exists())


def _has_piece(maker: Maker) -> bool:
    return bool(maker.products.exists())


# What an application needs: name, title, why, where it is done, how it is told.
NEEDS: Sequence[tuple[str, Promise, Promise, str, Callable[[Maker], bool]]] = (
    (
        "story",
        _("Tell people about your shop"),
        _("What you make and how, in 80 characters or more."),
        "workshop:shop_page",
        _has_story,
    ),
    (
        "seller",
        _("Say who sells by law"),
        _("Legal name, address and tax number: shoppers have a right to know."),
        "workshop:seller",
        _has_seller,
    ),
    (
        "delivery",
        _("Set delivery prices and posting time"),
        _("One price for Portugal, one for abroad if you post there."),
        "workshop:delivery",
        _has_delivery,
    ),
    (
        "factor",
        _("Protect your sign-in with a second step"),
        _("A code from your phone, or a passkey."),
        "security",
        _has_factor,
    ),
    (
        "piece",
        _("Draft your first piece"),
        _("Nobody sees it before your shop is open."),
        "workshop:catalog_product_add",
        _has_piece,
    ),
)


def checklist_of(maker: Maker) -> Checklist:
    """Tell how far an application is; costs five queries at most, also in the workshop."""
    items = [
        Item(name, title, hint, is_done(maker), reverse(door))
        for name, title, hint, door, is_done in NEEDS
    ]
    return Checklist(items, answer=reason_of(maker) if maker.status == Maker.REJECTED else "")


def reason_of(maker: Maker) -> str:
    """Give the reason of the newest decision about a workshop that had one."""
    reasons = maker.moves.exclude(why="").order_by("-pk")
    return str(reasons.values_list("why", flat=True).first() or "")


def waiting_application(user_id: int) -> Maker | None:
    """Find the workshop of a person's own that nobody has said yes to."""
    return Maker.objects.filter(
        memberships__user=user_id,
        memberships__role=TeamRole.OWNER,
        status__in=(Maker.APPLYING, Maker.SUBMITTED, Maker.REJECTED),
    ).first()


def as_drafted(maker: Maker) -> Maker:
    """Give another copy of a workshop as its page would show it once the draft is published."""
    copy = Maker.objects.select_related("draft").get(pk=maker.pk)
    drafted = copy.draft.fields if hasattr(copy, "draft") else {}
    for field in DRAFTED:
        if field in drafted:
            setattr(copy, field, drafted[field])
    return copy


def invitation_path(invitation: Invitation) -> str:
    """Give the path of the link that is mailed to an invited person, in the active language."""
    token = signing.dumps(str(invitation.uuid), salt=INVITATION_SALT)
    return reverse("join_team", args=[token])


def invitation_of(token: str) -> Invitation | None:
    """Find the invitation that a mailed link leads to; None for a link that we did not sign."""
    try:
        uuid: Any = signing.loads(token, salt=INVITATION_SALT)
    except signing.BadSignature:
        return None
    return Invitation.objects.select_related("maker").filter(uuid=uuid).first()


def is_address_of(user: User, email: str) -> bool:
    """Tell whether an account has this address still, proven or not."""
    email = email.lower()
    return user.email == email or EmailAddress.objects.filter(user=user, email=email).exists()

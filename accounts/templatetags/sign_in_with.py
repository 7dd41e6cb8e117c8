"""What pages show of the other houses that vouch for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django import template

from accounts.models import User
from accounts.social import Way, name_of, ways

register = template.Library()


@dataclass(frozen=True)
class Connected:
    """One identity that opens an account: its row, its house's name, its address there."""

    key: int
    name: str
    email: str


@register.simple_tag
def ways_to_sign_in() -> Sequence[Way]:
    """Give the buttons of other houses; none where the shop is known to none."""
    return ways()


@register.simple_tag
def connected_ways(user: User) -> Sequence[Connected]:
    """Give the identities that open this person's account, oldest first; costs one query."""
    return [
        Connected(row.pk, name_of(row.provider), row.extra_data.get("email", ""))
        for row in SocialAccount.objects.filter(user=user).order_by("pk")
    ]

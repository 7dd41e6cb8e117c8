"""Makers are followed; who follows hears of new pieces once a week, until they want it no more."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Maker, User
from catalog.models import Follow
from makers_market.core.errors import Refusal

FOLLOWS_MAX = 500


class FollowsEnough(Refusal):
    """Somebody follows as many makers as one can."""

    def __init__(self) -> None:
        super().__init__(
            _("You follow %(count)d makers already, and that is as many as one can.")
            % {"count": FOLLOWS_MAX}
        )


@transaction.atomic
def follow_maker(user: User, maker: Maker, *, at: datetime) -> Follow:
    """Follow a maker, once however often it is asked for; new pieces count from now on.

    Who has switched the weekly mail off for every maker gets none for this one either. Locks the
    person. Raises FollowsEnough above `FOLLOWS_MAX`.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    follows = {follow.maker_id: follow for follow in Follow.objects.filter(user=user)}
    if maker.pk in follows:
        return follows[maker.pk]
    if len(follows) >= FOLLOWS_MAX:
        raise FollowsEnough
    wants_mail = not follows or any(follow.wants_mail for follow in follows.values())
    return Follow.objects.create(
        user=user, maker=maker, wants_mail=wants_mail, at=at, told_until=at
    )


def unfollow_maker(user: User, maker: Maker) -> bool:
    """Follow a maker no more; True if they were followed."""
    gone, _by_model = Follow.objects.filter(user=user, maker=maker).delete()
    return gone > 0


def choose_mail(user: User, maker: Maker, *, wanted: bool, at: datetime) -> bool:
    """Switch the weekly mail on or off for one maker; False for one that is not followed.

    Switched on again, it tells of what is new from now on.
    """
    changed = Follow.objects.filter(user=user, maker=maker).exclude(wants_mail=wanted)
    changes = {"wants_mail": True, "told_until": at} if wanted else {"wants_mail": False}
    return bool(changed.update(**changes)) or Follow.objects.filter(user=user, maker=maker).exists()


def stop_digests(user_id: int) -> int:
    """Switch the weekly mail off for every maker a person follows; gives for how many."""
    return Follow.objects.filter(user=user_id, wants_mail=True).update(wants_mail=False)

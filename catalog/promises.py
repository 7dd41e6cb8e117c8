"""When parcels leave and arrive: working days from the maker's own posting or making time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Maker
from catalog.models import Product, opening_week, room_left
from makers_market.core.countries import HOME
from makers_market.core.dates import long_day

WORKING_DAYS_HOME, WORKING_DAYS_ABROAD, WINDOW_DAYS = 2, 4, 2


def add_working_days(day: date, count: int) -> date:
    """Give the day that many working days (Monday to Friday) later."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


@dataclass(frozen=True)
class Promise:
    """When a parcel is posted at the latest, and the window in which it arrives."""

    post_by: date
    arrives_from: date
    arrives_to: date


def promise(
    maker: Maker,
    country: str,
    *,
    at: datetime,
    is_collection: bool = False,
    made_by: date | None = None,
) -> Promise:
    """Promise dates for a parcel to a country; a collected one is ready when it would be posted.

    `made_by` is the day by which the last of its made-to-order pieces leaves: it waits for that.
    """
    post_by = add_working_days(timezone.localdate(at), maker.posts_within_days)
    post_by = max(post_by, made_by) if made_by else post_by
    if is_collection:
        return Promise(post_by, post_by, post_by)
    on_the_way = WORKING_DAYS_HOME if country == HOME else WORKING_DAYS_ABROAD
    first = add_working_days(post_by, on_the_way)
    return Promise(post_by, first, add_working_days(first, WINDOW_DAYS))


@dataclass(frozen=True)
class MadeBetween:
    """The first and the last day on which a piece made to order leaves its maker."""

    ships_from: date
    ships_by: date


def made_between(product: Product, *, at: datetime) -> MadeBetween:
    """Promise when a piece made to order leaves, ordered at that moment.

    Its making days count from the next working day and include packing, so `posts_within_days`
    is not added: a shopper is told the very days that the maker typed.
    """
    today = timezone.localdate(at)
    shortest, longest = sorted((product.making_days_min, product.making_days_max))
    return MadeBetween(add_working_days(today, shortest), add_working_days(today, longest))


def making_words(product: Product) -> str:
    """Say how long a piece made to order takes: "Made for you, ships in 8 to 12 working days"."""
    shortest, longest = sorted((product.making_days_min, product.making_days_max))
    if shortest == longest:
        words = ngettext(
            "Made for you, ships in %(count)d working day",
            "Made for you, ships in %(count)d working days",
            longest,
        )
        return words % {"count": longest}
    words = _("Made for you, ships in %(first)d to %(last)d working days")
    return words % {"first": shortest, "last": longest}


def opens_again(maker: Maker, *, at: datetime) -> date | None:
    """Give the Monday on which a workshop takes orders again; None while it has room.

    Reads `maker.workload`; None too for a workshop that takes on nothing in any week.
    """
    return opening_week(maker, at=at) if room_left(maker, at=at) == 0 else None


def week_full_words(maker: Maker, *, at: datetime) -> str:
    """Say that a workshop takes no more orders this week, and when it does again.

    Empty while there is room: "Mo's week is full. Ordering opens again on Monday 30 November."
    """
    if room_left(maker, at=at) != 0:
        return ""
    name = {"name": maker.first_name}
    monday = opens_again(maker, at=at)
    if monday is None:
        return _("%(name)s takes no orders at the moment.") % name
    words = _("%(name)s's week is full. Ordering opens again on %(day)s.")
    return words % {**name, "day": long_day(monday)}

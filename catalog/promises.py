"""When parcels leave and arrive: working days from the maker's own posting time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import Maker
from makers_market.core.countries import HOME

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


def promise(maker: Maker, country: str, *, at: datetime, is_collection: bool = False) -> Promise:
    """Promise dates for a parcel to a country; a collected one is ready when it would be posted."""
    post_by = add_working_days(timezone.localdate(at), maker.posts_within_days)
    if is_collection:
        return Promise(post_by, post_by, post_by)
    on_the_way = WORKING_DAYS_HOME if country == HOME else WORKING_DAYS_ABROAD
    first = add_working_days(post_by, on_the_way)
    return Promise(post_by, first, add_working_days(first, WINDOW_DAYS))

"""How the shop writes days and moments in words."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext


def local(value: date) -> date:
    """Give a moment in the shop's time zone; a day stays as it is."""
    return timezone.localtime(value) if isinstance(value, datetime) else value


def in_words(value: date, pattern: str) -> str:
    """Write a day or a moment by one of Django's date formats.

    Portuguese has small letters for days and months; Django's catalogue has capitals.
    """
    words = date_format(local(value), pattern)
    return words.lower() if get_language() == "pt" else words


def month_day(value: date) -> str:
    # Translators: a day and its month, in Django's date format: 25 November.
    return in_words(value, pgettext("date format", "j F"))


def week_day(value: date) -> str:
    # Translators: weekday, day and month, in Django's date format: Wed 25 November.
    return in_words(value, pgettext("date format", "D j F"))


def long_day(value: date) -> str:
    # Translators: weekday in full, day and month, in Django's date format: Monday 30 November.
    return in_words(value, pgettext("date format", "l j F"))


def full_date(value: date) -> str:
    # Translators: day, month and year, in Django's date format: 25 November 2026.
    return in_words(value, pgettext("date format", "j F Y"))


def moment(value: datetime) -> str:
    # Translators: a moment, in Django's date format: Wed 25 Nov, 14:05.
    return in_words(value, pgettext("date format", "D j M, H:i"))

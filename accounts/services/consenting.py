"""A person says yes or no, and tells who they are and in which language they read."""

from datetime import datetime

from django.db import transaction

from accounts.models import Consent, User
from makers_market.core.audit_log import personal, record

# The text that somebody agrees to who wants news by e-mail; a new text gets a new date.
NEWS_VERSION = "2026-11"


def wants_news(user: User) -> bool:
    """Tell whether the last word of this person was that they want news by e-mail."""
    last = Consent.objects.filter(user=user, kind=Consent.NEWS).last()
    return last is not None and last.is_given


@transaction.atomic
def choose_news(user: User, *, wanted: bool, by: str, at: datetime) -> bool:
    """Add a yes or a no to news by e-mail, if it differs from the last word; True if it did.

    Locks the person, so that two windows add one word.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if wants_news(locked) == wanted:
        return False
    Consent.objects.create(
        user=locked,
        kind=Consent.NEWS,
        version=NEWS_VERSION,
        is_given=wanted,
        source="account",
        at=at,
    )
    record("account.news", locked, by=by, at=at, changes={"news": (not wanted, wanted)})
    return True


@transaction.atomic
def change_details(user: User, *, name: str, language: str, by: str, at: datetime) -> bool:
    """Change a person's name and language; True if something changed.

    `language` is one of settings.LANGUAGES. The audit log keeps digests of the names.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changes: dict[str, tuple[object, object]] = {}
    if locked.name != name:
        changes["name"] = (personal(locked.name), personal(name))
    if locked.language != language:
        changes["language"] = (locked.language, language)
    if not changes:
        return False
    locked.name, locked.language = name, language
    locked.save(update_fields=["name", "language"])
    record("account.details", locked, by=by, at=at, changes=changes)
    return True

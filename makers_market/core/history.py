"""What the audit log knows about one thing, in a form that a page can show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model

from makers_market.core.audit_log import subject_of
from makers_market.core.models import AuditEntry

SHOWN_MAX = 200


@dataclass(frozen=True)
class Act:
    """One act: when, who, what, (field, before, after) for each field, and the reason."""

    at: datetime
    who: str
    what: str
    changes: list[tuple[str, str, str]]
    why: str


def history_of(thing: Model, *, maker: int | None = None) -> list[Act]:
    """List up to 200 acts on a thing, newest first; two queries.

    With `maker`, only what that workshop may read: people outside its team stay unnamed.
    """
    entries = AuditEntry.objects.filter(subject=subject_of(thing))
    if maker is not None:
        entries = entries.filter(maker=maker)
    return _acts(list(entries.order_by("-id")[:SHOWN_MAX]))


def _acts(entries: list[AuditEntry]) -> list[Act]:
    """Put entries into words; the people among the actors get their names, in one query."""
    names = _names(entry.actor for entry in entries)
    return [
        Act(
            at=entry.at,
            who=names.get(entry.actor, entry.actor),
            what=entry.action,
            changes=changes_of(entry),
            why=entry.why,
        )
        for entry in entries
    ]


def changes_of(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Give (field, before, after) of an entry; personal values are digests already."""
    return [
        (field, _plain(before), _plain(after)) for field, (before, after) in entry.changes.items()
    ]


def _names(actors: Iterable[str]) -> dict[str, str]:
    """Name the people ("user:7") that this database role may see."""
    ids = {int(actor[5:]) for actor in actors if actor[:5] == "user:" and actor[5:].isdigit()}
    if not ids:
        return {}
    people = get_user_model()._default_manager.filter(pk__in=ids)
    rows = people.values_list("pk", "name", "email")
    return {f"user:{pk}": name or email for pk, name, email in rows}


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "—"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

"""What the shop holds of a person: each app says it for its own models, in its `privacy.py`.

A model is either registered as a holding, with what an export shows and what a deletion does, or
said to hold nobody, with the reason. A test goes through all models and fails for one that is
neither. `makers_market.desk.privacy` carries exports and deletions out.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import models
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Concat

# What stands where a person's words stood; the same in every language.
ERASED = "—"
ERASED_DOMAIN = "invalid"

Rows = models.QuerySet[Any]
File = tuple[str, bytes]


@dataclass(frozen=True)
class Person:
    """Whose data is meant: an account, or the addresses of somebody who has none.

    `user_id` is 0 without an account. `emails` are in lower case; with an account they are those
    that were proven to be theirs: another's address, once typed, opens nothing.
    """

    user_id: int
    emails: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> str:
        """How histories and the audit log name them: "user:7"; nobody is "user:0"."""
        return f"user:{self.user_id}"


class Objection(Protocol):
    """Gives reasons in words; see `objects_to_erasure`."""

    def __call__(self, person: Person, *, lock: bool) -> Iterable[Any]: ...


Shown = Callable[[Any, Person], dict[str, Any]]
Found = Callable[[Person], Rows]


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What one model holds of a person.

    `kind` names the file in the export. Deletion deletes the rows of `to_erase` (or else of
    `find`); with `blanks` it writes those fields' new values instead; with `keeps` it leaves the
    rows, or what is left of them, for the reason given there.
    """

    model: type[models.Model]
    kind: str
    find: Found
    show: Shown
    blanks: Shown | None = None
    keeps: str = ""
    to_erase: Found | None = None
    files: Callable[[Any], Iterable[File]] | None = None

    def erase(self, person: Person) -> int:
        """Do what deletion does to this model's rows; gives how many were touched."""
        if self.keeps and self.blanks is None:
            return 0
        rows = (self.to_erase or self.find)(person)
        if self.blanks is None:
            keys = list(rows.values_list("pk", flat=True))
            return int(self.model._default_manager.filter(pk__in=keys).delete()[0])
        return sum(self._blank(row, person) for row in rows.distinct())

    def _blank(self, row: Any, person: Person) -> int:
        assert self.blanks is not None  # noqa: S101  # erase() has looked
        changes = self.blanks(row, person)
        if not changes:
            return 0
        return self.model._default_manager.filter(pk=row.pk).update(**changes)


@dataclass(frozen=True)
class Nobody:
    """Why a model holds no person; `fields` says it of each field whose name could mean one."""

    because: str
    fields: Mapping[str, str]


_holdings: list[Holding] = []
_nobody: dict[type[models.Model], Nobody] = {}
_objections: list[Objection] = []


def holds(holding: Holding) -> None:
    """Register what a model holds; what is registered later is erased earlier."""
    _holdings.append(holding)


def holds_nobody(model: type[models.Model], because: str, **fields: str) -> None:
    """Say that a model holds no person, and of each field that looks like one, what it is."""
    _nobody[model] = Nobody(because, fields)


def objects_to_erasure(find: Objection) -> Objection:
    """Register a function that gives the reasons, fit for the person, why they cannot go yet.

    Within the transaction that erases it is called with `lock=True`, and then locks the rows that
    its answer rests on.
    """
    _objections.append(find)
    return find


def holdings() -> list[Holding]:
    return list(_holdings)


def nobody() -> dict[type[models.Model], Nobody]:
    return dict(_nobody)


def objections(person: Person, *, lock: bool = False) -> list[str]:
    """List why a person cannot be erased yet, in words; apps are asked, and lock, bottom first."""
    return [str(why) for find in _objections for why in find(person, lock=lock)]


def locked(rows: Rows, *, lock: bool) -> Rows:
    """Give rows in the order of their keys, locked if wished; new rows may still refer to them."""
    ordered = rows.order_by("pk")
    return ordered.select_for_update(of=("self",), no_key=True) if lock else ordered


def erased_email(key: object = None) -> str:
    """Give an address that reaches nobody and names nobody; "invalid" is reserved by RFC 2606."""
    return f"erased-{key or uuid.uuid4()}@{ERASED_DOMAIN}"


def is_erased(email: str) -> bool:
    return email.endswith(f"@{ERASED_DOMAIN}")


def fields_of(row: models.Model, *names: str) -> dict[str, Any]:
    """Give some of a row's fields for an export, by their names."""
    return {name: getattr(row, name) for name in names}


def named(kind: str, rows: Rows) -> Any:
    """Give, as a query, how mails and calls name these rows: "order:<uuid>"."""
    name = Concat(Value(f"{kind}:"), Cast(F("uuid"), TextField()), output_field=TextField())
    return rows.order_by().annotate(named=name).values("named")


def moves_of(row: Any, person: Person) -> list[dict[str, Any]]:
    """Give the history of a thing with a life, other people's part in it without their number."""
    return [
        {"at": m.at, "to": m.to_status, "by": who_to(person, m.by), "why": m.why}
        for m in row.moves.all()
    ]


def who_to(person: Person, actor: str) -> str:
    """Say to a person who did something: "you", "somebody else", or the machine that did."""
    if actor == person.actor:
        return "you"
    return "somebody else" if actor.startswith("user:") else actor

"""Exports of what the shop holds of a person, and their deletion, across all apps.

Each app's `privacy.py` says what it holds; `makers_market.core.privacy` explains how.
"""

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from allauth.account.models import EmailAddress
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinatePeriodicDefer,
    ProcrastinateWorker,
)

from accounts.models import User
from accounts.services import leaving
from makers_market.core import privacy
from makers_market.core.audit_log import personal, record
from makers_market.core.errors import Refusal
from makers_market.core.models import AuditEntry, Change, Edition, MarketState
from makers_market.core.privacy import Holding, Person, fields_of, who_to
from makers_market.desk import tasks
from notifications import farewell
from notifications import tasks as notifications

# Up to here an export stays in memory; beyond, in a file that has no name.
IN_MEMORY_BYTES = 5 * 1024 * 1024


class CannotLeaveYet(Refusal):
    """Something must be settled first; `reasons` says what, each in a sentence."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class WrongAddress(Refusal):
    """The typed address is not the account's."""

    def __init__(self) -> None:
        super().__init__(_("This is not the e-mail address of your account."))


class HasAccount(Refusal):
    """The address belongs to an account, which is erased as a whole."""

    def __init__(self) -> None:
        super().__init__(_("This address belongs to an account: erase the account instead."))


def person_of(user: User) -> Person:
    """Say whose data is meant by an account: its own, and what came under its proven addresses."""
    proven = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return Person(user.pk, frozenset(email.lower() for email in proven))


def reasons_to_stay(user: User) -> list[str]:
    """List why an account cannot be erased yet, in words."""
    return privacy.objections(person_of(user))


@transaction.atomic
def export_account(user: User, *, by: str, at: datetime) -> IO[bytes]:
    """Write all that the shop holds of a person into a zip; gives it open at its beginning.

    One JSON file for each kind of thing, files beside it, and `about.json`, which counts them.
    Holds nothing of other people and no secret. The audit log says that it was made.
    """
    record("account.exported", user, by=by, at=at)
    return _export(person_of(user), at)


@transaction.atomic
def export_guest(email: str, *, by: str, at: datetime) -> IO[bytes]:
    """Write what somebody without an account has left under an address, as `export_account` does.

    Raises HasAccount.
    """
    email = email.strip().lower()
    if account_of(email) is not None:
        raise HasAccount
    record("guest.exported", "guest", by=by, at=at, changes={"email": ("", personal(email))})
    return _export(Person(0, frozenset({email})), at)


def _export(person: Person, at: datetime) -> IO[bytes]:
    target: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  # the door closes it
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in _files_of(person, at):
            archive.writestr(name, content)
    target.seek(0)
    return target


def _files_of(person: Person, at: datetime) -> Iterator[privacy.File]:
    counts: dict[str, int] = {}
    for holding in privacy.holdings():
        rows = list(holding.find(person))
        counts[holding.kind] = len(rows)
        yield f"{holding.kind}.json", _json([holding.show(row, person) for row in rows])
        if holding.files is not None:
            for name, content in chain.from_iterable(map(holding.files, rows)):
                yield f"{holding.kind}/{name}", content
    yield "about.json", _json({"made_at": at, "counts": counts})


def _json(content: Any) -> bytes:
    return json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2).encode()


@transaction.atomic
def erase_account(user_id: int, *, typed_email: str | None, by: str, at: datetime) -> None:
    """Erase a person: rows go, orders and books stay without them, and the account is closed.

    Repeating it does nothing. `typed_email` is what the person typed to confirm; None when an
    operator's command asks. Locks the account, then what the refusals rest on. Raises
    WrongAddress, or CannotLeaveYet with every reason. A last mail confirms it.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.erased_at is not None:
        return
    if typed_email is not None and typed_email.strip().lower() != user.email.lower():
        raise WrongAddress
    person = person_of(user)
    _refuse_unsettled(person)
    leaving.close_applications(user, by=by, at=at)
    leaving.close_account(user, by=by, at=at)
    _erase(person)
    _say_farewell(user.email, user.language, at)
    _sweep_sessions(person.user_id, person.emails | {user.email.lower()})


@transaction.atomic
def erase_guest(email: str, *, by: str, at: datetime) -> int:
    """Erase somebody who has ordered without an account; gives how many rows were touched.

    Raises HasAccount, or CannotLeaveYet with every reason. The audit log keeps a digest.
    """
    email = email.strip().lower()
    if account_of(email) is not None:
        raise HasAccount
    person = Person(0, frozenset({email}))
    _refuse_unsettled(person)
    touched = _erase(person)
    record("guest.erased", "guest", by=by, at=at, changes={"email": (personal(email), "")})
    _sweep_sessions(0, person.emails)
    return touched


def account_of(email: str) -> User | None:
    """Find the account to which an address belongs: as its own, or as one proven to be."""
    proven = EmailAddress.objects.filter(email__iexact=email, verified=True).values("user")
    return User.objects.filter(Q(email__iexact=email) | Q(pk__in=proven)).first()


def count_held(email: str) -> dict[str, int]:
    """Count what is held of the person with this address, by kind; only where there is any."""
    account = account_of(email)
    person = person_of(account) if account else Person(0, frozenset({email.lower()}))
    counts = {holding.kind: holding.find(person).count() for holding in privacy.holdings()}
    return {kind: count for kind, count in counts.items() if count}


def _refuse_unsettled(person: Person) -> None:
    reasons = privacy.objections(person, lock=True)
    if reasons:
        raise CannotLeaveYet(reasons)


def _erase(person: Person) -> int:
    """Let each app erase, the upper ones first: they find their rows through the lower ones."""
    return sum(holding.erase(person) for holding in reversed(privacy.holdings()))


def _say_farewell(recipient: str, language: str, at: datetime) -> None:
    mail_id = farewell.queue_farewell(recipient=recipient, language=language, at=at)
    notifications.say_farewell.defer(mail_id=mail_id)


def _sweep_sessions(user_id: int, emails: frozenset[str]) -> None:
    """Have typed addresses taken out of sessions; the job knows them by digest only."""
    digests = sorted(personal(email) for email in emails)
    tasks.sweep_sessions.defer(user_id=user_id, digests=digests)


privacy.holds(
    Holding(
        model=AuditEntry,
        kind="audit_log",
        find=lambda person: AuditEntry.objects.filter(
            Q(actor=person.actor) | Q(subject=person.actor)
        ),
        show=lambda row, person: {
            "by": who_to(person, row.actor),
            **fields_of(row, "at", "action", "subject", "changes", "why"),
        },
        keeps=(
            "Who did what is kept for the safety of everybody’s money and data (GDPR, article"
            " 6(1)(f)): by number, personal values as digests that nobody can turn back."
        ),
    )
)
privacy.holds_nobody(Change, "That a public page changed.")
privacy.holds_nobody(Edition, "How often public pages changed.")
privacy.holds_nobody(MarketState, "Whether the shop is open.")
privacy.holds_nobody(
    ProcrastinateJob,
    "Work to be done; it names rows by number.",
    args="numbers of rows, and digests; a test looks for personal data there",
    queue_name="a queue's",
    task_name="a task's",
)
privacy.holds_nobody(ProcrastinateEvent, "When a job began and ended.")
privacy.holds_nobody(ProcrastinatePeriodicDefer, "When a job was due.", task_name="a task's")
privacy.holds_nobody(ProcrastinateWorker, "That a worker is alive.")

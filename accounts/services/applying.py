"""Becoming a maker: apply, send the application in, and what an operator decides about it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker, Membership, TeamRole, User
from accounts.queries import checklist_of
from accounts.signals import maker_decided
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.lifecycle import IllegalMove

WORKSHOPS_MAX = 3
SLUG_MAX = 40
REASON_MIN, REASON_MAX = 10, 200
# Before an operator has said yes; a person has one such workshop at a time.
UNDECIDED = (Maker.APPLYING, Maker.SUBMITTED, Maker.REJECTED)


class AlreadyApplied(Refusal):
    """This person's application is not answered yet."""


class TooManyWorkshops(Refusal):
    """This person owns as many workshops as one person may."""


class NotReady(Refusal):
    """The application lacks something; `missing` holds the titles of what it lacks."""

    def __init__(self, missing: list[str]) -> None:
        words = _("Your application is not complete yet. Still missing: %(missing)s.")
        super().__init__(words % {"missing": "; ".join(missing)})
        self.missing = missing


class ReasonNeeded(Refusal):
    """A decision that people would ask about has no reason, or one too long to be mailed."""


class OwnWorkshop(Refusal):
    """Nobody decides about a workshop that they work in."""


class SeenAnother(Refusal):
    """The application was changed after the operator opened the page."""


@dataclass(frozen=True)
class Application:
    """What somebody says who wants to sell; `sentence` says what they make."""

    name: str
    first_name: str
    craft: str
    place: str
    sentence: str


@transaction.atomic
def apply_to_sell(application: Application, *, applicant_id: int, at: datetime) -> Maker:
    """Begin an application: a workshop that nobody sees yet, with the applicant as its owner.

    Locks the person, so that sending the form twice makes one workshop: the same name again gives
    the one that is there. Raises AlreadyApplied or TooManyWorkshops.
    """
    applicant = User.objects.select_for_update(no_key=True).get(pk=applicant_id)
    owned = Maker.objects.filter(
        memberships__user=applicant, memberships__role=TeamRole.OWNER
    ).exclude(status=Maker.CLOSED)
    waiting = next((maker for maker in owned if maker.status in UNDECIDED), None)
    if waiting and waiting.name == application.name:
        return waiting
    if waiting:
        raise AlreadyApplied(_("You have an application already: go on with it in your workshop."))
    if len(owned) >= WORKSHOPS_MAX:
        raise TooManyWorkshops(_("You have three workshops already, and that is as many as fit."))
    by = f"user:{applicant.pk}"
    maker = _new_maker(application)
    maker.starting_move(by=by, at=at).save()
    Membership.objects.create(maker=maker, user=applicant, role=TeamRole.OWNER)
    record("maker.applied", maker, by=by, at=at, maker=maker.pk, changes={"name": ("", maker.name)})
    return maker


def _new_maker(application: Application) -> Maker:
    """Make the row under the first free slug; another's insert at the same time takes the next."""
    base = slugify(application.name)[:SLUG_MAX].strip("-") or "workshop"
    for number in count(1):
        slug = base if number == 1 else f"{base}-{number}"
        maker, created = Maker.objects.get_or_create(
            slug=slug,
            defaults={
                "name": application.name,
                "first_name": application.first_name,
                "craft": application.craft,
                "place": application.place,
                "story": application.sentence,
            },
        )
        if created:
            break
    return maker


def locked(maker_id: int) -> Maker:
    """Lock a workshop's row; what refers to it (orders, pieces) goes on meanwhile."""
    return Maker.objects.select_for_update(no_key=True).get(pk=maker_id)


@transaction.atomic
def submit_application(maker_id: int, *, by: str, at: datetime) -> None:
    """Send an application in; twice is once. Raises NotReady with all that is missing."""
    maker = locked(maker_id)
    missing = [str(item.title) for item in checklist_of(maker).items if not item.is_done]
    if maker.status in (Maker.APPLYING, Maker.REJECTED) and missing:
        raise NotReady(missing)
    _move(maker, Maker.SUBMITTED, action="maker.submitted", by=by, at=at)


@transaction.atomic
def withdraw_application(maker_id: int, *, by: str, at: datetime) -> None:
    """Take an application back, to change it; twice is once. Raises IllegalMove once decided."""
    maker = locked(maker_id)
    _move(maker, Maker.APPLYING, action="maker.withdrawn", by=by, at=at)


@transaction.atomic
def close_workshop(maker_id: int, *, by: str, at: datetime) -> None:
    """Close a workshop for good; its pieces leave the shop, its parcels stay to be sent.

    Raises IllegalMove while an application waits for its answer: withdraw it first.
    """
    maker = locked(maker_id)
    _show(maker, is_open=False)
    _move(maker, Maker.CLOSED, action="maker.closed", by=by, at=at)


@transaction.atomic
def approve_maker(
    maker_id: int, *, by: str, at: datetime, why: str = "", seen_move: int | None = None
) -> None:
    """Accept an application: the shop opens. Twice is once.

    `seen_move` is the newest MakerMove on the page that the operator read; an application that
    was taken back and sent again since raises SeenAnother. Tells maker_decided.
    """
    _decide(maker_id, Maker.SUBMITTED, Maker.APPROVED, by=by, at=at, why=why, seen_move=seen_move)


@transaction.atomic
def reject_maker(
    maker_id: int, *, by: str, at: datetime, why: str, seen_move: int | None = None
) -> None:
    """Decline an application with a reason; the applicant may change it and send it again.

    Raises ReasonNeeded or SeenAnother; tells maker_decided.
    """
    why = reasoned(why)
    _decide(maker_id, Maker.SUBMITTED, Maker.REJECTED, by=by, at=at, why=why, seen_move=seen_move)


@transaction.atomic
def suspend_maker(maker_id: int, *, by: str, at: datetime, why: str) -> None:
    """Take a shop and its pieces off the market at once; raises ReasonNeeded, tells maker_decided.

    Its team keeps the workshop: parcels that are paid for must still be sent.
    """
    why = reasoned(why)
    _decide(maker_id, Maker.APPROVED, Maker.SUSPENDED, by=by, at=at, why=why)


@transaction.atomic
def reinstate_maker(maker_id: int, *, by: str, at: datetime, why: str = "") -> None:
    """Put a suspended shop and its pieces back on the market; tells maker_decided."""
    _decide(maker_id, Maker.SUSPENDED, Maker.APPROVED, by=by, at=at, why=why)


def reasoned(why: str) -> str:
    """Give a reason without the space around it; raises ReasonNeeded if it is no reason."""
    why = why.strip()
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise ReasonNeeded(_("Give the reason in 10 to 200 characters: the maker will read it."))
    return why


def refuse_own_workshop(maker_id: int, *, by: str) -> None:
    """Raise OwnWorkshop for a decision by somebody who works in this workshop."""
    if Membership.objects.filter(maker_id=maker_id, user_id=person_of(by)).exists():
        raise OwnWorkshop(_("You work in this workshop: another operator must decide."))


def _decide(
    maker_id: int,
    before: str,
    after: str,
    *,
    by: str,
    at: datetime,
    why: str,
    seen_move: int | None = None,
) -> None:
    maker = locked(maker_id)
    refuse_own_workshop(maker_id, by=by)
    if maker.status == after:
        return
    if maker.status != before:
        raise IllegalMove("Maker", maker.status, after)
    if seen_move is not None and _newest_move(maker) != seen_move:
        raise SeenAnother(_("The application was changed after you opened it: read it again."))
    # A shop is open only while approved: it closes before it moves, and opens after.
    _show(maker, is_open=False)
    _move(maker, after, action=f"maker.{after}", by=by, at=at, why=why)
    _show(maker, is_open=after == Maker.APPROVED)
    maker_decided.send(sender=Maker, move_id=_newest_move(maker))


def _move(maker: Maker, status: str, *, action: str, by: str, at: datetime, why: str = "") -> None:
    before = maker.status
    if maker.move_to(status, by=by, at=at, why=why):
        changes = {"status": (before, status)}
        record(action, maker, by=by, at=at, maker=maker.pk, changes=changes, why=why)


def _show(maker: Maker, *, is_open: bool) -> None:
    if maker.is_open != is_open:
        maker.is_open = is_open
        maker.save(update_fields=["is_open"])


def _newest_move(maker: Maker) -> int:
    return int(maker.moves.order_by("-pk").values_list("pk", flat=True)[0])


def person_of(by: str) -> int:
    """Give the id of the person in an actor's name ("user:7"); 0 for one that is no person."""
    kind, _colon, number = by.partition(":")
    return int(number) if kind == "user" and number.isdigit() else 0

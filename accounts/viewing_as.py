"""Seeing a workshop as its maker does: read-only, for 15 minutes, every page on record."""

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker, User
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

LASTS = timedelta(minutes=15)
# Where the session keeps whose workshop is looked at, and until when.
VIEWING = "viewing_as"
POWER = "view_as"


class NotAllowed(Refusal):
    """Only some operators may look at a workshop as its maker."""

    def __init__(self) -> None:
        super().__init__(_("You may not look at workshops as their makers."))


def begin(request: HttpRequest, maker: Maker, *, why: str, at: datetime) -> None:
    """Let the signed-in operator see this workshop until `LASTS` from now; recorded.

    Raises NotAllowed.
    """
    user = request.user
    if not isinstance(user, User) or not user.can(POWER):
        raise NotAllowed
    until = at + LASTS
    request.session[VIEWING] = {"maker": maker.pk, "until": until.isoformat()}
    changes = {"until": ("", until.isoformat())}
    _note("view_as.started", request, maker.pk, at=at, why=why, changes=changes)


def end(request: HttpRequest, *, at: datetime, why: str = "") -> None:
    """End the look at a workshop, if there is one; recorded."""
    marker = request.session.pop(VIEWING, None)
    if marker:
        _note("view_as.ended", request, marker["maker"], at=at, why=why)


def viewed(request: HttpRequest, *, at: datetime) -> Maker | None:
    """Give the workshop this operator looks at; a look whose time or right is over is ended."""
    marker = request.session.get(VIEWING)
    user = request.user
    if not marker or not isinstance(user, User):
        return None
    if not user.can(POWER):
        end(request, at=at, why="no longer allowed")
        return None
    if at >= datetime.fromisoformat(marker["until"]):
        end(request, at=at, why="time is over")
        return None
    return Maker.objects.filter(pk=marker["maker"]).first()


def note_page(request: HttpRequest, maker: Maker, *, at: datetime) -> None:
    """Record that a page of this workshop was seen; the address without its question."""
    _note("view_as.page", request, maker.pk, at=at, why=request.path)


def _note(
    action: str,
    request: HttpRequest,
    maker_id: int,
    *,
    at: datetime,
    why: str,
    changes: dict[str, tuple[str, str]] | None = None,
) -> None:
    by = f"user:{request.user.pk}"
    record(action, f"maker:{maker_id}", by=by, at=at, maker=maker_id, changes=changes, why=why)

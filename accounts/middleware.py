"""Every request in the workshop runs behind the wall of the one maker it is made for."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import viewing_as
from accounts.models import Maker, Membership, TeamRole, User
from makers_market.core.db import as_workshop

WORKSHOP = "/workshop/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Where the session remembers which of several workshops its person is in.
CHOSEN = "workshop"


@dataclass(frozen=True)
class Workplace:
    """Whose workshop a request is made in, and as what: it comes from the session alone."""

    maker: Maker
    membership: Membership
    others: tuple[Maker, ...] = ()
    # An operator looks at it as its maker would, and can change nothing.
    is_view_as: bool = False

    def can(self, ability: str) -> bool:
        """Tell whether the person may do that here; raises KeyError for an unknown ability."""
        may = self.membership.can(ability)
        is_kept = self.is_view_as and ability == "see_money"
        return may and (not is_kept or self.membership.user.can("see_money"))

    @property
    def way_out(self) -> str:
        """Where an operator ends looking: at the desk, so no template of the workshop finds it."""
        return reverse("admin:end_view_as")


class WorkshopMiddleware:
    """Gives a request below /workshop/ its workplace, and the database role that goes with it.

    A request without one runs as a workshop that owns nothing, so that no page of the workshop
    can be reached around the wall.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(WORKSHOP):
            return self.get_response(request)
        workplace = workplace_of(request)
        request.workplace = workplace  # type: ignore[attr-defined]
        if workplace and workplace.is_view_as:
            _only_look(request, workplace)
        maker_id = workplace.maker.pk if workplace else 0
        sees_money = bool(workplace and workplace.can("see_money"))
        with as_workshop(maker_id, sees_money=sees_money):
            response = self.get_response(request)
            if hasattr(request, "workshop_failed"):
                transaction.set_rollback(True)
            return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Note that the view failed: what it had changed is rolled back, whoever answers."""
        request.workshop_failed = True  # type: ignore[attr-defined]


def _only_look(request: HttpRequest, workplace: Workplace) -> None:
    """Refuse an operator who looks at a workshop every change; put each page seen on record."""
    if request.method not in SAFE:
        raise PermissionDenied("read-only: viewing as a maker")
    viewing_as.note_page(request, workplace.maker, at=timezone.now())


def workplace_of(request: HttpRequest) -> Workplace | None:
    """Find the workshop of the signed-in person: the one chosen in the session, or the first.

    An operator who views a workshop as its maker is in that one, whatever else is theirs.
    """
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    if seen := viewing_as.viewed(request, at=timezone.now()):
        owner = Membership(maker=seen, user=user, role=TeamRole.OWNER)
        return Workplace(seen, owner, is_view_as=True)
    memberships = list(user.memberships.select_related("maker").order_by("pk"))
    if not memberships:
        return None
    chosen = request.session.get(CHOSEN)
    here = next((each for each in memberships if each.maker_id == chosen), memberships[0])
    others = tuple(each.maker for each in memberships if each != here)
    return Workplace(here.maker, here, others)

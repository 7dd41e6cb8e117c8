"""The switch of the whole shop: what it tells everybody, and whether it takes changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.models import MarketState

FIELDS = ("is_read_only", "reason_en", "reason_pt", "announcement_en", "announcement_pt")
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
RETRY_AFTER_SECONDS = 300
# Signing in and out stays possible: operators must get in to open the shop again.
SIGN_IN = frozenset(
    {
        "account_login",
        "account_logout",
        "account_request_login_code",
        "account_confirm_login_code",
        "account_reauthenticate",
        "account_email_verification_sent",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_login_webauthn",
        "house_start",
        "end_session",
        "end_other_sessions",
    }
)


class ReasonMissing(Refusal):
    """The shop is closed for changes only with a reason for its visitors."""

    def __init__(self) -> None:
        super().__init__(_("Say in a sentence why the shop takes no changes."))


class SwitchedMeanwhile(Refusal):
    """Somebody else switched the shop after this page was shown."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else changed this meanwhile. Look at it again."))


def state() -> MarketState:
    """Give the state of the shop as it is now; before the first switch, an open shop's."""
    return MarketState.objects.filter(pk=MarketState.ROW).first() or MarketState(pk=MarketState.ROW)


@transaction.atomic
def switch_market(
    *, wished: dict[str, Any], seen_at: datetime | None, by: str, at: datetime
) -> bool:
    """Set the fields of the shop's state; True if any changed. Locks the row.

    `seen_at` is the time of the change that the page was made from. Raises ReasonMissing and
    SwitchedMeanwhile.
    """
    MarketState.objects.get_or_create(pk=MarketState.ROW)
    row = MarketState.objects.select_for_update().get(pk=MarketState.ROW)
    if row.changed_at != seen_at:
        raise SwitchedMeanwhile
    changes = {
        name: (getattr(row, name), wished[name])
        for name in FIELDS
        if getattr(row, name) != wished[name]
    }
    if wished["is_read_only"] and not wished["reason_en"].strip():
        raise ReasonMissing
    if not changes:
        return False
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    row.changed_at = at
    row.save()
    record("market.switched", row, by=by, at=at, changes=changes)
    return True


class ReadOnlyMiddleware:
    """While the shop is read-only, answers every change with 503 and the reason.

    Open stay the operators' desk, sign-in and sign-out, and machines that sign their calls: money
    that was paid is never lost. The row is read afresh for each unsafe request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.method in SAFE or _stays_open(request, view):
            return None
        try:
            return refusal(request)
        except (OperationalError, InterfaceError):
            # The view meets the same and is answered 503 by RequestMiddleware.
            return None


def refusal(request: HttpRequest) -> HttpResponse | None:
    """Give the page that says why the shop takes no changes, 503; None while it takes them.

    For the middleware, and for a door that people come back to by GET and that changes something.
    """
    now = state()
    return _closed(request, now) if now.is_read_only else None


def _stays_open(request: HttpRequest, view: Any) -> bool:
    match = request.resolver_match
    name = match.view_name if match else ""
    return name in SIGN_IN or name.startswith("admin:") or getattr(view, "is_machine_door", False)


def _closed(request: HttpRequest, now: MarketState) -> HttpResponse:
    response = render(request, "closed.html", {"reason": now.reason}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    # HTMX shows no error pages: it loads the page anew, which says why it is closed.
    response["HX-Refresh"] = "true"
    return response

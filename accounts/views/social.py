"""Doors to sign-in by another house: the way out, the way back, and what is connected."""

import logging
from datetime import datetime

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.socialaccount.internal.statekit import stash_state, unstash_state
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import activate, get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import oidc, services
from accounts.proof import freshly_proven
from accounts.social import COGNITO, House, houses, ways
from makers_market.core import market_state
from makers_market.core.http import own_path
from makers_market.core.limits import take

log = logging.getLogger("makers_market.sign_in")
SIGN_IN, CONNECT = "sign_in", "connect"
# What can go wrong on the way, as socialaccount/problem.html names it, and the page's status.
STATUS = {
    "stale": 400, "stopped": 400, "distrusted": 403, "unproven": 403, "taken": 409, "other": 409,
    "away": 503,
}  # fmt: skip


def start(request: HttpRequest, house: str) -> HttpResponse:
    """Send somebody to a house to prove who they are there; they come back to `callback`."""
    if request.method != "POST":
        return redirect("security" if request.user.is_authenticated else "account_login")
    if request.POST.get("aim") == CONNECT:
        return _start_connecting(request, house)
    return _leave(request, house, SIGN_IN)


@freshly_proven
def _start_connecting(request: HttpRequest, house: str) -> HttpResponse:
    return _leave(request, house, CONNECT)


def _leave(request: HttpRequest, house_id: str, aim: str) -> HttpResponse:
    """Write down in the session what the way back must bring, and redirect to the house."""
    house = _house(house_id)
    take(request, "house", per="address")
    attempt = oidc.Attempt.begin()
    after = reverse("security" if aim == CONNECT else "home")
    kept = {
        "aim": aim,
        "next": own_path(request.POST.get("next"), after),
        "language": get_language(),
        "user": request.user.pk,
        "nonce": attempt.nonce,
        "verifier": attempt.verifier,
    }
    state = stash_state(request, provider_id=house.id, state=kept)
    more = _asked_of(house, request.POST.get("through", ""))
    try:
        return redirect(
            oidc.way_out(house.issuer, attempt, state=state, callback=house.callback, more=more)
        )
    except (oidc.Away, oidc.Distrusted) as error:
        return _trouble(request, house, error)


@require_GET
def callback(request: HttpRequest, house: str) -> HttpResponse:
    """Take somebody in who comes back from a house, as the attempt in their session says."""
    known = _house(house)
    # Read once and used up: an answer that is played back later meets no attempt.
    kept = unstash_state(request, state_id=request.GET.get("state", ""), provider_id=known.id)
    if kept is None or kept.get("user") != request.user.pk:
        return _problem(request, known, "stale")
    activate(kept["language"])
    if "error" in request.GET or "code" not in request.GET:
        stopped = request.GET.get("error") == "access_denied"
        return _problem(request, known, "stopped" if stopped else "distrusted")
    try:
        identity = oidc.who_came_back(
            known.issuer,
            oidc.Attempt(nonce=kept["nonce"], verifier=kept["verifier"]),
            code=request.GET["code"],
            callback=known.callback,
            told_issuer=request.GET.get("iss"),
        )
    except (oidc.Away, oidc.Distrusted) as error:
        return _trouble(request, known, error)
    finish = _connect if kept["aim"] == CONNECT else _sign_in
    return finish(request, known, identity, kept["next"])


def _sign_in(
    request: HttpRequest, house: House, identity: oidc.Identity, after: str
) -> HttpResponse:
    """Sign in the person of this identity, who may be new; a second factor is still asked for."""
    at = timezone.now()
    person = services.person_of(identity, house=house.id)
    if person is None:
        if closed := market_state.refusal(request):
            return closed
        try:
            language = get_language() or settings.LANGUAGE_CODE
            person = services.join_with(identity, house=house.id, language=language, at=at)
        except services.AddressUnproven:
            return _problem(request, house, "unproven")
        except services.AddressTaken:
            return _problem(request, house, "taken")
    _hear(identity, house, person.pk, at)
    record_authentication(request, person, "socialaccount", provider=house.id, uid=identity.uid)
    return perform_login(request, person, redirect_url=after)


def _connect(
    request: HttpRequest, house: House, identity: oidc.Identity, after: str
) -> HttpResponse:
    """Connect the identity with the account that was proven just before it left for the house."""
    if closed := market_state.refusal(request):
        return closed
    try:
        services.connect_identity(
            user_id=request.user.pk,  # type: ignore[arg-type]  # the attempt names them
            identity=identity,
            house=house.id,
            by=f"user:{request.user.pk}",
            at=timezone.now(),
        )
    except services.IdentityTaken:
        return _problem(request, house, "other")
    messages.success(request, _("Connected. From now on you can sign in that way."))
    return redirect(after)


def disconnect(request: HttpRequest) -> HttpResponse:
    """Take a connected identity off one's account."""
    if request.method != "POST":
        return redirect("security")
    return _disconnect(request)


@freshly_proven
def _disconnect(request: HttpRequest) -> HttpResponse:
    try:
        is_gone = services.disconnect_identity(
            user_id=request.user.pk,  # type: ignore[arg-type]
            identity_id=_number(request.POST.get("identity", "")),
            by=f"user:{request.user.pk}",
            at=timezone.now(),
        )
    except services.LastWayIn as refusal:
        messages.error(request, str(refusal))
        return redirect("security")
    if not is_gone:
        raise Http404
    messages.success(request, _("Disconnected. That way in is closed."))
    return redirect("security")


def _hear(identity: oidc.Identity, house: House, user_id: int, at: datetime) -> None:
    """Take in what the house tells of a person besides who they are."""
    services.fill_name(user_id=user_id, name=identity.name)
    if house.id == COGNITO:
        services.follow_groups(user_id=user_id, identity=identity, by=f"house:{house.id}", at=at)


def _asked_of(house: House, through: str) -> dict[str, str]:
    """Give the house's own parameter: whom it is to ask in its turn, if we have that button."""
    has_button = any((way.house, way.through) == (house.id, through) for way in ways())
    return {"identity_provider": through} if through and has_button else {}


def _house(house_id: str) -> House:
    try:
        return houses()[house_id]
    except KeyError:
        raise Http404 from None


def _number(given: str) -> int:
    """Read a row's number; 0, which no row has, for what is none."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _trouble(
    request: HttpRequest, house: House, error: oidc.Away | oidc.Distrusted
) -> HttpResponse:
    kind = "away" if isinstance(error, oidc.Away) else "distrusted"
    log.warning("sign_in_elsewhere_failed", extra={"kind": f"{house.id} {kind}", "why": str(error)})
    return _problem(request, house, kind)


def _problem(request: HttpRequest, house: House, kind: str) -> HttpResponse:
    """Show what went wrong on the way, and where to go from there.

    Without links to itself in other languages: its address holds what the house told.
    """
    shown = {"house": house, "kind": kind, "page_languages": []}
    return render(request, "socialaccount/problem.html", shown, status=STATUS[kind])

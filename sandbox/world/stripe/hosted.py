"""The hosted payment page: plain forms, no JavaScript, and no money."""

import re
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug import Response

from . import payments
from .charging import CARDS, CHALLENGED_CARD, DECLINED_CARD, GOOD_CARD, Card
from .errors import ApiError
from .platform import Platform
from .reading import line_items
from .store import Body

_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then send `Origin: null` with the forms.
    "Referrer-Policy": "same-origin",
}


class PageProblem(Exception):
    """Something the shopper can mend; the message is shown beside the form."""


def pages(platform: Platform) -> Blueprint:
    """Give the pages under /pay."""
    blueprint = Blueprint("hosted", __name__)
    desk = Desk(platform)
    blueprint.add_url_rule("/pay/<session_id>", view_func=desk.show, methods=["GET"])
    blueprint.add_url_rule("/pay/<session_id>", view_func=desk.choose, methods=["POST"])
    blueprint.add_url_rule(
        "/pay/<session_id>/challenge", view_func=desk.show_challenge, methods=["GET"]
    )
    blueprint.add_url_rule(
        "/pay/<session_id>/challenge", view_func=desk.answer_challenge, methods=["POST"]
    )
    return blueprint


class Desk:
    """The pages of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def show(self, session_id: str) -> Response:
        """Show where the session stands."""
        session = self._session(session_id)
        return self._page(session, "") if session else _not_found()

    def choose(self, session_id: str) -> Response:
        """Do what the pressed button says; a session that is not open just shows its state."""
        session = self._session(session_id)
        if session is None:
            return _not_found()
        outcome = request.form.get("outcome", "pay")
        try:
            if session["status"] == "open":
                return self._choose_open(session, outcome)
            if outcome in ("confirm", "fail"):
                {"confirm": payments.confirm, "fail": payments.fail}[outcome](
                    self._platform, session_id
                )
        except PageProblem as problem:
            return self._page(session, str(problem), status=422)
        except ApiError:
            # Somebody else was faster (a double submit, the clock): show what is true now.
            pass
        return redirect(f"/pay/{session_id}", 303)

    def _choose_open(self, session: Body, outcome: str) -> Response:
        if outcome == "back":
            if not session["cancel_url"]:
                raise PageProblem("This shop gave no way back.")
            return redirect(session["cancel_url"], 303)
        if outcome == "later" and "multibanco" not in session["payment_method_types"]:
            raise PageProblem("This shop does not take payments that are made later.")
        email = _email(session)
        if outcome == "later":
            payments.promise(self._platform, session["id"], email)
            return redirect(_success_url(session), 303)
        card = _card(outcome)
        if "card" not in session["payment_method_types"]:
            raise PageProblem("This shop does not take cards here.")
        return self._charge(session, card, email)

    def _charge(self, session: Body, card: Card, email: str) -> Response:
        path = f"/pay/{session['id']}"
        if card == CHALLENGED_CARD:
            payments.challenge(self._platform, session["id"], email)
            return redirect(f"{path}/challenge", 303)
        if card.decline:
            payments.decline(self._platform, session["id"], card)
            return redirect(path, 303)
        payments.pay(self._platform, session["id"], card, email)
        return redirect(_success_url(session), 303)

    def show_challenge(self, session_id: str) -> Response:
        """Show the bank's second step."""
        session = self._session(session_id)
        if session is None:
            return _not_found()
        if not self._is_challenged(session):
            return redirect(f"/pay/{session_id}", 303)
        return _html("challenge.html", session=session)

    def answer_challenge(self, session_id: str) -> Response:
        """Approve or refuse at the bank's second step."""
        session = self._session(session_id)
        if session is None:
            return _not_found()
        if self._is_challenged(session):
            if request.form.get("outcome") == "approve":
                payments.pay(self._platform, session_id, CHALLENGED_CARD)
            else:
                payments.refuse_challenge(self._platform, session_id)
        return redirect(f"/pay/{session_id}", 303)

    def _is_challenged(self, session: Body) -> bool:
        intent = self._intent(session)
        return session["status"] == "open" and intent.get("status") == "requires_action"

    def _session(self, session_id: str) -> Body | None:
        payments.expire_due(self._platform)
        return self._platform.store.get("checkout.session", session_id)

    def _intent(self, session: Body) -> Body:
        return self._platform.store.get("payment_intent", session["payment_intent"] or "") or {}

    def _page(self, session: Body, problem: str, *, status: int = 200) -> Response:
        intent = self._intent(session)
        if session["status"] == "complete" and session["payment_status"] == "paid":
            return redirect(_success_url(session), 303)
        if session["status"] == "complete":
            waiting = intent.get("status") == "processing"
            return _html("later.html", session=session, waiting=waiting, on=_success_url(session))
        if session["status"] == "expired":
            return _html("expired.html", session=session, status=410)
        return _html(
            "pay.html",
            session=session,
            lines=line_items(self._platform, session["id"]),
            problem=problem or (intent.get("last_payment_error") or {}).get("message", ""),
            card=request.form.get("card", "4242 4242 4242 4242"),
            email=request.form.get("email", "shopper@example.com"),
            status=status,
        )


def _email(session: Body) -> str:
    """Give the shopper's address: the shop's, or what was typed."""
    email = session["customer_email"] or request.form.get("email", "").strip()
    if not _EMAIL.match(email) or len(email) > 254:
        raise PageProblem("Please give an e-mail address.")
    return str(email)


def _card(outcome: str) -> Card:
    fixed = {"decline": DECLINED_CARD, "challenge": CHALLENGED_CARD}
    if outcome in fixed:
        return fixed[outcome]
    if outcome != "pay":
        raise PageProblem("Please press one of the buttons.")
    number = re.sub(r"[\s-]", "", request.form.get("card", GOOD_CARD.number))
    if number not in CARDS:
        raise PageProblem("Only the test cards listed below work here; never type a real one.")
    return CARDS[number]


def _success_url(session: Body) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _not_found() -> Response:
    return _html("missing.html", status=404)


def _html(template: str, *, status: int = 200, **values: Any) -> Response:
    response = Response(render_template(template, **values), status, mimetype="text/html")
    response.headers.update(_SECURITY)
    return response

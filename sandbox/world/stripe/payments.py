"""What a shopper, a bank and the clock do to a Checkout Session."""

from . import objects
from .charging import (
    CHALLENGED_CARD,
    DECLINED_CARD,
    GOOD_CARD,
    Card,
    capture,
    card_details,
    failed_charge,
)
from .errors import ApiError, bad_state
from .platform import BY_ITSELF, Cause, Platform
from .reading import fetch
from .store import Body


def save_session(platform: Platform, session: Body, *, private: Body | None = None) -> None:
    """Keep a session; only an open one has a time at which it expires."""
    due = session["expires_at"] if session["status"] == "open" else None
    platform.store.put(session, private=private, due=due)


def pay(platform: Platform, session_id: str, card: Card = GOOD_CARD, email: str = "") -> None:
    """Take the money by card; one transaction, events included. Raises ApiError unless open."""
    with platform.store.transaction():
        session = _open(platform, session_id)
        intent = _intent(platform, session, card.last4)
        _complete(session, intent, email, paid=True)
        charge = capture(platform, session, intent, method=card_details(card))
        _succeed(platform, intent, charge)
        save_session(platform, session)
        platform.announce("checkout.session.completed", session)


def decline(platform: Platform, session_id: str, card: Card = DECLINED_CARD) -> None:
    """Let the bank refuse; the session stays open with the reason at its intent."""
    with platform.store.transaction():
        session = _open(platform, session_id)
        intent = _intent(platform, session, card.last4)
        charge = failed_charge(platform, session, intent, card)
        error = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": card.decline or "generic_decline",
            "message": card.message or DECLINED_CARD.message,
            "charge": charge["id"],
        }
        intent["latest_charge"] = charge["id"]
        _fail(platform, intent, error)
        save_session(platform, session)


def challenge(platform: Platform, session_id: str, email: str = "") -> None:
    """Let the bank ask for a second step, like 3-D Secure."""
    with platform.store.transaction():
        session = _open(platform, session_id)
        if email:
            session["customer_details"] = customer_details(email)
        intent = _intent(platform, session, CHALLENGED_CARD.last4)
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {
                "url": f"{platform.public_url}/pay/{session_id}/challenge",
                "return_url": f"{platform.public_url}/pay/{session_id}",
            },
        }
        platform.store.put(intent)
        platform.announce("payment_intent.requires_action", intent)
        save_session(platform, session)


def refuse_challenge(platform: Platform, session_id: str) -> None:
    """Let the second step fail; the session stays open."""
    with platform.store.transaction():
        session = _open(platform, session_id)
        error = {
            "type": "card_error",
            "code": "payment_intent_authentication_failure",
            "message": "We are unable to authenticate your payment method. Please choose a"
            " different payment method and try again.",
        }
        _fail(platform, _intent(platform, session, CHALLENGED_CARD.last4), error)
        save_session(platform, session)


def promise(platform: Platform, session_id: str, email: str = "") -> None:
    """Let the shopper take a Multibanco reference: complete, but unpaid."""
    with platform.store.transaction():
        session = _open(platform, session_id)
        intent = _intent(platform, session, "")
        intent.update(status="processing", next_action=None, last_payment_error=None)
        platform.store.put(intent)
        _complete(session, intent, email, paid=False)
        save_session(platform, session)
        platform.announce("payment_intent.processing", intent)
        platform.announce("checkout.session.completed", session)


def confirm(platform: Platform, session_id: str) -> None:
    """Let the money of a promised payment arrive. Raises ApiError unless one is awaited."""
    with platform.store.transaction():
        session, intent = _awaited(platform, session_id)
        details = {
            "type": "multibanco",
            "multibanco": {"entity": "12345", "reference": "123456789"},
        }
        charge = capture(platform, session, intent, method=details)
        _succeed(platform, intent, charge)
        session["payment_status"] = "paid"
        save_session(platform, session)
        platform.announce("checkout.session.async_payment_succeeded", session)


def fail(platform: Platform, session_id: str) -> None:
    """Let a promised payment run out. Raises ApiError unless one is awaited."""
    with platform.store.transaction():
        session, intent = _awaited(platform, session_id)
        error = {
            "type": "invalid_request_error",
            "code": "payment_intent_payment_attempt_expired",
            "message": "The latest payment attempt of the PaymentIntent has expired.",
        }
        _fail(platform, intent, error)
        save_session(platform, session)
        platform.announce("checkout.session.async_payment_failed", session)


def expire(platform: Platform, session_id: str, cause: Cause = BY_ITSELF) -> Body:
    """Close an open session and cancel what was begun; gives the session."""
    with platform.store.transaction():
        session = fetch(platform, "checkout.session", session_id)
        if session["status"] != "open":
            raise bad_state(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
                f" Session has a status of `{session['status']}`."
            )
        session.update(status="expired", url=None)
        save_session(platform, session)
        platform.announce("checkout.session.expired", session, cause)
        if session["payment_intent"]:
            _cancel(platform, session["payment_intent"], cause)
        return session


def expire_due(platform: Platform) -> int:
    """Expire every open session whose time has run out by the stand-in's clock."""
    if not platform.store.overdue("checkout.session"):
        return 0
    with platform.store.transaction():
        overdue = platform.store.overdue("checkout.session")
        for session_id in overdue:
            expire(platform, session_id)
        return len(overdue)


def _open(platform: Platform, session_id: str) -> Body:
    session = fetch(platform, "checkout.session", session_id)
    if session["status"] != "open" or session["expires_at"] <= platform.now():
        raise bad_state(f"This Checkout Session has a status of `{session['status']}`.")
    return session


def _awaited(platform: Platform, session_id: str) -> tuple[Body, Body]:
    session = fetch(platform, "checkout.session", session_id)
    if session["payment_intent"]:
        intent = fetch(platform, "payment_intent", session["payment_intent"])
        if intent["status"] == "processing":
            return session, intent
    raise ApiError("No payment of this Checkout Session is awaited.")


def _intent(platform: Platform, session: Body, last4: str) -> Body:
    """Give the session's PaymentIntent; like Stripe, the first attempt to pay makes it."""
    if session["payment_intent"]:
        intent = fetch(platform, "payment_intent", session["payment_intent"])
    else:
        intent = objects.new(
            "payment_intent",
            amount=session["amount_total"],
            currency=session["currency"],
            created=platform.now(),
            payment_method_types=session["payment_method_types"],
            **platform.store.private(session["id"])["payment_intent_data"],
        )
        intent["client_secret"] = objects.new_id(f"{intent['id']}_secret_")
        session["payment_intent"] = intent["id"]
        platform.store.put(intent)
        platform.announce("payment_intent.created", intent)
    intent["payment_method"] = objects.new_id("pm_1")
    intent["next_action"] = None
    return intent


def _complete(session: Body, intent: Body, email: str, *, paid: bool) -> None:
    known = (session["customer_details"] or {}).get("email")
    session.update(
        status="complete",
        payment_status="paid" if paid else "unpaid",
        payment_intent=intent["id"],
        url=None,
        customer_details=customer_details(session["customer_email"] or email or known),
    )


def customer_details(email: str | None) -> Body:
    """Give what Checkout knows of the shopper."""
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {
        "address": {**dict.fromkeys(names), "country": "PT"},
        "email": email,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
        "business_name": None,
        "individual_name": None,
    }


def _succeed(platform: Platform, intent: Body, charge: Body) -> None:
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    platform.store.put(intent)
    platform.announce("payment_intent.succeeded", intent)


def _fail(platform: Platform, intent: Body, error: Body) -> None:
    intent.update(
        status="requires_payment_method",
        last_payment_error=error,
        next_action=None,
        payment_method=None,
    )
    platform.store.put(intent)
    platform.announce("payment_intent.payment_failed", intent)


def _cancel(platform: Platform, intent_id: str, cause: Cause) -> None:
    intent = fetch(platform, "payment_intent", intent_id)
    intent.update(
        status="canceled",
        canceled_at=platform.now(),
        cancellation_reason="expired",
        next_action=None,
    )
    platform.store.put(intent)
    platform.announce("payment_intent.canceled", intent, cause)

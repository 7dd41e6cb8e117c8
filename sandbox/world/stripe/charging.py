"""Charges, test cards, and what a charge does to the balance."""

from dataclasses import dataclass

from . import objects
from .platform import Platform
from .store import Body

FUNDS_DELAY = 2 * 24 * 3600
_FIXED_FEE_CENTS = 25


@dataclass(frozen=True)
class Card:
    """A test card: what the bank answers. `decline` is empty when the bank pays."""

    number: str
    decline: str = ""
    message: str = ""
    brand: str = "visa"

    @property
    def last4(self) -> str:
        """The digits a receipt shows."""
        return self.number[-4:]


GOOD_CARD = Card("4242424242424242")
DECLINED_CARD = Card("4000000000000002", "generic_decline", "Your card was declined.")
POOR_CARD = Card("4000000000009995", "insufficient_funds", "Your card has insufficient funds.")
CHALLENGED_CARD = Card("4000002500003155")
CARDS = {card.number: card for card in (GOOD_CARD, DECLINED_CARD, POOR_CARD, CHALLENGED_CARD)}


def fee_cents(amount: int) -> int:
    """Give Stripe's fee for a European card: 1.5 % rounded half up, plus 25 cents."""
    return (amount * 15 + 500) // 1000 + _FIXED_FEE_CENTS


def post_balance(platform: Platform, source: Body, *, type_: str, amount: int, fee: int = 0) -> str:
    """Book a balance transaction of `source`, in signed cents; gives its id."""
    now = platform.now()
    details = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    booked = objects.new(
        "balance_transaction",
        amount=amount,
        fee=fee,
        fee_details=[details] if fee else [],
        net=amount - fee,
        created=now,
        available_on=now + FUNDS_DELAY if amount > 0 and fee else now,
        currency=source["currency"],
        description=source.get("description"),
        source=source["id"],
        type=type_,
        reporting_category="charge" if type_ == "payment" else type_.replace("payment_", ""),
    )
    platform.store.put(booked)
    return str(booked["id"])


def card_details(card: Card) -> Body:
    """Give the charge's description of a card."""
    details = objects.new("charge")["payment_method_details"]
    details["card"].update(last4=card.last4, brand=card.brand, network=card.brand)
    return details


def capture(platform: Platform, session: Body, intent: Body, *, method: Body) -> Body:
    """Take the money of an intent: the charge, its balance transaction and its event."""
    charge = _charge(platform, session, intent, method)
    amount = charge["amount"]
    charge["amount_captured"] = amount
    type_ = "charge" if method["type"] == "card" else "payment"
    charge["balance_transaction"] = post_balance(
        platform, charge, type_=type_, amount=amount, fee=fee_cents(amount)
    )
    platform.store.put(charge)
    platform.announce("charge.succeeded", charge)
    return charge


def failed_charge(platform: Platform, session: Body, intent: Body, card: Card) -> Body:
    """Write down that the bank refused: a failed charge and its event."""
    charge = _charge(platform, session, intent, card_details(card))
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        failure_code="card_declined",
        failure_message=card.message or DECLINED_CARD.message,
    )
    charge["outcome"].update(
        network_status="declined_by_network",
        reason=card.decline or "generic_decline",
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )
    platform.store.put(charge)
    platform.announce("charge.failed", charge)
    return charge


def _charge(platform: Platform, session: Body, intent: Body, method: Body) -> Body:
    charge = objects.new(
        "charge",
        amount=intent["amount"],
        currency=intent["currency"],
        created=platform.now(),
        description=intent["description"],
        metadata=intent["metadata"],
        transfer_group=intent["transfer_group"],
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        payment_method_details=method,
        receipt_email=intent["receipt_email"],
    )
    details = session["customer_details"] or {}
    charge["billing_details"]["email"] = details.get("email") or session["customer_email"]
    if method["type"] != "card":
        # Stripe names what is not a card payment py_…
        charge["id"] = objects.new_id("py_3")
    else:
        method["card"]["overcapture"]["maximum_amount_capturable"] = intent["amount"]
    return charge

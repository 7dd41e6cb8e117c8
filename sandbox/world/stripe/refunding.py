"""What happens to a refund, from the request to a bank's late rejection."""

from typing import Any

from . import objects
from .charging import post_balance
from .errors import ApiError, bad_state
from .platform import BY_ITSELF, Cause, Platform
from .reading import fetch
from .store import Body

_MOVES = {("pending", "succeeded"), ("pending", "failed"), ("succeeded", "failed")}


def refund(
    platform: Platform,
    charge: Body,
    *,
    amount: int | None,
    fields: dict[str, Any],
    cause: Cause,
) -> Body:
    """Refund `amount` cents of a charge, None for all that is left; gives the refund.

    The knob `refunds` says what the bank does: `succeed` at once, stay `pending`, or `fail`
    right after the answer. Raises ApiError when the charge does not hold that much.
    """
    amount = _refundable(charge, amount)
    outcome = platform.knob("refunds") or "succeed"
    made = objects.new(
        "refund",
        amount=amount,
        charge=charge["id"],
        created=platform.now(),
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        status="succeeded" if outcome == "succeed" else "pending",
        **fields,
    )
    if made["status"] == "succeeded":
        _book(platform, made, charge)
    platform.store.put(made)
    _charge_refunded(platform, charge, amount)
    platform.announce("refund.created", made, cause)
    platform.announce("charge.refunded", charge, cause)
    if outcome == "fail":
        settle(platform, made["id"], "failed")
    return made


def settle(platform: Platform, refund_id: str, status: str) -> Body:
    """Let a refund turn `succeeded` or `failed`; gives it. Raises ApiError for an illegal move."""
    with platform.store.transaction():
        made = fetch(platform, "refund", refund_id)
        if (made["status"], status) not in _MOVES:
            raise ApiError(f"A refund that is {made['status']} cannot become {status}.")
        charge = fetch(platform, "charge", made["charge"])
        was, made["status"] = made["status"], status
        if status == "succeeded":
            _book(platform, made, charge)
        else:
            _give_back(platform, made, charge, booked=was == "succeeded")
        platform.store.put(made)
        platform.announce("refund.updated", made, BY_ITSELF)
        if status == "failed":
            platform.announce("refund.failed", made, BY_ITSELF)
        return made


def _refundable(charge: Body, amount: int | None) -> int:
    if charge["status"] != "succeeded":
        raise bad_state(f"Charge {charge['id']} has not been captured and cannot be refunded.")
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise bad_state(
            f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
        )
    if amount is not None and amount > left:
        raise ApiError(
            f"Refund amount (€{amount / 100:.2f}) is greater than unrefunded amount on charge"
            f" (€{left / 100:.2f})",
            param="amount",
            kept=True,
        )
    return left if amount is None else amount


def _book(platform: Platform, made: Body, charge: Body) -> None:
    """Take the money from the balance; Stripe keeps the fee of the payment."""
    type_ = "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund"
    made["balance_transaction"] = post_balance(platform, made, type_=type_, amount=-made["amount"])


def _give_back(platform: Platform, made: Body, charge: Body, *, booked: bool) -> None:
    made["failure_reason"] = "unknown"
    if booked:
        made["failure_balance_transaction"] = post_balance(
            platform, made, type_="refund_failure", amount=made["amount"]
        )
    _charge_refunded(platform, charge, -made["amount"])


def _charge_refunded(platform: Platform, charge: Body, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    platform.store.put(charge)

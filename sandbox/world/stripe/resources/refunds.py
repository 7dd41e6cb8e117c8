"""/v1/refunds."""

from .. import refunding
from ..errors import ApiError, bad_value
from ..reading import fetch, matching, page
from ..routes import CREATED, PAGING, Call, Routes
from ..store import Body
from .session_checks import check_metadata

routes = Routes()
_URL = "/v1/refunds"


@routes.post(
    _URL,
    params="_refund_create_params:RefundCreateParams",
    accepts=frozenset({"amount", "charge", "payment_intent", "reason", "metadata"}),
)
def create(call: Call) -> Body:
    """Refund a charge, whole or in part."""
    params = call.params
    check_metadata(params.get("metadata", {}), "metadata")
    if params.get("amount", 1) <= 0:
        raise bad_value("amount", "Invalid positive integer", "parameter_invalid_integer")
    charge = _charge(call)
    return refunding.refund(
        call.platform,
        charge,
        amount=params.get("amount"),
        fields={
            "metadata": params.get("metadata") or {},
            "reason": params.get("reason"),
        },
        cause=call.cause,
    )


def _charge(call: Call) -> Body:
    charge_id, intent_id = call.params.get("charge"), call.params.get("payment_intent")
    if not charge_id and not intent_id:
        raise ApiError(
            "One of the following params should be provided for this request:"
            " payment_intent or charge."
        )
    if intent_id:
        intent = fetch(call.platform, "payment_intent", intent_id, param="payment_intent")
        if charge_id and charge_id != intent["latest_charge"]:
            raise ApiError(f"The charge {charge_id} does not belong to {intent_id}.")
        if intent["status"] != "succeeded":
            raise ApiError(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                kept=True,
            )
        charge_id = intent["latest_charge"]
    return fetch(call.platform, "charge", charge_id or "", param="charge")


@routes.get(
    _URL,
    params="_refund_list_params:RefundListParams",
    accepts=PAGING | CREATED | {"charge", "payment_intent"},
)
def list_all(call: Call) -> Body:
    """List refunds, newest first."""
    return page(call, "refund", _URL, matching(call.params, "charge", "payment_intent"))


@routes.get(f"{_URL}/<object_id>", params="_refund_retrieve_params:RefundRetrieveParams")
def retrieve(call: Call) -> Body:
    """Give one refund."""
    return fetch(call.platform, "refund", call.id)

"""/v1/checkout/sessions."""

from .. import objects, payments
from ..errors import no_such
from ..reading import fetch, line_items, list_of, matching, page
from ..routes import CREATED, PAGING, Call, Routes
from ..store import Body
from . import session_checks

routes = Routes()
_URL = "/v1/checkout/sessions"
_TYPES = "checkout._session"
# The text fields of a session that are taken over as they were sent.
_COPIED = (
    "mode",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "locale",
    "submit_type",
    "metadata",
    "allowed_payment_method_types",
    "excluded_payment_method_types",
)
_INTENT_DATA = (
    "description",
    "metadata",
    "receipt_email",
    "statement_descriptor_suffix",
    "transfer_group",
)
_ACCEPTED = frozenset(
    {
        *(name for name in _COPIED if not name.endswith("_types")),
        "allowed_payment_method_types[]",
        "excluded_payment_method_types[]",
        "currency",
        "expires_at",
        "ui_mode",
        "line_items[][quantity]",
        "line_items[][metadata]",
        "line_items[][price]",
        "line_items[][price_data][currency]",
        "line_items[][price_data][unit_amount]",
        "line_items[][price_data][tax_behavior]",
        "line_items[][price_data][product_data][name]",
        "line_items[][price_data][product_data][description]",
        "line_items[][price_data][product_data][images][]",
        "line_items[][price_data][product_data][metadata]",
        *(f"payment_intent_data[{name}]" for name in _INTENT_DATA if name != "metadata"),
        "payment_intent_data[metadata]",
    }
)


@routes.post(_URL, params=f"{_TYPES}_create_params:SessionCreateParams", accepts=_ACCEPTED)
def create(call: Call) -> Body:
    """Make an open session and its hosted page."""
    params, now = call.params, call.platform.now()
    session_checks.check_new(params, now)
    items = [_line(line, now) for line in params["line_items"]]
    total = sum(item["amount_total"] for item in items)
    session_checks.check_total(total)
    session = objects.new(
        "checkout.session",
        created=now,
        expires_at=params.get("expires_at", now + session_checks.LONGEST_LIFE),
        amount_subtotal=total,
        amount_total=total,
        currency="eur",
        payment_method_types=session_checks.methods_offered(params),
        **{name: params[name] for name in _COPIED if name in params},
    )
    session["url"] = f"{call.platform.public_url}/pay/{session['id']}"
    if "customer_email" in params:
        session["customer_details"] = payments.customer_details(params["customer_email"])
    data = params.get("payment_intent_data", {})
    intent_data = {name: data[name] for name in _INTENT_DATA if name in data}
    private = {"line_items": items, "payment_intent_data": intent_data}
    payments.save_session(call.platform, session, private=private)
    return session


def _line(line: Body, now: int) -> Body:
    price_data, quantity = line["price_data"], line["quantity"]
    product = price_data["product_data"]
    amount = price_data["unit_amount"] * quantity
    item = objects.new(
        "item",
        amount_subtotal=amount,
        amount_total=amount,
        description=product["name"],
        quantity=quantity,
        metadata=line.get("metadata", {}),
    )
    item["price"].update(
        id=objects.new_id("price_1"),
        created=now,
        product=objects.new_id("prod_", 14),
        tax_behavior=price_data.get("tax_behavior", "unspecified"),
        unit_amount=price_data["unit_amount"],
        unit_amount_decimal=str(price_data["unit_amount"]),
    )
    return item


@routes.get(
    _URL,
    params=f"{_TYPES}_list_params:SessionListParams",
    accepts=PAGING | CREATED | {"payment_intent", "status", "customer_details[email]"},
)
def list_all(call: Call) -> Body:
    """List sessions, newest first."""
    filters = matching(call.params, "payment_intent", "status")
    if "customer_details" in call.params:
        email = call.params["customer_details"]["email"]
        filters.append(("json_extract(body, '$.customer_details.email') = ?", email))
    return page(call, "checkout.session", _URL, filters)


@routes.get(f"{_URL}/<object_id>", params=f"{_TYPES}_retrieve_params:SessionRetrieveParams")
def retrieve(call: Call) -> Body:
    """Give one session."""
    return fetch(call.platform, "checkout.session", call.id)


@routes.post(f"{_URL}/<object_id>/expire", params=f"{_TYPES}_expire_params:SessionExpireParams")
def expire(call: Call) -> Body:
    """Expire an open session at once."""
    return payments.expire(call.platform, call.id, call.cause)


@routes.get(
    f"{_URL}/<object_id>/line_items",
    params=f"{_TYPES}_list_line_items_params:SessionListLineItemsParams",
    accepts=PAGING,
)
def list_line_items(call: Call) -> Body:
    """List a session's lines in the order in which they were sent."""
    fetch(call.platform, "checkout.session", call.id)
    items = line_items(call.platform, call.id)
    ids = [item["id"] for item in items]
    start, end = 0, len(items)
    for param in ("starting_after", "ending_before"):
        cursor = call.params.get(param)
        if cursor is not None and cursor not in ids:
            raise no_such("item", cursor, param=param, status=400)
    if "starting_after" in call.params:
        start = ids.index(call.params["starting_after"]) + 1
    if "ending_before" in call.params:
        end = ids.index(call.params["ending_before"])
    limit = session_checks.checked_limit(call.params)
    shown = items[start:end][:limit]
    url = f"{_URL}/{call.id}/line_items"
    return list_of(shown, url, has_more=end - start > limit)

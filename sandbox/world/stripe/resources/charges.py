"""/v1/charges: read only, payments make them."""

from ..reading import fetch, matching, page
from ..routes import CREATED, PAGING, Call, Routes
from ..store import Body

routes = Routes()
_URL = "/v1/charges"


@routes.get(
    _URL,
    params="_charge_list_params:ChargeListParams",
    accepts=PAGING | CREATED | {"payment_intent", "transfer_group"},
)
def list_all(call: Call) -> Body:
    """List charges, newest first."""
    return page(call, "charge", _URL, matching(call.params, "payment_intent", "transfer_group"))


@routes.get(f"{_URL}/<object_id>", params="_charge_retrieve_params:ChargeRetrieveParams")
def retrieve(call: Call) -> Body:
    """Give one charge."""
    return fetch(call.platform, "charge", call.id)

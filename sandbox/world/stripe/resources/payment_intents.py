"""/v1/payment_intents: read only, the hosted page makes them."""

from ..reading import fetch, page
from ..routes import CREATED, PAGING, Call, Routes
from ..store import Body

routes = Routes()
_URL = "/v1/payment_intents"


@routes.get(
    _URL, params="_payment_intent_list_params:PaymentIntentListParams", accepts=PAGING | CREATED
)
def list_all(call: Call) -> Body:
    """List intents, newest first."""
    return page(call, "payment_intent", _URL, [])


@routes.get(
    f"{_URL}/<object_id>", params="_payment_intent_retrieve_params:PaymentIntentRetrieveParams"
)
def retrieve(call: Call) -> Body:
    """Give one intent."""
    return fetch(call.platform, "payment_intent", call.id)

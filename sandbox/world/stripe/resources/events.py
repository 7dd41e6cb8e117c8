"""/v1/events: what happened, for receivers that missed it."""

from ..errors import ApiError, bad_value
from ..reading import fetch, page
from ..routes import CREATED, PAGING, Call, Routes
from ..store import Body, Filter

routes = Routes()
_URL = "/v1/events"
_TYPE = "json_extract(body, '$.type')"
_OPEN_DELIVERY = (
    "exists (select 1 from deliveries"
    " where deliveries.event = objects.id and deliveries.state != 'done')"
)


@routes.get(
    _URL,
    params="_event_list_params:EventListParams",
    accepts=PAGING | CREATED | {"type", "types[]", "delivery_success"},
)
def list_all(call: Call) -> Body:
    """List events, newest first; `type` may end in `*`."""
    params = call.params
    if "type" in params and "types" in params:
        raise ApiError("You may pass either `type` or `types`, but not both.")
    filters: list[Filter] = []
    if "type" in params:
        filters.append((f"{_TYPE} glob ?", params["type"]))
    if "types" in params:
        filters.append(_one_of(params["types"]))
    if "delivery_success" in params:
        filters.append((f"not {_OPEN_DELIVERY} = ?", int(params["delivery_success"])))
    return page(call, "event", _URL, filters)


def _one_of(types: list[str]) -> Filter:
    if len(types) > 20:
        raise bad_value("types", "Invalid array: types can hold at most 20 items.")
    # One placeholder per filter: the names travel as one text between commas.
    return f"instr(?, ',' || {_TYPE} || ',') > 0", f",{','.join(types)},"


@routes.get(f"{_URL}/<object_id>", params="_event_retrieve_params:EventRetrieveParams")
def retrieve(call: Call) -> Body:
    """Give one event."""
    return fetch(call.platform, "event", call.id)

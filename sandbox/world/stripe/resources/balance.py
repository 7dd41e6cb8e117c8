"""/v1/balance and /v1/balance_transactions."""

from ..reading import fetch, matching, page
from ..routes import CREATED, PAGING, Call, Routes
from ..store import Body

routes = Routes()
_URL = "/v1/balance_transactions"


@routes.get("/v1/balance", params="_balance_retrieve_params:BalanceRetrieveParams")
def retrieve_balance(call: Call) -> Body:
    """Add up the balance transactions: what can be paid out now, and what is on its way."""
    sql = (
        "select coalesce(sum(json_extract(body, '$.net')), 0) as net from objects"
        " where kind = 'balance_transaction' and json_extract(body, '$.available_on')"
    )
    now = call.platform.now()
    available = call.platform.store.run(f"{sql} <= ?", (now,))[0]["net"]
    pending = call.platform.store.run(f"{sql} > ?", (now,))[0]["net"]
    return {
        "object": "balance",
        "available": [_amount(available)],
        "connect_reserved": [{"amount": 0, "currency": "eur"}],
        "livemode": False,
        "pending": [_amount(pending)],
    }


def _amount(cents: int) -> Body:
    return {"amount": cents, "currency": "eur", "source_types": {"card": cents}}


@routes.get(
    _URL,
    params="_balance_transaction_list_params:BalanceTransactionListParams",
    accepts=PAGING | CREATED | {"currency", "source", "type"},
)
def list_all(call: Call) -> Body:
    """List balance transactions, newest first."""
    filters = matching(call.params, "currency", "source", "type")
    return page(call, "balance_transaction", _URL, filters)


@routes.get(
    f"{_URL}/<object_id>",
    params="_balance_transaction_retrieve_params:BalanceTransactionRetrieveParams",
)
def retrieve(call: Call) -> Body:
    """Give one balance transaction."""
    return fetch(call.platform, "balance_transaction", call.id)

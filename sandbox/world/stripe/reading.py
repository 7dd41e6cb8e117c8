"""Reading objects: one, a page of many, and `expand`."""

import json
from typing import Any

from .errors import ApiError, bad_value, no_such
from .platform import Platform
from .routes import Call
from .store import Body, Filter

_NOUNS = {
    "checkout.session": "checkout.session",
    "payment_intent": "payment_intent",
    "charge": "charge",
    "refund": "refund",
    "balance_transaction": "balance transaction",
    "event": "event",
}
# What each kind can expand and the kind it leads to. None: Stripe can, but here it is always null.
_LINKS: dict[str, dict[str, str | None]] = {
    "checkout.session": {
        "payment_intent": "payment_intent",
        "line_items": "list",
        "customer": None,
        "invoice": None,
        "payment_link": None,
        "setup_intent": None,
        "subscription": None,
    },
    "payment_intent": {
        "latest_charge": "charge",
        "customer": None,
        "application": None,
        "review": None,
    },
    "charge": {
        "balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "refunds": "list",
        "customer": None,
        "application": None,
        "failure_balance_transaction": None,
        "review": None,
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "payment_intent": "payment_intent",
        "failure_balance_transaction": "balance_transaction",
    },
    "balance_transaction": {"source": "source"},
}
_DEEPEST = 4
_SOURCES = {"ch": "charge", "py": "charge", "re": "refund"}


def fetch(platform: Platform, kind: str, object_id: str, *, param: str = "") -> Body:
    """Give an object as it is now. Raises the 404 of Stripe, or its 400 when `param` named it."""
    body = platform.store.get(kind, object_id)
    if body is None:
        status = 400 if param else 404
        raise no_such(_NOUNS[kind], object_id, param=param or "id", status=status)
    return _fresh(platform, body)


def _fresh(platform: Platform, body: Body) -> Body:
    """Fill in what depends on the moment of reading."""
    if body["object"] == "balance_transaction" and body["available_on"] <= platform.now():
        body["status"] = "available"
    if body["object"] == "event":
        sql = "select count(*) as open from deliveries where event = ? and state in ('due', 'held')"
        body["pending_webhooks"] = platform.store.run(sql, (body["id"],))[0]["open"]
    return body


def list_of(data: list[Body], url: str, *, has_more: bool = False) -> Body:
    """Give Stripe's list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def matching(params: dict[str, Any], *names: str) -> list[Filter]:
    """Give filters for parameters that equal the object's field of the same name."""
    return [
        (f"json_extract(body, '$.{name}') = ?", params[name]) for name in names if name in params
    ]


def created_filters(params: dict[str, Any]) -> list[Filter]:
    """Give filters for `created`, which is a moment or {gt, gte, lt, lte}."""
    created = params.get("created")
    if created is None:
        return []
    signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    if isinstance(created, int):
        return [("created = ?", created)]
    return [(f"created {signs[name]} ?", moment) for name, moment in created.items()]


def page(call: Call, kind: str, url: str, filters: list[Filter]) -> Body:
    """Give one page of a list, newest first, with Stripe's cursors."""
    limit = call.params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise bad_value("limit", "Invalid limit: must be between 1 and 100.")
    after, before = call.params.get("starting_after"), call.params.get("ending_before")
    if after and before:
        raise ApiError("You cannot use both `starting_after` and `ending_before`.")
    where = list(filters) + created_filters(call.params)
    if after:
        where.append(("seq < ?", _cursor(call, kind, after, "starting_after")))
    if before:
        where.append(("seq > ?", _cursor(call, kind, before, "ending_before")))
    order = "asc" if before else "desc"
    found = call.platform.store.find(kind, where, order=order, limit=limit + 1)
    data = found[:limit][::-1] if before else found[:limit]
    shown = [_fresh(call.platform, body) for body in data]
    return list_of(shown, url, has_more=len(found) > limit)


def _cursor(call: Call, kind: str, object_id: str, param: str) -> int:
    place = call.platform.store.place(kind, object_id)
    if place is None:
        raise no_such(_NOUNS[kind], object_id, param=param, status=400)
    return place


def expand(platform: Platform, body: Body, paths: list[str]) -> Body:
    """Replace ids by objects along each path, such as `payment_intent.latest_charge`."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST + (steps[0] == "data"):
            raise bad_value("expand", f"You cannot expand more than {_DEEPEST} levels ({path}).")
        if body["object"] == "list" and steps[0] == "data":
            for each in body["data"]:
                _grow(platform, each, steps[1:], path)
        else:
            _grow(platform, body, steps, path)
    return body


def _grow(platform: Platform, body: Body, steps: list[str], path: str) -> None:
    if not steps:
        return
    name, *rest = steps
    links = _LINKS.get(body["object"], {})
    if name not in links:
        raise bad_value("expand", f"This property cannot be expanded ({path}).")
    leads_to = links[name]
    value = body.get(name)
    if leads_to == "list":
        body[name] = value if isinstance(value, dict) else sublist(platform, body, name)
        return
    if isinstance(value, str) and leads_to:
        kind = _SOURCES[value.split("_")[0]] if leads_to == "source" else leads_to
        body[name] = value = fetch(platform, kind, value)
    if isinstance(value, dict):
        _grow(platform, value, rest, path)


def sublist(platform: Platform, body: Body, name: str, *, most: int = 10) -> Body:
    """Give the list inside an object: a session's `line_items` or a charge's `refunds`."""
    if name == "refunds":
        filters: list[Filter] = [("json_extract(body, '$.charge') = ?", body["id"])]
        data = platform.store.find("refund", filters)
        url = f"/v1/charges/{body['id']}/refunds"
    else:
        data = line_items(platform, body["id"])
        url = f"/v1/checkout/sessions/{body['id']}/line_items"
    return list_of(data[:most], url, has_more=len(data) > most)


def line_items(platform: Platform, session_id: str) -> list[Body]:
    """Give a session's lines in the order in which they were sent."""
    items: list[Body] = platform.store.private(session_id)["line_items"]
    return json.loads(json.dumps(items))

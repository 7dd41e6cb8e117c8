"""New objects: Stripe's own examples with our values laid over them, so no key is missing."""

import json
import secrets
import string
from functools import cache
from pathlib import Path
from typing import Any

from .store import Body

_LETTERS = string.ascii_letters + string.digits
_PREFIXES = {
    "checkout.session": "cs_test_a1",
    "payment_intent": "pi_3",
    "charge": "ch_3",
    "refund": "re_3",
    "balance_transaction": "txn_3",
    "event": "evt_1",
    "item": "li_1",
}


@cache
def _skeletons() -> dict[str, str]:
    examples = json.loads(Path(__file__).with_name("skeletons.json").read_text("utf-8"))
    return {kind: json.dumps(example) for kind, example in examples.items()}


def new_id(prefix: str, length: int = 23) -> str:
    """Give a fresh id such as `pi_3Nf…`."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


def new(kind: str, **values: Any) -> Body:
    """Give a fresh object of a kind with `values` in place of the example's.

    Raises KeyError for a value whose key Stripe's object does not have.
    """
    body: Body = json.loads(_skeletons()[kind])
    length = 58 if kind == "checkout.session" else 23
    body["id"] = new_id(_PREFIXES[kind], length)
    for key, value in values.items():
        if key not in body:
            raise KeyError(f"{kind} has no {key}")
        body[key] = value
    return body

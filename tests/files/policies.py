"""What policies of AWS allow, for the parts of their language that ours use.

Within one account a request is allowed if the caller's own policies or the bucket's allow it and
none denies it. An operator that is not known here is an error, never a yes. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who asks: `kind` is AWS, Service or "*" (nobody known); its own policies come along."""

    kind: str
    name: str = ""
    policies: Sequence[Document] = ()


@dataclass(frozen=True)
class Request:
    """One call over TLS unless it says otherwise; `context` holds what conditions ask for."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def is_allowed(caller: Caller, request: Request, bucket_policy: Document) -> bool:
    """Tell whether the caller may do it; KeyError for a condition this evaluator does not know."""
    own = _effects(caller.policies, request, lambda _statement: True)
    theirs = _effects([bucket_policy], request, lambda statement: _names(statement, caller))
    effects = own | theirs
    return "Allow" in effects and "Deny" not in effects


def _effects(
    policies: Sequence[Document], request: Request, concerns: Callable[[Document], bool]
) -> set[str]:
    return {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if concerns(statement) and _applies(statement, request)
    }


def _applies(statement: Document, request: Request) -> bool:
    if {"NotAction", "NotResource", "NotPrincipal"} & statement.keys():
        raise KeyError("a statement by exception is not evaluated here")
    return (
        any(_like(request.action, each, fold=True) for each in _listed(statement["Action"]))
        and any(_like(request.resource, each) for each in _listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), request.context)
    )


def _names(statement: Document, caller: Caller) -> bool:
    principal = statement["Principal"]
    if principal == "*":
        return True
    named = _listed(principal.get(caller.kind, []))
    return caller.name in named or (caller.kind == "AWS" and "*" in named)


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    given = {key.lower(): value for key, value in context.items()}
    return all(
        any(OPERATORS[operator](given.get(key.lower()), each) for each in _listed(values))
        for operator, asked in condition.items()
        for key, values in asked.items()
    )


def _like(value: str | None, pattern: str, fold: bool = False) -> bool:
    if value is None:
        return False
    parts = re.split(r"([*?])", pattern)
    shape = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return bool(re.fullmatch(shape, value, re.IGNORECASE if fold else 0))


OPERATORS: Mapping[str, Callable[[str | None, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value is not None and value == str(wanted).lower(),
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def read(document: str) -> Document:
    policy: Document = json.loads(document)
    return policy

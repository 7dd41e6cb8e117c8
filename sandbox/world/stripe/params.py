"""Request parameters: bracketed form encoding, then the SDK's own types as the judge."""

import importlib
import re
import threading
import typing
from functools import cache
from typing import Any

import stripe._request_options

from .errors import ApiError, bad_value

Pairs = list[tuple[str, str]]

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 10
_building = threading.Lock()


def decode(pairs: Pairs) -> dict[str, Any]:
    """Turn `a[b][0]=x` pairs into nested dicts and lists of strings.

    Raises ApiError for a key that is malformed, too deep, or used both as value and as branch.
    """
    tree: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.match(key)
        if not match:
            raise bad_value(key, f"Invalid parameter name: {key}")
        steps = [match[1], *_STEP.findall(match[2])]
        if len(steps) > _DEEPEST or "" in steps[:-1]:
            raise bad_value(key, f"Invalid parameter name: {key}")
        _plant(tree, steps, key, value)
    return {name: _lists(name, branch) for name, branch in tree.items()}


def _plant(tree: dict[str, Any], steps: list[str], key: str, value: str) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise bad_value(key, "Invalid object")
    last = steps[-1] or str(len(tree))
    if last in tree:
        raise bad_value(key, f"Received the parameter {key} twice.")
    tree[last] = value


def _lists(name: str, branch: Any) -> Any:
    """Make a list of every dict numbered 0, 1, 2 …; metadata may have numbers as its keys."""
    if not isinstance(branch, dict) or name == "metadata":
        return branch
    children = {key: _lists(key, child) for key, child in branch.items()}
    if sorted(children) == sorted(str(place) for place in range(len(children))):
        return [children[str(place)] for place in range(len(children))]
    return children


def check(params_type: str, pairs: Pairs, accepts: frozenset[str]) -> dict[str, Any]:
    """Give the typed parameters of a request.

    `params_type` is `module:class` of a TypedDict in the SDK; `accepts` holds what the stand-in
    heeds, written `line_items[][quantity]`. Raises ApiError as Stripe would.
    """
    wire = decode(pairs)
    _refuse_empty(pairs)
    for name in wire:
        # The SDK's types carry the client's options too; on the wire they are unknown.
        if name in stripe._request_options.RequestOptions.__annotations__:
            raise _unknown(name)
    checked = _validated(params_type, wire)
    for key, _ in pairs:
        if _plain(key) not in accepts:
            raise bad_value(
                key, f"This stand-in for Stripe does not support {key}.", "sandbox_unsupported"
            )
    return checked


def _plain(key: str) -> str:
    """Give `line_items[][quantity]` for `line_items[3][quantity]`; what is in metadata is free."""
    head, mark, _ = key.partition("metadata")
    name = f"{head}{mark}{']' if head else ''}" if mark else key
    return re.sub(r"\[\d*\]", "[]", name)


def _refuse_empty(pairs: Pairs) -> None:
    for key, value in pairs:
        if value == "" and "metadata" not in key:
            raise bad_value(
                key,
                f"You passed an empty string for '{key}'. We assume empty values are an attempt to"
                f" unset a parameter; however '{key}' cannot be unset. You should remove '{key}'"
                " from your request or supply a non-empty value.",
                "parameter_invalid_empty",
            )


def _validated(params_type: str, wire: dict[str, Any]) -> dict[str, Any]:
    pydantic_core = importlib.import_module("pydantic_core")
    try:
        typed: dict[str, Any] = validator(params_type).validate_python(wire, extra="forbid")
    except pydantic_core.ValidationError as error:
        found = [_located(item, wire) for item in error.errors()]
        # A union reports every branch; the branch that got deepest is the one that was meant.
        raise _refusal(*max(found, key=lambda each: len(each[1]))) from None
    return typed


def _located(item: Any, wire: Any) -> tuple[str, list[str | int], Any, str]:
    """Give (error type, path without pydantic's own labels, value, hint)."""
    path: list[str | int] = []
    here = wire
    for step in item["loc"]:
        known = (
            here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        )
        if step in known:
            here = here[step]
            path.append(step)
    if item["type"] == "missing":
        path.append(item["loc"][-1])
    return item["type"], path, here, str(item.get("ctx", {}).get("expected", ""))


def _refusal(kind: str, path: list[str | int], value: Any, hint: str) -> ApiError:
    param = str(path[0]) + "".join(f"[{step}]" for step in path[1:])
    if kind == "extra_forbidden":
        return _unknown(param)
    if kind == "missing":
        return bad_value(param, f"Missing required param: {param}.", "parameter_missing")
    if isinstance(value, dict | list):
        return bad_value(param, "Invalid type: expected a plain value", "parameter_invalid_type")
    if kind == "literal_error" and hint != "'true' or 'false'":
        choices = hint.replace("'", "")
        return bad_value(param, f"Invalid {param}: must be one of {choices}")
    if kind in ("string_pattern_mismatch", "int_parsing"):
        return bad_value(param, f"Invalid integer: {value}", "parameter_invalid_integer")
    if kind == "literal_error":
        return bad_value(param, f"Invalid boolean: {value}")
    wanted = "array" if kind == "list_type" else "object"
    return bad_value(param, f"Invalid {wanted}")


def _unknown(param: str) -> ApiError:
    return bad_value(param, f"Received unknown parameter: {param}", "parameter_unknown")


def validator(params_type: str) -> Any:
    """Give pydantic's validator of a type of the SDK, built once, ≈ 0.15 s for the largest."""
    with _building:
        return _built(params_type)


@cache
def _built(params_type: str) -> Any:
    pydantic = importlib.import_module("pydantic")
    pydantic_core = importlib.import_module("pydantic_core")
    module_name, class_name = params_type.split(":")
    module = importlib.import_module(module_name)
    # The types inherit annotations written as text; the names in that text must be at hand.
    known = {**vars(typing), **vars(stripe._request_options), "StripeContext": Any}
    known["UntypedStripeObject"] = dict[str, typing.TypeVar("T")]  # type: ignore[misc]
    for name, value in known.items():
        if not name.startswith("__"):
            vars(module).setdefault(name, value)
    vars(module)["UntypedStripeObject"] = known["UntypedStripeObject"]
    adapter = pydantic.TypeAdapter(getattr(module, class_name))
    return pydantic_core.SchemaValidator(_strict(adapter.core_schema))


def _strict(schema: Any) -> Any:
    """Narrow a core schema to what Stripe's form parser takes.

    The SDK leaves enums open (`Literal[…] | str`); Stripe closes them. Pydantic reads `1_000`
    and `yes`; Stripe reads only `1000` and `true`.
    """
    if isinstance(schema, list | tuple):
        return type(schema)(_strict(each) for each in schema)
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "int":
        text = {"type": "str", "pattern": r"^-?[0-9]{1,18}$", "strict": True}
        return {"type": "chain", "steps": [text, schema]}
    if schema.get("type") == "bool":
        text = {"type": "literal", "expected": ["true", "false"]}
        return {"type": "chain", "steps": [text, schema]}
    return {key: _inner(key, value) for key, value in _closed(schema).items()}


def _inner(key: str, value: Any) -> Any:
    if key == "fields":
        return {name: _strict(each) for name, each in value.items()}
    return value if key in ("metadata", "expected", "cls", "ref") else _strict(value)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") != "union":
        return schema
    choices = schema["choices"]
    literals = [c for c in choices if isinstance(c, dict) and c.get("type") == "literal"]
    if not any(any(each["expected"]) for each in literals):
        return schema
    return {
        **schema,
        "choices": [c for c in choices if c not in literals and c["type"] != "str"] + literals,
    }

"""Reading `terraform show -json`: a plan's values to come, or a state's values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Values = dict[str, Any]


def read(path: Path) -> Values:
    return json.loads(path.read_text())


def resources(shown: Values) -> list[Values]:
    """List the managed resources of all modules, each with address, type and values.

    A resource of which a plan knows nothing yet has no values in the JSON: here it has none.
    """
    values = shown.get("planned_values") or shown.get("values") or {}
    found = _in_module(values.get("root_module", {}))
    return [{"values": {}, **one} for one in found if one.get("mode") == "managed"]


def _in_module(module: Values) -> Iterator[Values]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _in_module(child)


def first(value: Any) -> Values:
    """Give the only block of a list; an absent or unknown one is empty."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}


def many(value: Any) -> list[Any]:
    """Give a list of what JSON may hold as one value, several or none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def document(text: Any) -> Any:
    """Read JSON inside a value; what is unknown in a plan, or no JSON, is empty."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return {}


def statements(text: Any) -> list[Values]:
    """List the statements of a policy's JSON."""
    read_text = document(text)
    return many(read_text.get("Statement")) if isinstance(read_text, dict) else []

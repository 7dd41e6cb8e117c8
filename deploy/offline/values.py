"""Terraform values as the plugin protocol carries them: msgpack, with a mark for "unknown"."""

import json
from collections.abc import Callable
from typing import Any

import msgpack

from deploy.offline.wire import bytes_field, decode

UNKNOWN = msgpack.ExtType(
    0, b"\x00"
)  # Terraform's "unknown", docs/plugin-protocol/object-wire-format.md
Fill = Callable[[str, dict[str, Any]], Any]


def is_unknown(value: object) -> bool:
    return isinstance(value, msgpack.ExtType)


def is_known(value: object) -> bool:
    """Tell whether a value is there and settled."""
    return value is not None and not is_unknown(value)


def unpack(dynamic_value: bytes) -> Any:
    """Read a DynamicValue: msgpack (field 1) or JSON (field 2); empty is None."""
    message = decode(dynamic_value)
    if 1 in message:
        return msgpack.unpackb(message[1][-1], raw=False, strict_map_key=False)
    if 2 in message:
        return json.loads(message[2][-1])
    return None


def pack(value: object) -> bytes:
    return bytes_field(1, msgpack.packb(value, use_bin_type=True))


def blank(block: dict[str, Any]) -> dict[str, Any]:
    """Make an object of the block's type: every attribute null, no blocks in it."""
    empty = {"list": list, "set": list, "map": dict}
    out = dict.fromkeys(block.get("attributes", {}))
    for name, nested in block.get("block_types", {}).items():
        out[name] = empty.get(nested["nesting_mode"], lambda: None)()
    return out


def conform(block: dict[str, Any], value: dict[str, Any] | None) -> dict[str, Any] | None:
    """Fit an older state's object to the block: add what it lacks, drop what is gone."""
    if value is None:
        return None
    out = blank(block)
    out.update({name: value[name] for name in block.get("attributes", {}) if name in value})
    for name, nested in block.get("block_types", {}).items():
        inner, had = nested["block"], value.get(name)
        if nested["nesting_mode"] in ("list", "set"):
            out[name] = [conform(inner, one) for one in had or []]
        else:
            out[name] = conform(inner, had)
    return out


def plan_values(block: dict[str, Any], value: Any, fill: Fill) -> Any:
    """Walk an object and ask `fill(name, attribute)` for each computed value it lacks.

    Write-only values become null, as the protocol wants of planned and stored objects.
    """
    if value is None or is_unknown(value):
        return value
    out = dict(value)
    for name, attribute in block.get("attributes", {}).items():
        out[name] = _plan_attribute(name, attribute, out.get(name), fill)
    for name, nested in block.get("block_types", {}).items():
        out[name] = _plan_nested(nested["block"], out.get(name), fill)
    return out


def _plan_attribute(name: str, attribute: dict[str, Any], value: Any, fill: Fill) -> Any:
    if attribute.get("write_only"):
        return None
    if (value is None and attribute.get("computed")) or is_unknown(value):
        return fill(name, attribute)
    if attribute.get("type") == "number" and isinstance(value, str):
        return _as_stored(value)
    nested = attribute.get("nested_type")
    if nested and isinstance(value, dict) and nested["nesting_mode"] != "single":
        return {key: plan_values(nested, one, fill) for key, one in value.items()}
    return _plan_nested(nested, value, fill) if nested else value


def _as_stored(digits: str) -> float:
    """Round what Terraform sends as digits, having 512 bits, to the 64 that providers keep."""
    number = float(digits)
    return int(number) if number.is_integer() else number


def _plan_nested(block: dict[str, Any], value: Any, fill: Fill) -> Any:
    if isinstance(value, list):
        return [plan_values(block, one, fill) for one in value]
    return plan_values(block, value, fill) if isinstance(value, dict) else value

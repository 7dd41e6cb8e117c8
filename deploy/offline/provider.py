"""A pretend Terraform provider: the real schema, and no cloud behind it.

It answers Terraform's plugin protocol, version 6 (terraform/docs/plugin-protocol/tfplugin6.proto;
the numbers in the calls below are that file's field numbers). References, types, required and
unknown arguments, variable validation, preconditions and `terraform test` run for real. It does
not know the real provider's own value checks, but for those of rules.py and api_limits.py, nor
anything that depends on a live answer of AWS.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

from deploy.offline import archives, made_up, rules, schemas
from deploy.offline.findings import Finding
from deploy.offline.replacing import forced_by
from deploy.offline.values import UNKNOWN, blank, conform, is_unknown, pack, plan_values, unpack
from deploy.offline.wire import Message, bytes_field, decode, last, number_field

EDGE_REGION = "us-east-1"
_PLANNED_LEGACY, _APPLIED_LEGACY = 5, 4  # UnsafeToUseLegacyTypeSystem, as the real provider says
# A protocol method with its request's and answer's bytes.
Call = Callable[[Message], bytes]


def _nothing(_: Message) -> bytes:
    return b""


def _as_read(message: Message) -> bytes:
    """Say that a resource is as it was: there is no cloud in which it could have changed."""
    return bytes_field(1, last(message, 2)) + bytes_field(3, last(message, 3))


def _path(argument: str) -> bytes:
    """Encode an AttributePath of one step."""
    return bytes_field(1, bytes_field(1, argument))


def diagnostic(found: Finding) -> bytes:
    """Encode an error and the argument it is about."""
    texts = bytes_field(2, found.summary) + bytes_field(3, found.detail)
    return number_field(1, 1) + texts + bytes_field(4, _path(found.argument))


class Provider:
    """One provider address, such as hashicorp/aws."""

    def __init__(self, name: str, schema: schemas.Schema) -> None:
        self.name, self.schema = name, schema
        self.regions: list[str] = []
        self.made = 0
        self.lock = threading.Lock()
        self.encoded = schemas.encode_provider(schema)

    def calls(self) -> dict[str, Call]:
        """Give the protocol's methods by name."""
        return {
            "GetProviderSchema": lambda _: self.encoded,
            "GetMetadata": _nothing,
            "GetFunctions": _nothing,
            "ValidateProviderConfig": _nothing,
            "ConfigureProvider": self.configure,
            "ValidateResourceConfig": lambda message: self.validate("resource", message),
            "ValidateDataResourceConfig": lambda message: self.validate("data", message),
            "ValidateEphemeralResourceConfig": lambda message: self.validate("ephemeral", message),
            "UpgradeResourceState": self.upgrade,
            "ReadResource": _as_read,
            "PlanResourceChange": self.plan,
            "ApplyResourceChange": self.apply,
            "ReadDataSource": self.read_data,
            "OpenEphemeralResource": self.open_ephemeral,
            "CloseEphemeralResource": _nothing,
            "ImportResourceState": self.take_over,
            "StopProvider": _nothing,
        }

    def block(self, kind: str, type_name: str) -> dict[str, Any]:
        return self.schema[kind][type_name]["block"]

    @property
    def region(self) -> str:
        """The main region: requests do not say which aliased configuration they are for."""
        return next((name for name in self.regions if name != EDGE_REGION), EDGE_REGION)

    def configure(self, message: Message) -> bytes:
        region = (unpack(last(message, 2)) or {}).get("region")
        if isinstance(region, str) and region not in self.regions:
            self.regions.append(region)
        return b""

    def validate(self, kind: str, message: Message) -> bytes:
        type_name = last(message, 1).decode()
        found = rules.check(kind, type_name, unpack(last(message, 2)))
        return b"".join(bytes_field(1, diagnostic(one)) for one in found)

    def upgrade(self, message: Message) -> bytes:
        block = self.block("resource_schemas", last(message, 1).decode())
        state = json.loads(last(decode(last(message, 3)), 1) or b"null")
        return bytes_field(1, pack(conform(block, state)))

    def plan(self, message: Message) -> bytes:
        type_name, proposed = last(message, 1).decode(), unpack(last(message, 3))
        replaced_by: list[str] = []
        if proposed is not None:
            early = made_up.known_at_plan(type_name, proposed)
            block = self.block("resource_schemas", type_name)
            proposed = plan_values(block, proposed, lambda name, _: early.get(name, UNKNOWN))
            replaced_by = forced_by(type_name, unpack(last(message, 2)), proposed)
        return (
            bytes_field(1, pack(proposed))
            + b"".join(bytes_field(2, _path(name)) for name in replaced_by)
            + number_field(_PLANNED_LEGACY, 1)
        )

    def apply(self, message: Message) -> bytes:
        type_name, planned = last(message, 1).decode(), unpack(last(message, 3))
        if planned is not None:
            made = made_up.of_resource(type_name, planned, self.region)
            planned = self._filled("resource_schemas", type_name, planned, made, self._key(planned))
        if planned is not None and self.name == "archive":
            planned = archives.make(planned)
        return bytes_field(1, pack(planned)) + number_field(_APPLIED_LEGACY, 1)

    def _key(self, planned: dict[str, Any]) -> str:
        """Tell two resources of equal arguments apart: each made one gets a number."""
        with self.lock:
            self.made += 1
            number = self.made
        known = {name: value for name, value in planned.items() if not is_unknown(value)}
        return json.dumps(known, sort_keys=True, default=str) + str(number)

    def _filled(
        self, kind: str, type_name: str, value: dict[str, Any], made: dict[str, Any], key: str
    ) -> dict[str, Any]:
        def fill(name: str, attribute: dict[str, Any]) -> Any:
            known = name in made
            return made[name] if known else made_up.made_up(type_name, key, name, attribute)

        return plan_values(self.block(kind, type_name), value, fill)

    def read_data(self, message: Message) -> bytes:
        type_name, config = last(message, 1).decode(), unpack(last(message, 2))
        made = made_up.of_data(type_name, config, self.region)
        key = json.dumps(config, sort_keys=True, default=str)
        state = self._filled("data_source_schemas", type_name, config, made, key)
        attributes = self.block("data_source_schemas", type_name)["attributes"]
        state.update({name: value for name, value in made.items() if name in attributes})
        return bytes_field(1, pack(state))

    def open_ephemeral(self, message: Message) -> bytes:
        type_name, config = last(message, 1).decode(), unpack(last(message, 2))
        state = self._filled("ephemeral_resource_schemas", type_name, config, {}, "")
        return bytes_field(3, pack(state))

    def take_over(self, message: Message) -> bytes:
        """Import: believe that a resource of this id is there."""
        type_name, given = last(message, 1).decode(), last(message, 2).decode()
        state = blank(self.block("resource_schemas", type_name))
        if "id" in state:
            state["id"] = given
        return bytes_field(1, bytes_field(1, type_name) + bytes_field(2, pack(state)))

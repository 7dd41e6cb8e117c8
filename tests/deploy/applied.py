"""The state of a tier, applied to the pretend providers: what the tests of deploy/ look at."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Values = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One managed resource: where it is, what it is, and all its values."""

    address: str
    type: str
    values: Values


@dataclass(frozen=True)
class Applied:
    """Everything Terraform made of one tier."""

    tier: str
    resources: list[Resource]

    def of(self, *types: str) -> list[Values]:
        """Give the values of every resource of these types."""
        return [one.values for one in self.resources if one.type in types]

    def one(self, type_name: str, **wanted: object) -> Values:
        """Give the only resource of a type with these values; fail with what there is instead."""
        there = self.of(type_name)
        found = [v for v in there if all(v.get(key) == value for key, value in wanted.items())]
        assert len(found) == 1, f"{len(found)} of {len(there)} {type_name} have {wanted}"
        return found[0]


def _managed(module: Values) -> Iterator[Resource]:
    for one in module.get("resources", []):
        if one["mode"] == "managed":
            yield Resource(one["address"], one["type"], one["values"])
    for child in module.get("child_modules", []):
        yield from _managed(child)


def apply(tier: str) -> Applied:
    """Apply a tier offline, or take what an earlier run on the same files made of it."""
    if not shutil.which("terraform"):
        pytest.skip("no terraform here: the infrastructure is not evaluated")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [ROOT / "deploy/scripts/apply-offline.sh", "--kept", tier, folder],
            check=True,
            timeout=280,
        )
        state = json.loads(Path(folder, "state.json").read_text())
    return Applied(tier, list(_managed(state["values"]["root_module"])))

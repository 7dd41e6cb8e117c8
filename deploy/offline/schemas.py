"""Where the pretend providers' schemas come from and how they are said on the wire.

A schema here is the layout of `terraform providers schema -json` for one provider: a file made by
that command may be dropped in for `aws-schema.json.gz`.
"""

import gzip
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.offline.wire import bytes_field, number_field

HERE = Path(__file__).resolve().parent
AWS = HERE / "aws-schema.json.gz"
EXTRA = HERE / "extra-schemas.json"
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
KINDS = {
    "resource_schemas": 2,
    "data_source_schemas": 3,
    "ephemeral_resource_schemas": 8,
}
Schema = dict[str, Any]


def read_aws(path: Path = AWS) -> Schema:
    """Read the schema of hashicorp/aws, plain or gzip'd, ours or the real command's output."""
    raw = path.read_bytes()
    data = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    if "provider_schemas" in data:
        return next(v for k, v in data["provider_schemas"].items() if k.endswith("/aws"))
    return data


def read_all(path: Path = AWS) -> dict[str, Schema]:
    """Read the schemas of every provider that deploy/ uses: aws, archive, random."""
    return {"aws": read_aws(path), **json.loads(EXTRA.read_text())}


def words_in(folders: Iterable[Path]) -> set[str]:
    """Collect every word of the folders' Terraform files."""
    words: set[str] = set()
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.name.endswith((".tf", ".tf.json", ".hcl")):
                words.update(re.findall(r"\w+", path.read_text()))
    return words


def narrow(schema: Schema, words: set[str]) -> Schema:
    """Keep the types and the nested blocks that occur among the words, and required blocks.

    A firewall's rules nest in themselves three deep: with what nobody names, its type alone is a
    megabyte, and every Terraform command takes twice as long.
    """

    def smaller(types: dict[str, Schema]) -> dict[str, Schema]:
        kept = {key: of for key, of in types.items() if key in words}
        return {key: {**of, "block": _narrow_block(of["block"], words)} for key, of in kept.items()}

    return {kind: smaller(of) if kind in KINDS else of for kind, of in schema.items()}


def _narrow_block(block: Schema, words: set[str]) -> Schema:
    nested = {
        name: {**one, "block": _narrow_block(one["block"], words)}
        for name, one in block.get("block_types", {}).items()
        if name in words or one.get("min_items")
    }
    return {**block, "block_types": nested}


def encode_provider(schema: Schema) -> bytes:
    """Encode a GetProviderSchema.Response of tfplugin6."""
    out = bytes_field(1, _schema(schema["provider"]))
    for kind, field in KINDS.items():
        for name, one in schema.get(kind, {}).items():
            out += bytes_field(field, bytes_field(1, name) + bytes_field(2, _schema(one)))
    return out


def _schema(schema: Schema) -> bytes:
    return number_field(1, schema.get("version", 0)) + bytes_field(2, _block(schema["block"]))


def _block(block: Schema) -> bytes:
    attributes = sorted(block.get("attributes", {}).items())
    out = b"".join(bytes_field(2, _attribute(name, one)) for name, one in attributes)
    for name, nested in sorted(block.get("block_types", {}).items()):
        out += bytes_field(3, _nested_block(name, nested))
    return out


def _nested_block(name: str, nested: Schema) -> bytes:
    return (
        bytes_field(1, name)
        + bytes_field(2, _block(nested["block"]))
        + number_field(3, NESTING[nested["nesting_mode"]])
        + number_field(4, nested.get("min_items"))
        + number_field(5, nested.get("max_items"))
    )


def _attribute(name: str, one: Schema) -> bytes:
    flags = ((4, "required"), (5, "optional"), (6, "computed"), (7, "sensitive"))
    return (
        bytes_field(1, name)
        + (bytes_field(10, _object(one["nested_type"])) if "nested_type" in one else b"")
        + (bytes_field(2, json.dumps(one["type"])) if "nested_type" not in one else b"")
        + b"".join(number_field(field, one.get(flag)) for field, flag in flags)
        + number_field(11, one.get("write_only"))
    )


def _object(nested: Schema) -> bytes:
    attributes = sorted(nested["attributes"].items())
    out = b"".join(bytes_field(1, _attribute(name, one)) for name, one in attributes)
    return out + number_field(3, NESTING[nested["nesting_mode"]])

"""Check .tf files against the provider's schema without any terraform binary.

    python -m deploy.offline.hclcheck deploy

It names unknown types, arguments and blocks, missing and repeated ones, references to what is not
declared or to attributes that a type does not have, and module calls whose inputs or outputs do
not fit. Exit status 1 when it found something. `terraform validate` is stricter; this is what
remains where there is no terraform.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.offline import schemas
from deploy.offline.folders import (
    Body,
    Folder,
    Typed,
    blocks,
    expressions,
    iterators,
    labelled,
    read_all,
    unquote,
)

META = {
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "providers",
    "provisioner",
}
_STRING = re.compile(r'"(?:[^"\\$%]|\\.|\$(?!\{)|%(?!\{))*"')
_NAME = r"[A-Za-z_][\w-]*"
_REFERENCE = re.compile(rf"(?<![\w.\"\]\)-])({_NAME})((?:\.{_NAME}|\[[^\]]*\]|\.\*|\.\d+)+)")
_LOOP = re.compile(r"\bfor\s+(\w+)(?:\s*,\s*(\w+))?\s+in\b")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
KINDS = {"resources": "resource", "data": "data_source", "ephemeral": "ephemeral_resource"}


def check_types(folder: Folder, schema: schemas.Schema) -> Iterator[str]:
    """Name what is wrong with the resources and data sources of a folder."""
    for store, kind in KINDS.items():
        known = schema[f"{kind}_schemas"]
        for (type_name, name), (file, body) in getattr(folder, store).items():
            where = f"{file}: {type_name}.{name}"
            if type_name.startswith("aws_") and type_name not in known:
                yield f"{where}: no such type"
            elif type_name.startswith("aws_"):
                yield from _body(where, known[type_name]["block"], body)


def _body(where: str, block: schemas.Schema, body: Body) -> Iterator[str]:
    given = {name: value for name, value in labelled(body) if name not in META}
    dynamic = {label for one in blocks(body.get("dynamic")) or [] for label, _ in labelled(one)}
    for name, value in given.items():
        if name == "dynamic":
            yield from _dynamic(where, block, value)
        else:
            yield from _given(where, block, name, value)
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("required") and name not in given:
            yield f"{where}: required argument {name!r} is missing"
    for name, nested in block.get("block_types", {}).items():
        if name not in dynamic:
            yield from _count(where, name, nested, given.get(name))


def _dynamic(where: str, block: schemas.Schema, value: Any) -> Iterator[str]:
    nested = block.get("block_types", {})
    for one in blocks(value) or []:
        for label, body in labelled(one):
            if label not in nested:
                yield f"{where}: no block {label!r} (dynamic)"
                continue
            for content in blocks(body.get("content")) or []:
                yield from _body(f"{where}.{label}", nested[label]["block"], content)


def _given(where: str, block: schemas.Schema, name: str, value: Any) -> Iterator[str]:
    attribute = block.get("attributes", {}).get(name)
    nested = block.get("block_types", {}).get(name)
    as_blocks = blocks(value)
    if nested and as_blocks is None:
        yield f"{where}: {name!r} is a block, not an argument"
    elif nested:
        for one in as_blocks or []:
            yield from _body(f"{where}.{name}", nested["block"], one)
    elif attribute is None:
        yield f"{where}: no {'block' if as_blocks else 'argument'} {name!r}"
    else:
        if not (attribute.get("required") or attribute.get("optional")):
            yield f"{where}: {name!r} is read-only"
        yield from _literal(where, name, attribute.get("type"), value)


def _literal(where: str, name: str, kind: Any, value: Any) -> Iterator[str]:
    literal = isinstance(value, str) and value.startswith('"') and "${" not in value
    text = unquote(value)
    if kind == "number" and literal and not _NUMBER.fullmatch(text):
        yield f"{where}: {name!r} wants a number, got {value}"
    if kind == "bool" and literal and text not in ("true", "false"):
        yield f"{where}: {name!r} wants true or false, got {value}"
    wants_list = isinstance(kind, list) and kind[0] in ("list", "set")
    if wants_list and (literal or isinstance(value, int | float)):
        yield f"{where}: {name!r} wants a list"


def _count(where: str, name: str, nested: schemas.Schema, value: Any) -> Iterator[str]:
    count = len(blocks(value) or [])
    if count < nested.get("min_items", 0):
        yield f"{where}: required block {name!r} is missing"
    if nested.get("max_items") and count > nested["max_items"]:
        yield f"{where}: at most {nested['max_items']} {name!r} block(s)"


def check_calls(folder: Folder, folders: dict[Path, Folder]) -> Iterator[str]:
    """Name module calls whose folder or inputs do not fit."""
    for name, (file, body) in folder.modules.items():
        path = folder.called(name)
        if path is None:
            continue
        if path not in folders:
            yield f"{file}: module.{name}: no folder {path}"
            continue
        wanted = folders[path].variables
        given = {key for key, _ in labelled(body)} - META - {"source", "version"}
        for key in sorted(given - set(wanted)):
            yield f"{file}: module.{name}: no input {key!r}"
        for key, (_, variable) in wanted.items():
            if "default" not in variable and key not in given:
                yield f"{file}: module.{name}: input {key!r} is missing"


def check_references(
    folder: Folder, schema: schemas.Schema, folders: dict[Path, Folder]
) -> Iterator[str]:
    """Name references to what is not declared or has no such attribute."""
    for file, entry in folder.everything:
        bound_here = iterators(entry)
        for text in expressions(entry):
            if text.startswith('"') and "${" not in text:
                continue
            bound = bound_here | {word for words in _LOOP.findall(text) for word in words}
            for root, tail in _REFERENCE.findall(_STRING.sub('""', text)):
                parts = [p for p in re.split(r"\.|\[[^\]]*\]", tail) if p and p != "*"]
                reason = _wrong(folder, schema, folders, [root, *parts])
                if parts and root not in bound and reason:
                    yield f"{file}: reference {root}{tail[:60]}: {reason}"


def _wrong(
    folder: Folder, schema: schemas.Schema, folders: dict[Path, Folder], parts: list[str]
) -> str | None:
    root, name, *rest = [*parts, ""]
    if root == "var" and name not in folder.variables:
        return "variable is not declared"
    if root == "local" and name not in folder.locals:
        return "local is not declared"
    if root == "module":
        return _wrong_output(folder, folders, name, rest[0])
    if root == "data":
        return _wrong_attribute(folder.data, schema["data_source_schemas"], parts[1:])
    if root == "ephemeral":
        return _wrong_attribute(folder.ephemeral, schema["ephemeral_resource_schemas"], parts[1:])
    if root.startswith("aws_"):
        return _wrong_attribute(folder.resources, schema["resource_schemas"], parts)
    return None


def _wrong_output(
    folder: Folder, folders: dict[Path, Folder], name: str, output: str
) -> str | None:
    if name not in folder.modules:
        return "module is not declared"
    path = folder.called(name)
    missing = path in folders and output and output not in folders[path].outputs
    return "module has no such output" if missing else None


def _wrong_attribute(store: Typed, known: schemas.Schema, parts: list[str]) -> str | None:
    type_name, name, *rest = [*parts, "", ""]
    if (type_name, name) not in store:
        return "is not declared"
    if not rest[0] or rest[0].isdigit() or type_name not in known:
        return None
    block = known[type_name]["block"]
    has = rest[0] in block.get("attributes", {}) or rest[0] in block.get("block_types", {})
    return None if has else f"{type_name} has no attribute {rest[0]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--schema", type=Path, default=schemas.AWS)
    given = parser.parse_args()
    schema, folders = schemas.read_aws(given.schema), read_all(given.folder)
    problems: set[str] = set()
    for folder in folders.values():
        problems.update(folder.problems)
        problems.update(check_types(folder, schema))
        problems.update(check_calls(folder, folders))
        problems.update(check_references(folder, schema, folders))
    print("\n".join(sorted(problems)), end="\n" if problems else "")
    count = sum(len(one.resources) + len(one.data) for one in folders.values())
    print(f"{len(folders)} folders, {count} resources and data, {len(problems)} problems")
    return 1 if problems or not folders else 0


if __name__ == "__main__":
    sys.exit(main())

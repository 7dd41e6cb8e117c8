"""A folder of .tf files as python-hcl2 (8 or later) reads it: what is declared and where."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hcl2
from lark.exceptions import LarkError

Body = dict[str, Any]
Declared = dict[str, tuple[str, Body]]
Typed = dict[tuple[str, str], tuple[str, Body]]


def unquote(text: Any) -> Any:
    """Take the quotes off a string literal; leave anything else as it is."""
    quoted = isinstance(text, str) and len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


def blocks(value: Any) -> list[Body] | None:
    """Give the blocks that a value holds, or None when it is an argument's value."""
    many = value if isinstance(value, list) else [value]
    are_blocks = all(isinstance(one, dict) and one.get("__is_block__") for one in many)
    return many if many and are_blocks else None


def labelled(body: Body) -> Iterator[tuple[str, Any]]:
    """List what a block holds without the parser's own marks."""
    for name, value in body.items():
        if not name.startswith("__"):
            yield unquote(name), value


def expressions(value: Any) -> Iterator[str]:
    """List every text of a value in which a reference could stand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from expressions(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if not key.startswith("__"):
                yield from expressions(one)
                if "${" in key:
                    yield key


def iterators(value: Any) -> set[str]:
    """Name the words that `dynamic` blocks inside a value bind."""
    found: set[str] = set()
    if isinstance(value, list):
        found.update(*(iterators(one) for one in value))
    elif isinstance(value, dict):
        for one in blocks(value.get("dynamic")) or []:
            for label, content in labelled(one):
                found.update((label, content.get("iterator", label)))
        found.update(*(iterators(one) for one in value.values()))
    return found


@dataclass
class Folder:
    """One module: its declarations by name, each with the file it stands in."""

    path: Path
    resources: Typed = field(default_factory=dict)
    data: Typed = field(default_factory=dict)
    ephemeral: Typed = field(default_factory=dict)
    variables: Declared = field(default_factory=dict)
    outputs: Declared = field(default_factory=dict)
    modules: Declared = field(default_factory=dict)
    locals: set[str] = field(default_factory=set)
    everything: list[tuple[str, Body]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def called(self, name: str) -> Path | None:
        """Find the folder of a local module; None when the module comes from elsewhere."""
        source = unquote(self.modules[name][1].get("source", ""))
        if not source.startswith("."):
            return None
        return Path(os.path.normpath(self.path / source))

    def take(self, kind: str, entry: Body, file: str) -> None:
        self.everything.append((file, entry))
        typed = {"resource": self.resources, "data": self.data, "ephemeral": self.ephemeral}
        named = {"variable": self.variables, "output": self.outputs, "module": self.modules}
        if kind in typed:
            self._take_typed(typed[kind], entry, file)
        elif kind in named:
            named[kind].update({name: (file, body) for name, body in labelled(entry)})
        elif kind == "locals":
            self.locals.update(name for name, _ in labelled(entry))

    def _take_typed(self, store: Typed, entry: Body, file: str) -> None:
        for type_name, by_name in labelled(entry):
            for name, body in labelled(by_name):
                if (type_name, name) in store:
                    self.problems.append(f"{file}: {type_name}.{name} declared twice")
                store[type_name, name] = (file, body)


def read(path: Path) -> Folder:
    """Read one folder; a file that does not parse is a problem of it."""
    folder = Folder(path)
    for file in sorted(path.glob("*.tf")):
        try:
            document = hcl2.loads(file.read_text())
        except LarkError as error:
            reason = str(error).split("\n")[0]
            folder.problems.append(f"{file}: cannot be parsed: {reason}")
            continue
        for kind, entries in labelled(document):
            for entry in entries:
                folder.take(kind, entry, str(file))
    return folder


def read_all(root: Path) -> dict[Path, Folder]:
    """Read every folder below the root that holds .tf files; hidden ones are passed by."""
    paths = {file.parent for file in root.rglob("*.tf")}
    shown = [p for p in paths if not any(re.match(r"\.\w", part) for part in p.parts)]
    return {Path(os.path.normpath(path)): read(path) for path in sorted(shown)}

"""What is wrong with a migration that runs while the release before it still serves."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    AddField,
    AlterField,
    CreateModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.state import ProjectState
from django.db.models import AutoField, Field, GeneratedField, ManyToManyField
from django.db.models.fields import NOT_PROVIDED

from tests import world

OURS = ("accounts", "catalog", "core", "notifications", "orders", "payments")
RELEASED = world.ROOT / "deploy" / "RELEASED"
SQUAWK = world.ROOT / ".venv" / "bin" / "squawk"
Key = tuple[str, str]


class NoHistory(Exception):
    """This checkout does not hold the commit that serves: it is shallow, or no checkout."""


def released_commit() -> str:
    """Give the commit that serves now; raises NoHistory when git does not have it."""
    commit = RELEASED.read_text().split()[0]
    if _git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        raise NoHistory(f"git has no commit {commit} here: run `git fetch --unshallow`")
    return commit


def new_migrations() -> list[Key]:
    """Give our migrations that the serving release does not have, in the order they run."""
    listed = _git("ls-tree", "-r", "--name-only", released_commit()).stdout.splitlines()
    released = {
        (Path(path).parts[-3], Path(path).stem) for path in listed if "/migrations/" in path
    }
    graph = MigrationLoader(None).graph
    ordered = {
        key: None
        for leaf in graph.leaf_nodes()
        for key in graph.forwards_plan(leaf)
        if key[0] in OURS and key not in released
    }
    return list(ordered)


def problems_of_key(key: Key) -> list[str]:
    """Say what is wrong with a migration of the checkout; the database must have it applied."""
    loader = MigrationLoader(connection)
    return problems_of(loader.graph.nodes[key], loader.project_state(key, at_end=False))


def problems_of(migration: Migration, before: ProjectState) -> list[str]:
    """Say in words what is wrong with a migration that begins at the state `before`.

    What `migration.excused` names, rule → reason, is left out; a reason has at least 20 letters.
    """
    excused: dict[str, str] = getattr(migration, "excused", {})
    found = [*_of_operations(migration), *_of_sql(migration, before)]
    thin = [
        f"{rule}: its excuse says nothing" for rule, why in excused.items() if len(why.strip()) < 20
    ]
    return thin + [f"{rule}: {words}" for rule, words in found if rule not in excused]


def _of_operations(migration: Migration) -> Iterator[tuple[str, str]]:
    if not migration.atomic and len(migration.operations) > 1:
        yield (
            "one-by-one",
            "a migration that is not atomic holds one operation, or half of it stays",
        )
    made = {op.name_lower for op in _operations(migration) if isinstance(op, CreateModel)}
    for operation in migration.operations:
        if not operation.reversible:
            yield "no-way-back", f"{operation.describe()} has no reverse"
    for operation in _operations(migration):
        if (
            isinstance(operation, AddField | AlterField)
            and operation.model_name_lower not in made
            and _is_required(operation.field)
        ):
            yield (
                "required-field",
                f"{operation.model_name}.{operation.name} is NOT NULL without db_default: the"
                " release that serves does not know it, so its INSERT fails",
            )


def _operations(migration: Migration) -> Iterator[Any]:
    """Give the operations that touch the database."""
    for operation in migration.operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from operation.database_operations
        else:
            yield operation


def _is_required(field: Field) -> bool:
    made_by_database = isinstance(field, AutoField | GeneratedField | ManyToManyField)
    return not (field.null or made_by_database or field.db_default is not NOT_PROVIDED)


def _of_sql(migration: Migration, before: ProjectState) -> Iterator[tuple[str, str]]:
    """Let squawk read the statements that Django would run."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(before.clone(), editor, collect_sql=True)
    words = ["--config", str(world.ROOT / ".squawk.toml"), "--reporter=json"]
    if migration.atomic:
        words.append("--assume-in-transaction")
    read = subprocess.run(
        [SQUAWK, *words],
        input="\n".join(editor.collected_sql),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if read.returncode not in {0, 1}:
        raise RuntimeError(read.stderr)
    for remark in json.loads(read.stdout):
        yield remark["rule_name"], f"line {remark['line'] + 1}: {remark['message']}"


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", f"safe.directory={world.ROOT}", *words],
        cwd=world.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

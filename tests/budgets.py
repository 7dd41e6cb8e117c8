"""The hard budgets of form: functions 40 lines, views 30, files 500, arguments 5, no late imports.

`python tests/budgets.py` lists what is over them and exits 1.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTION, VIEW, FILE, ARGUMENTS = 40, 30, 500, 5
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*endings: str) -> list[Path]:
    """List the files git knows or would add, with one of these endings."""
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    paths = [ROOT / name for name in listed.split("\n") if name.endswith(endings)]
    return [path for path in paths if path.exists() and "migrations" not in path.parts]


def functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def breaches_in(path: Path) -> Iterator[str]:
    """Name what is over budget in one Python file."""
    text = path.read_text()
    name = path.relative_to(ROOT)
    lines = text.count("\n")
    if lines > FILE:
        yield f"{name}: {lines} lines, at most {FILE}"
    is_view = "views" in path.parts or path.name in {"views.py", "views"}
    for node in functions(ast.parse(text)):
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        most = VIEW if is_view else FUNCTION
        if size > most:
            yield f"{name}:{node.lineno} {node.name}: {size} lines, at most {most}"
        if path.parts[len(ROOT.parts)] != "tests":
            yield from _argument_breaches(name, node)


def _argument_breaches(name: Path, node: Function) -> Iterator[str]:
    free = [a for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]
    if len(free) > ARGUMENTS + 1:
        yield f"{name}:{node.lineno} {node.name}: {len(free)} arguments by place"


def main() -> int:
    found = [breach for path in sources(".py") for breach in breaches_in(path)]
    print("\n".join(found) or "Within the budgets of form.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

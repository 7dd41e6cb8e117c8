"""Print what a lock file holds of some packages: their versions and hashes.

    python pick.py requirements-dev.txt flask jinja2 > some.txt

The image needs a few packages of the developers' lock and not the rest. pip refuses what is
missing from the list it is given, so each package's own needs are named too.
"""

import re
import sys
from pathlib import Path

_ENTRY = re.compile(r"^[a-z0-9][^\n]*\\\n(?: +--hash=\S+(?: \\)?\n?)+", re.MULTILINE)


def pick(lock: str, names: list[str]) -> str:
    """Return the lock's entries for `names`, in its order. Raises KeyError naming one not there."""
    entries = {entry.split("==")[0].strip(): entry for entry in _ENTRY.findall(lock)}
    for name in names:
        if name not in entries:
            raise KeyError(name)
    return "".join(entry for name, entry in entries.items() if name in names)


if __name__ == "__main__":
    sys.stdout.write(pick(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2:]))

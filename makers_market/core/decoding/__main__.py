"""Takes one picture from standard input and writes what pages show of it to standard output.

First a line of JSON, {"facts": …, "files": {name: bytes}} or {"refusal": word}; then the files, one
after the other. The one argument is how much memory it may take, in bytes.
"""

import json
import sys
from typing import Any

from makers_market.core.decoding import confining, making


def main() -> None:
    """Make the derivatives of one picture; every way to fail ends in a word or in a signal."""
    confining.limit(int(sys.argv[-1]))
    making.get_ready()
    confining.shut()
    answer: dict[str, Any]
    files: dict[str, bytes] = {}
    try:
        facts, files = making.make(sys.stdin.buffer.read())
        answer = {"facts": facts, "files": {name: len(made) for name, made in files.items()}}
    except making.NotMade as error:
        answer = {"refusal": str(error)}
    except MemoryError:
        answer = {"refusal": making.TOO_BIG}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    for made in files.values():
        sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()


main()

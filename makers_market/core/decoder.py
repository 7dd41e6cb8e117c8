"""Has pictures looked into by a process that can do nothing else, with bounds of memory and time.

This process never decodes: it starts `core.decoding` for one picture, waits, and looks at what
came back as at any stranger's answer.
"""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makers_market.core.decoding.confining import OUTPUT_MAX
from makers_market.core.pictures import PictureRefused, measures

log = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]
# Isolated: no PYTHON… of the environment, nothing of the folder it stands in.
BEGIN = (
    "import runpy, sys; sys.path.append(sys.argv[1]); "
    "runpy.run_module('makers_market.core.decoding', run_name='__main__')"
)
# One arena: the allocator would set 64 MB of addresses apart for each thread.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
WALL_SECONDS = 90.0
# A WebP of 64 megapixels takes 1,050 MB to be opened, one of 20 takes 350 MB.
LARGE_PIXELS = 20_000_000
MEMORY, LARGE_MEMORY = 512 * 1024 * 1024, 1152 * 1024 * 1024
# Two at a time, one of them large: with the worker itself 1.9 GB at most.
_two = threading.BoundedSemaphore(2)
_large = threading.Lock()
DAMAGED, TOO_BIG, MOVING, TOO_SLOW = "unreadable", "too big", "moving", "too slow"
REFUSALS = frozenset({DAMAGED, TOO_BIG, MOVING})
NAME = re.compile(r"\d{1,5}\.(avif|webp)|320\.jpg|og\.jpg", re.ASCII)
# A file of each kind begins like this; what else comes back is not passed on.
BEGINNINGS = {
    "avif": re.compile(rb".{4}ftypavif", re.DOTALL),
    "webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "jpg": re.compile(rb"\xff\xd8\xff", re.DOTALL),
}


class Unreadable(Exception):
    """Nothing could be made of the content; `why` is a word for it: DAMAGED, TOO_SLOW, …"""

    def __init__(self, why: str = DAMAGED) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Developed:
    """What pages show of a picture: `facts` are width, height, widths and dominant."""

    facts: dict[str, Any]
    files: dict[str, bytes]


def develop(content: bytes) -> Developed:
    """Make the derivatives of a picture in a process of its own; raises Unreadable.

    Waits for its turn: two are made at a time, one of them large.
    """
    try:
        width, height = measures(content)
    except PictureRefused as error:
        raise Unreadable from error
    is_large = width * height > LARGE_PIXELS
    with ExitStack() as turn:
        if is_large:
            turn.enter_context(_large)
        turn.enter_context(_two)
        code, said = _run(content, LARGE_MEMORY if is_large else MEMORY)
        if code == -signal.SIGKILL:
            # Somebody else's hunger for memory may have ended it: once more, not for ever.
            code, said = _run(content, LARGE_MEMORY if is_large else MEMORY)
    return _answer(code, said)


def _run(content: bytes, memory: int) -> tuple[int, bytes]:
    """Run a child to its end, or to the end of its time; give how it ended and what it said."""
    with tempfile.TemporaryFile() as original, tempfile.TemporaryFile() as out:
        original.write(content)
        original.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", BEGIN, str(ROOT), str(memory)],
            stdin=original, stdout=out, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
            cwd=tempfile.gettempdir(), close_fds=True, start_new_session=True,
        )  # fmt: skip
        code = _end_of(child)
        out.seek(0)
        return code, out.read(OUTPUT_MAX)


def _end_of(child: subprocess.Popen[bytes]) -> int:
    """Wait for a child, as long as it may take; whatever it has begun ends with it."""
    begun = time.monotonic()
    try:
        return child.wait(WALL_SECONDS)
    except subprocess.TimeoutExpired:
        return -signal.SIGXCPU
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        _warn_of(child.returncode, time.monotonic() - begun)


def _warn_of(code: int, seconds: float) -> None:
    if code:
        log.warning("decoder_ended", extra={"why": code, "ms": round(seconds * 1000, 1)})


def _answer(code: int, said: bytes) -> Developed:
    """Tell what a child's end and words mean; one that crashed over a file calls it damaged."""
    if code == -signal.SIGXCPU:
        raise Unreadable(TOO_SLOW)
    if code == -signal.SIGKILL:
        raise Unreadable(TOO_BIG)
    line, _newline, rest = said.partition(b"\n")
    try:
        told = json.loads(line) if code == 0 else {}
        if told.get("refusal") in REFUSALS:
            raise Unreadable(told["refusal"])
        return Developed(_facts(told["facts"]), _files(told["files"], rest))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable from error


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    width, height, widths, dominant = (
        told[name] for name in ("width", "height", "widths", "dominant")
    )
    if not all(type(each) is int and 0 < each <= 16_000 for each in (width, height, *widths)):
        raise ValueError("no measures")
    if type(dominant) is not int or not 0 <= dominant < 64 or not 0 < len(widths) <= 5:
        raise ValueError("no colour")
    return {"width": width, "height": height, "widths": widths, "dominant": dominant}


def _files(sizes: dict[str, int], rest: bytes) -> dict[str, bytes]:
    files, begin = {}, 0
    for name, size in sizes.items():
        made = rest[begin : begin + size]
        begin += size
        if not NAME.fullmatch(name) or not BEGINNINGS[name.rpartition(".")[2]].match(made):
            raise ValueError(name)
        files[name] = made
    if begin != len(rest):
        raise ValueError("more than was told")
    return files

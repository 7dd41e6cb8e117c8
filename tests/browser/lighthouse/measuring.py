"""Runs Lighthouse (npm) with the node of PyPI, from .local/lighthouse, in our Chromium."""

import fcntl
import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

import requests

from tests import world
from tests.browser.conftest import FLAGS, NAMES
from tests.oidc.certified import NODE, NPM

HERE = Path(__file__).resolve().parent
ROOM = world.LOCAL / "lighthouse"
FILES = ("package.json", "package-lock.json")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUN_SECONDS = 120
NO_TRACE = "NO_NAVSTART"
# Requests before the first run; more than there are processes that each remember their own.
WARM = 8


def install() -> None:
    """Put Lighthouse into .local/lighthouse, unless what is there is of the same lock file."""
    ROOM.mkdir(parents=True, exist_ok=True)
    with (ROOM / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in FILES:
            shutil.copyfile(HERE / name, ROOM / name)
        stamp, wanted = ROOM / "installed", (HERE / "package-lock.json").read_text()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        ended = subprocess.run(
            [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=ROOM, check=False, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        assert ended.returncode == 0, f"npm ci said:\n{ended.stderr[-2000:]}"
        stamp.write_text(wanted)


def scores(url: str, *, runs: int = 5) -> dict[str, int]:
    """Give the median score of each category, 0 to 100, on a page as a phone sees it.

    The page has been asked for before: what is measured is not the first look of a fresh process.
    Lighthouse multiplies what this machine took by four, so that others' work on it counts too.
    """
    install()
    for _ in range(WARM):
        requests.get(url, timeout=RUN_SECONDS).raise_for_status()
    measured = [_run(url) for _ in range(runs)]
    return {
        name: round(100 * statistics.median(each[name]["score"] for each in measured))
        for name in CATEGORIES
    }


def _run(url: str, *, tries: int = 3) -> dict[str, dict[str, float]]:
    """Run Lighthouse once; again where it lost the beginning of its own recording."""
    chromium = next(filter(None, map(shutil.which, NAMES)))
    ended = subprocess.run(
        [
            str(NODE), "node_modules/lighthouse/cli/index.js", url, "--quiet", "--output=json",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
        ],
        cwd=ROOM, check=False, capture_output=True, text=True, timeout=RUN_SECONDS,
        env=os.environ | {"CHROME_PATH": chromium},
    )  # fmt: skip
    if tries > 1 and NO_TRACE in ended.stderr + ended.stdout:
        return _run(url, tries=tries - 1)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found: dict[str, dict[str, float]] = json.loads(ended.stdout)["categories"]
    return found

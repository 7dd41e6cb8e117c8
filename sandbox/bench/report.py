"""The figures as a table for people and as JSON for what compares two runs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Ratios to the static page, from performance.md's floor and goals: twice the floor uncached,
# two and a half static pages cached.
GOALS = {
    "listing": 15.5,
    "product": 15.5,
    "search, word in 0.1 %": 12.0,
    "search, word in 1 %": 19.0,
    "search, word in 10 %": 30.5,
    "listing, from the cache": 2.5,
    "product, from the cache": 2.5,
}
# What a search may take for one visitor, with facets, however many pieces there are.
SEARCH_P95_MS = 50
COLUMNS = ("cpu_ms", "ratio", "median_ms", "p95_ms", "alone_p95_ms", "kilobytes")
HEADINGS = ("CPU ms", "× static", "median ms", "p95 ms", "alone p95", "KB")


def table(summaries: Mapping[str, Mapping[str, float]], *, goals: bool = True) -> str:
    """Write the figures, one line a kind of request, beside the goal where there is one."""
    width = max(map(len, summaries))
    lines = [f"{'':{width}}" + "".join(f"{each:>11}" for each in HEADINGS)]
    for name, summary in summaries.items():
        figures = "".join(f"{summary[column]:>11}" for column in COLUMNS)
        verdict = _verdict(name, summary) if goals else ""
        lines.append(f"{name:{width}}{figures}   {verdict}".rstrip())
    return "\n".join(lines)


def _verdict(name: str, summary: Mapping[str, float]) -> str:
    found = [_judged("×", summary["ratio"], GOALS[name])] if name in GOALS else []
    if name.startswith("search"):
        found.append(_judged("alone p95", summary["alone_p95_ms"], SEARCH_P95_MS))
    return ", ".join(found)


def _judged(what: str, figure: float, goal: float) -> str:
    return f"{what} ≤ {goal} {'met' if figure <= goal else 'NOT met'}"


def write(path: Path, pieces: int, summaries: Mapping[str, Mapping[str, float]]) -> None:
    """Keep the figures with what they were taken on."""
    kept: dict[str, Any] = {
        "pieces": pieces,
        "cores": os.cpu_count(),
        "load_at_end": round(os.getloadavg()[0], 2),
        "figures": summaries,
    }
    path.write_text(json.dumps(kept, indent=2) + "\n")

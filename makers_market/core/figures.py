"""Figures that several parts of one page show, asked for once a request."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest


def once[Figure](request: HttpRequest, name: str, ask: Callable[[], Figure]) -> Figure:
    """Give what `ask` gave the first time in this request; `name` tells figures apart."""
    known: dict[str, Any] = request.__dict__.setdefault("figures", {})
    if name not in known:
        known[name] = ask()
    figure: Figure = known[name]
    return figure

"""Every address the shop answers, read from the URL conf."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
REGEX_PARAMETER = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Route:
    """One pattern: its address with `<name>` where a value goes."""

    address: str

    @property
    def parameters(self) -> list[str]:
        return [match[2] for match in PARAMETER.finditer(self.address)]

    def filled(self, values: dict[str, str]) -> str:
        """Give the address with values in it; KeyError names the one that is missing."""
        return PARAMETER.sub(lambda match: values[match[2]], self.address)


def routes() -> list[Route]:
    """Give every route once, shopper pages in English."""
    return [Route(address) for address in sorted(doors())]


def doors() -> dict[str, Callable[..., Any]]:
    """Give the view behind each address."""
    return dict(_walk(get_resolver().url_patterns, "/"))


def _walk(
    patterns: list[URLPattern | URLResolver], before: str
) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        here = before + _words(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        else:
            yield here, pattern.callback


def _words(pattern: RoutePattern | RegexPattern | LocalePrefixPattern) -> str:
    """Write a pattern as an address: regular expressions lose their marks, groups are names."""
    if isinstance(pattern, LocalePrefixPattern):
        return ""
    if isinstance(pattern, RoutePattern):
        return PARAMETER.sub(r"<\2>", str(pattern))
    plain = REGEX_PARAMETER.sub(r"<\1>", pattern._regex)
    return plain.removeprefix("^").removesuffix("$").replace("\\", "")

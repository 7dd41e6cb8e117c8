"""The one address under which search engines should know a page, and whether they should."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, ResolverMatch, reverse
from django.utils.http import escape_leading_slashes
from django.utils.translation import override

# A choice of one of these makes a page worth finding; two together are one of too many.
FACETS = ("craft", "type", "material", "colour", "place")
# What makes a page another part of the same list.
PARTS = ("section", "page", "after")
PART_MAX = 600
# Pages whose address is complete without any parameter.
WHOLE = frozenset({"home", "catalog:product", "catalog:page", "api_docs"})
# What a search finds changes with every piece, and a shared list is its owner's.
HIDDEN = frozenset({"catalog:search", "catalog:suggest", "catalog:shared", "catalog:saved"})
# Public pages that are not among those we keep ourselves.
SHARED = frozenset({"api_docs"})
DEFAULT = "en"


@dataclass(frozen=True)
class Address:
    """`canonical` is absolute, empty for a page that is not for search engines; `languages` are
    its twins by hreflang."""

    canonical: str
    languages: list[tuple[str, str]]
    is_hidden: bool


def twins_of(request: HttpRequest) -> dict[str, str]:
    """Give a page's path in each language; its own where it has no twin."""
    return {code: _twin(request, code) for code, _name in settings.LANGUAGES}


def _twin(request: HttpRequest, language: str) -> str:
    match = request.resolver_match
    if match is not None:
        with override(language), suppress(NoReverseMatch):
            return reverse(match.view_name, args=match.args, kwargs=match.kwargs)
    # One that begins with two slashes would lead to another site.
    return escape_leading_slashes(request.get_full_path().partition("?")[0])


def address_of(request: HttpRequest, twins: Mapping[str, str]) -> Address:
    """Give the address of a page: facets beyond one, order and bounds are no part of it."""
    match = request.resolver_match
    if match is None or not _is_public(match) or match.view_name in HIDDEN:
        return Address("", [], is_hidden=True)
    facets = [(name, value) for name in FACETS for value in request.GET.getlist(name) if value]
    kept = [] if match.view_name in WHOLE or len(facets) != 1 else facets
    if match.view_name not in WHOLE:
        parts = [(name, request.GET.get(name, "")) for name in PARTS]
        kept += [(name, value) for name, value in parts if 0 < len(value) <= PART_MAX]
    query = f"?{urlencode(kept)}" if kept else ""
    whole = {code: _absolute(path + query) for code, path in twins.items()}
    is_hidden = len(facets) > 1 and match.view_name not in WHOLE
    languages = [*whole.items(), ("x-default", whole[DEFAULT])]
    return Address(_absolute(request.path + query), languages, is_hidden=is_hidden)


def _is_public(match: ResolverMatch) -> bool:
    return getattr(match.func, "is_public_page", False) or match.view_name in SHARED


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"

"""The page that explains the API, written from its schema: what it says is what is answered."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from makers_market.core.api import CURSOR_MAX, SIZE_MAX
from makers_market.core.problems import KINDS
from makers_market.core.sharing import shared
from makers_market.desk.api import api_schema

REF = "#/components/schemas/"
Json = dict[str, Any]


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """How to read the shop by program: every address, its parameters and its answers."""
    amount, seconds = settings.LIMITS["api"]
    context = {
        "base": f"{settings.SITE_URL}{reverse('api:root')}",
        "groups": documented(),
        "shapes": _shapes(),
        "problems": [(name, status, title) for name, (status, title) in KINDS.items()],
        "limit": {"amount": amount, "seconds": seconds},
        "size_max": SIZE_MAX,
        "cursor_max": CURSOR_MAX,
    }
    return shared(request, render(request, "desk/api_docs.html", context))


@lru_cache(maxsize=1)
def documented() -> list[tuple[str, list[Json]]]:
    """Give the addresses of the schema by their first word, each with parameters and answer."""
    groups: dict[str, list[Json]] = {}
    for path, verbs in api_schema()["paths"].items():
        told = verbs["get"]
        name = told.get("tags", ["start"])[0]
        groups.setdefault(name, []).append(
            {
                "id": told["operationId"],
                "path": path,
                "words": told.get("description", "").strip(),
                "parameters": [_parameter(each) for each in told.get("parameters", [])],
                "answer": _answer(told),
                "example": _example(path),
            }
        )
    return list(groups.items())


def _parameter(told: Json) -> Json:
    schema = told["schema"]
    return {
        "name": told["name"],
        "kind": kind_of(schema),
        "words": told.get("description", ""),
        "is_in_path": told["in"] == "path",
        "is_needed": told.get("required", False),
        "default": schema.get("default", ""),
        "bounds": _bounds(schema),
    }


def _bounds(schema: Json) -> str:
    """Say between which numbers a parameter lies: "1–100"; empty where there are none."""
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['minimum']}–{schema['maximum']}"
    return ""


def _answer(told: Json) -> str:
    """Name the shape of the answer, which stands further down the page."""
    content = told["responses"]["200"]["content"]["application/json"]["schema"]
    return str(content.get("$ref", "")).removeprefix(REF)


def _example(path: str) -> str:
    """Give the address as somebody would ask it."""
    filled = path.replace("products/{slug}", "products/hare-bowl")
    return f"{settings.SITE_URL}{filled.replace('{slug}', 'olaria-fonte')}"


def _shapes() -> list[Json]:
    """Give the parts that answers are made of, by name, each with its members."""
    kept = api_schema()["components"]["schemas"]
    return [
        {
            "name": name,
            "words": shape.get("description", ""),
            "members": [
                {"name": member, "kind": kind_of(told), "words": told.get("description", "")}
                for member, told in shape["properties"].items()
            ],
        }
        for name, shape in kept.items()
        if "properties" in shape
    ]


def kind_of(schema: Json) -> str:
    """Say in a few words what a value is: "list of Variant", "string (uuid) or null"."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        shape = api_schema()["components"]["schemas"].get(name, {})
        return kind_of(shape) if "enum" in shape else name
    for joined in ("oneOf", "anyOf", "allOf"):
        if joined in schema:
            return " or ".join(dict.fromkeys(kind_of(each) for each in schema[joined]))
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"] if each is not None)
    kinds = schema.get("type", "anything")
    if kinds == "array":
        return f"list of {kind_of(schema['items'])}"
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"{words} ({schema['format']})" if "format" in schema else words

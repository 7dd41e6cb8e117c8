"""What every page of the shop needs: the crafts, its languages, who runs it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from catalog.models import Category

LANGUAGE_NAMES = {"en": "English", "pt": "Português"}


def page(request: HttpRequest) -> dict[str, Any]:
    """Give crafts, languages and the market's own facts; nothing personal, one query at most."""
    return {
        "crafts": SimpleLazyObject(lambda: list(Category.objects.crafts())),
        "page_languages": SimpleLazyObject(lambda: _languages(request)),
        "market": settings.MARKET,
        "site_url": settings.SITE_URL,
        "shows_sandbox": settings.SANDBOX,
    }


def _languages(request: HttpRequest) -> list[dict[str, Any]]:
    path = request.get_full_path()
    return [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "url": translate_url(path, code),
            "current": code == get_language(),
        }
        for code, _name in settings.LANGUAGES
    ]

"""Texts that the trade keeps in two languages, and choices counted in words."""

from typing import Any

from django.utils.translation import get_language, ngettext


def in_language(english: str, portuguese: str) -> str:
    """Choose the text for the reader's language, English where there is no other."""
    return (portuguese if get_language() == "pt" else "") or english


def value_label(axis: dict[str, Any], value: str) -> str:
    """Name a value of an axis of choice in the reader's language, English where it has no other."""
    portuguese = dict(zip(axis["values"], axis.get("values_pt", []), strict=False))
    return in_language(value, portuguese.get(value, ""))


def counted(axis: str, count: int) -> str:
    """Count the values of an axis of choice in words; empty for an axis we have no plural of."""
    number = {"count": count}
    match axis:
        case "glaze":
            return ngettext("%(count)d glaze", "%(count)d glazes", count) % number
        case "size":
            return ngettext("%(count)d size", "%(count)d sizes", count) % number
        case "colour":
            return ngettext("%(count)d colour", "%(count)d colours", count) % number
        case "scent":
            return ngettext("%(count)d scent", "%(count)d scents", count) % number
        case "wood":
            return ngettext("%(count)d wood", "%(count)d woods", count) % number
    return ""

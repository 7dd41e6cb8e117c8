"""The environment, read once, by name and type. Nothing else in the shop reads os.environ.

Each name may instead be given as NAME_FILE, the path of a file that holds the value
(the form in which container platforms hand over secrets).
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_UNSET = object()
EXAMPLE_WORDS = ("example", "ZXhhbXBsZS")


def text(name: str, default: object = _UNSET) -> str:
    """Give the value of NAME or the content of NAME_FILE; raises ImproperlyConfigured if absent."""
    path = os.environ.get(f"{name}_FILE")
    value = _content(name, path) if path else os.environ.get(name)
    if value is not None:
        return value
    if default is _UNSET:
        raise ImproperlyConfigured(f"{name} is not set. See .env.example for what it means.")
    return str(default)


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {path}") from error


def secret(name: str) -> str:
    """Give a value that may not be empty: an empty secret would let anybody in."""
    value = text(name)
    if not value.strip():
        raise ImproperlyConfigured(f"{name} is empty. It is a secret and must have a value.")
    return value


def secrets(name: str) -> list[str]:
    """Give one to several comma-separated secrets; two are live while one is being rotated."""
    values = [value.strip() for value in secret(name).split(",")]
    # Behind the prefix lies the key itself: the prefix alone is an empty key.
    if not all(value.removeprefix("whsec_") for value in values):
        raise ImproperlyConfigured(f"{name} has an empty secret between its commas.")
    return values


def refuse_examples(**values: str | list[str]) -> None:
    """Raise ImproperlyConfigured for a secret that .env.example publishes, plain or in base64."""
    for name, value in values.items():
        given = value if isinstance(value, str) else ",".join(value)
        if any(word in given for word in EXAMPLE_WORDS):
            raise ImproperlyConfigured(f"{name} is the example's. Make one of your own.")


def flag(name: str, default: bool = False) -> bool:
    """Give a yes/no value: 1, 0, true, false."""
    value = text(name, str(int(default))).lower()
    if value not in {"1", "0", "true", "false"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in {"1", "true"}


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """Give a whole number between low and high."""
    value = text(name, str(default))
    is_number = value.isascii() and value.removeprefix("-").isdigit() and len(value) < 10
    if not is_number or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}.")
    return int(value)


def items(name: str, default: str = "") -> list[str]:
    """Give a comma-separated list, empty parts left out."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def pairs(name: str, *, values: tuple[str, ...]) -> dict[str, str]:
    """Give a comma-separated list of `key=value`, each value one of `values`."""
    found = {}
    for item in items(name):
        key, _equals, value = (part.strip() for part in item.rpartition("="))
        if not key or value not in values:
            wanted = ", ".join(values)
            raise ImproperlyConfigured(f"{name}: {item!r} is not name=value, a value of {wanted}.")
        found[key] = value
    return found


def web_address(name: str, *, wanted: bool) -> str:
    """Give an address whose answers are believed: https, or http on this machine itself.

    Not `wanted` and not given is the empty text.
    """
    value = text(name, "")
    if not value and not wanted:
        return ""
    url = urlsplit(value)
    is_here = url.scheme == "http" and url.hostname in {"localhost", "127.0.0.1"}
    if not url.hostname or url.username or not (url.scheme == "https" or is_here):
        raise ImproperlyConfigured(f"{name} must look like https://some.host, not {value!r}.")
    return value


def origin_of(address: str) -> str:
    """Give scheme, host and port of a web address, as a content policy names them."""
    url = urlsplit(address)
    return f"{url.scheme}://{url.netloc}"


def database(name: str) -> dict[str, object]:
    """Give Django's DATABASES entry for a URL like postgres://user:password@host:5432/market."""
    url = urlsplit(secret(name))
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgres://user:password@host:5432/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or 5432),
    }

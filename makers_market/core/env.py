"""The environment, read once, by name and type. Nothing else in the shop reads os.environ.

Each name may instead be given as NAME_FILE, the path of a file that holds the value
(the form in which container platforms hand over secrets).
"""

import importlib
import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port, validate_host

_UNSET = object()
_collected: dict[str, str] | None = None
EXAMPLE_WORDS = ("example", "ZXhhbXBsZS")
ENGINES = {"password": "django.db.backends.postgresql", "iam": "makers_market.core.iam_postgres"}
TLS_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
DATABASE_OPTIONS = ("sslmode", "sslrootcert", "connect_timeout")


def problems() -> list[str]:
    """Load the settings and say in a sentence each what is wrong with the environment.

    All of it at once: whoever deploys mends the variables together, not one a start. Nothing wrong
    is an empty list, and the settings are loaded.
    """
    global _collected
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "makers_market.settings")
    found: dict[str, str] = {}
    _collected = found
    try:
        importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except ImproperlyConfigured as error:
        found.setdefault("", str(error))
    finally:
        _collected = None
    return list(found.values())


def refuse(name: str, words: str) -> None:
    """Say what is wrong with NAME: raises ImproperlyConfigured, or keeps it for `problems`.

    A reader that goes on after this gives a value of its type that nobody will use.
    """
    if _collected is None:
        raise ImproperlyConfigured(f"{name} {words}")
    _collected.setdefault(name, f"{name} {words}")


def inherited(**changes: str) -> dict[str, str]:
    """Give this process's environment for a child, some names changed, also those from files."""
    files = {f"{name}_FILE" for name in changes}
    return {name: value for name, value in os.environ.items() if name not in files} | changes


def text(name: str, default: object = _UNSET) -> str:
    """Give the value of NAME or the content of NAME_FILE; raises ImproperlyConfigured if absent."""
    path = os.environ.get(f"{name}_FILE")
    value = _content(name, path) if path else os.environ.get(name)
    if value is not None:
        return value
    if default is _UNSET:
        refuse(name, "is not set. See .env.example for what it means.")
        return ""
    return str(default)


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        # Not what it holds: a secret put there by mistake would be told.
        refuse(f"{name}_FILE", "names no file that can be read.")
        # Anything but empty: what is wrong with this name has been said.
        return "unread"


def secret(name: str) -> str:
    """Give a value that may not be empty: an empty secret would let anybody in."""
    value = text(name)
    if not value.strip():
        refuse(name, "is empty. It is a secret and must have a value.")
    return value


def secrets(name: str) -> list[str]:
    """Give one to several comma-separated secrets; two are live while one is being rotated."""
    values = [value.strip() for value in secret(name).split(",")]
    # Behind the prefix lies the key itself: the prefix alone is an empty key.
    if not all(value.removeprefix("whsec_") for value in values):
        refuse(name, "has an empty secret between its commas.")
    return values


def refuse_examples(**values: str | list[str]) -> None:
    """Refuse a secret that .env.example publishes, plain or in base64."""
    for name, value in values.items():
        given = value if isinstance(value, str) else ",".join(value)
        if any(word in given for word in EXAMPLE_WORDS):
            refuse(name, "is the example's. Make one of your own.")


def flag(name: str, default: bool = False) -> bool:
    """Give a yes/no value: 1, 0, true, false."""
    value = text(name, str(int(default))).lower()
    if value not in {"1", "0", "true", "false"}:
        refuse(name, f"must be 1 or 0, not {value!r}.")
    return value in {"1", "true"}


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """Give a whole number between low and high."""
    value = text(name, str(default))
    is_number = value.isascii() and value.removeprefix("-").isdigit() and len(value) < 10
    if not is_number or not low <= int(value) <= high:
        refuse(name, f"must be a whole number from {low} to {high}.")
        return default
    return int(value)


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """Give one of a few words."""
    value = text(name, default)
    if value not in among:
        refuse(name, f"must be one of {', '.join(among)}, not {value!r}.")
        return default
    return value


def fraction(name: str, default: str) -> float:
    """Give a part of the whole, from 0 (none) to 1 (all), such as 0.05."""
    value = text(name, default)
    if not re.fullmatch(r"0|1|1\.0{1,6}|0?\.[0-9]{1,6}", value, re.ASCII):
        refuse(name, f"must be a number from 0 to 1, not {value!r}.")
        return float(default)
    return float(value)


def word(name: str, default: str) -> str:
    """Give a name made of letters, digits, dots, hyphens and underscores, 64 at most."""
    value = text(name, default)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
        refuse(name, f"must be one word of A-Z a-z 0-9 . _ -, not {value!r}.")
        return default
    return value


def shaped(name: str, default: str, *, shape: str, like: str) -> str:
    """Give a value of one form: `shape` is a regular expression, `like` an example of it."""
    value = text(name, default)
    if value != default and not re.fullmatch(shape, value, re.ASCII):
        refuse(name, f"must look like {like}, not {value!r}.")
        return default
    return value


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
            refuse(name, f"has {item!r}, which is not name=value with a value of {wanted}.")
        else:
            found[key] = value
    return found


def web_address(name: str, *, wanted: bool) -> str:
    """Give an address whose answers are believed: https, or http on this machine itself.

    Not `wanted` and not given is the empty text.
    """
    value = text(name, "")
    if not value and not wanted:
        return ""
    url = _split(name, value)
    is_here = url.scheme == "http" and url.hostname in {"localhost", "127.0.0.1"}
    if not url.hostname or url.username or not (url.scheme == "https" or is_here):
        refuse(name, f"must look like https://some.host, not {_without_login(value)}.")
        return ""
    return value


def _without_login(value: str) -> str:
    """Give an address to be shown, without the user and password that may be in it."""
    return repr(re.sub(r"^.*@", "…@", value, flags=re.DOTALL))


def address(name: str, default: object = _UNSET) -> str:
    """Give the address of a server that we call or are called by: http or https, with a host."""
    value = text(name, default)
    if not _is_address(value):
        refuse(name, f"must look like https://some.host, not {_without_login(value)}.")
    return value.rstrip("/")


def site(name: str, *, listed: list[str]) -> str:
    """Give the shop's own address, as browsers name an origin: `https://shop.example`.

    It is compared with their Origin, and health checks are answered under its host, which has to
    be `listed` in ALLOWED_HOSTS. Source: https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin
    """
    value = address(name)
    if not _is_address(value):
        return value
    url = urlsplit(value)
    usual = {"http": 80, "https": 443}[url.scheme]
    if value != origin_of(value).lower() or "@" in url.netloc or url.port == usual:
        refuse(name, "must be no more than scheme and host, in small letters: https://some.host")
    elif not validate_host(split_domain_port(url.netloc)[0], listed):
        refuse("ALLOWED_HOSTS", f"must hold the host of {name}, {url.hostname}.")
    return value


def origins(name: str, default: str) -> list[str]:
    """Give a comma-separated list of origins, as a content policy names them: no path, no quote."""
    values = items(name, default)
    for value in values:
        if not _is_address(value) or value != origin_of(value) or set(value) & set(";'\" "):
            shown = _without_login(value)
            refuse(name, f"has {shown}, which does not look like https://some.host.")
    return values


def _is_address(value: str) -> bool:
    try:
        url = urlsplit(value)
        # Reading the port is what finds a wrong one.
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def hosts(name: str) -> list[str]:
    """Give a comma-separated list of host names, at least one: `shop.example` or `.example`."""
    values = items(name)
    wrong = [value for value in values if not re.fullmatch(r"\*|[\w.\[\]:-]+", value, re.ASCII)]
    if not values or wrong:
        refuse(name, f"must be host names with commas, not {', '.join(wrong) or 'empty'}.")
    return values


def sender(name: str) -> str:
    """Give a sender like `The shop <orders@shop.example>`."""
    value = text(name)
    _name, _at, domain = parseaddr(value)[1].rpartition("@")
    if not (_name and "." in domain):
        refuse(name, f"must look like The shop <orders@shop.example>, not {value!r}.")
    return value


def origin_of(address: str) -> str:
    """Give scheme, host and port of a web address, as a content policy names them."""
    url = urlsplit(address)
    return f"{url.scheme}://{url.netloc}"


def database(name: str, *, auth: str = "password") -> dict[str, Any]:
    """Give Django's DATABASES entry for a URL like postgres://user:password@host:5432/market.

    Its query may hold sslmode, sslrootcert (a file) and connect_timeout (seconds).
    With auth "iam" it holds no password: each connection signs in by a token, over checked TLS.
    """
    url = _split(name, secret(name))
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        refuse(name, "must look like postgres://user:password@host:5432/name.")
    options = _database_options(name, url.query)
    if auth == "iam" and (url.password or not url.username or not url.hostname):
        refuse(name, "must name a user and a host and no password when DATABASE_AUTH is iam.")
    if auth == "iam" and options.get("sslmode") != "verify-full":
        refuse(name, "must end in ?sslmode=verify-full when DATABASE_AUTH is iam.")
    return {
        "ENGINE": ENGINES[auth],
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(_port(name, url) or 5432),
        "OPTIONS": options,
    }


def _database_options(name: str, query: str) -> dict[str, str]:
    """Read what libpq is told of TLS; a misspelt word must not end as an unchecked connection."""
    given = parse_qsl(query, keep_blank_values=True)
    options = dict(given)
    if options.keys() - set(DATABASE_OPTIONS) or len(options) != len(given):
        refuse(name, f"may have after its ? only {', '.join(DATABASE_OPTIONS)}, each once.")
    mode = options.get("sslmode", "prefer")
    if mode not in TLS_MODES:
        refuse(name, f"has an sslmode that is none of {', '.join(TLS_MODES)}.")
    authorities = options.get("sslrootcert", "")
    if (authorities or mode.startswith("verify-")) and not Path(authorities).is_file():
        refuse(name, f"names an sslrootcert that is no file: {authorities or 'none'}")
    seconds = options.get("connect_timeout", "3")
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= 60):
        refuse(name, "has a connect_timeout that is not 1 to 60 seconds.")
    return options


def cache(name: str) -> str:
    """Give the page cache's address: redis://, rediss:// with TLS, or locmem:// for none."""
    value = text(name, "locmem://")
    url = _split(name, value)
    if url.scheme not in {"redis", "rediss", "locmem"} or (
        url.scheme != "locmem" and not (url.hostname and _port(name, url) != 0)
    ):
        # Its password may be in it, so it is not repeated here.
        refuse(name, "must look like rediss://user:password@host:6379/0, or be locmem://.")
    return value


def bucket(name: str) -> str:
    """Give the name of an S3 bucket, or nothing: then files lie in a folder.

    Without dots, which TLS's names of buckets cannot have. Source:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    value = text(name, "")
    if value and not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value, re.ASCII):
        refuse(name, f"must be a bucket's name of 3 to 63 a-z, 0-9 and -, not {value!r}.")
    return value


def _split(name: str, value: str) -> SplitResult:
    """Take an address apart; of one that has no parts nothing is repeated: a password may be in it.

    A bracket in a password, as it is, reads as a broken address of IPv6 (RFC 3986, 3.2.2).
    """
    try:
        return urlsplit(value)
    except ValueError:
        refuse(name, "is no address. In a user or password write [ as %5B, ] as %5D.")
        return urlsplit("")


def _port(name: str, url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        refuse(name, "has a port that is not a number from 0 to 65535.")
        return None

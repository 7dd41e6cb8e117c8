"""Every string of the shop has its words in Portuguese, and nothing else has.

`python -m tests.translations` extracts the strings afresh with GNU gettext, compares them with
locale/pt and names each that is missing, untranslated, fuzzy, obsolete, or whose placeholders
differ; exits 1 if there are any.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.budgets import ROOT, sources

APPS = {"accounts", "catalog", "makers_market", "notifications", "orders", "payments"}
TRANSLATED = ROOT / "locale" / "pt" / "LC_MESSAGES" / "django.po"
TOOLS = ("xgettext", "msguniq", "msgmerge", "msgattrib")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%[a-z]|<[^>]+>")
Key = tuple[str | None, str]


def has_gettext() -> bool:
    """Tell whether GNU gettext is there; where root has apt-get, it is installed first."""
    is_missing = any(shutil.which(tool) is None for tool in TOOLS)
    if is_missing and os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
        subprocess.run([*apt, "update"], check=False)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", "gettext"], check=False)
    return all(shutil.which(tool) for tool in TOOLS)


def extracted() -> Catalog:
    """Collect the strings of the shop's Python and templates, from a copy of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in sources(".py", ".html", ".txt"):
            inside = path.relative_to(ROOT)
            if inside.parts[0] in APPS:
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / inside)
        (folder / "locale").mkdir()
        env = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "-l", "pt", "-e", "py,html,txt"],
            cwd=folder, env=env, check=True, capture_output=True,
        )  # fmt: skip
        return read(folder / TRANSLATED.relative_to(ROOT))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="pt")


def problems(wanted: Catalog, translated: Catalog) -> Iterator[str]:
    """Name what is wrong with a translation of the wanted strings, one line each."""
    sought, found = _by_key(wanted), _by_key(translated)
    for key in sought.keys() - found.keys():
        yield f"missing: {_named(key)}"
    for key in found.keys() - sought.keys():
        yield f"not in the shop: {_named(key)}"
    for message in translated.obsolete.values():
        yield f"obsolete: {_singular(message)!r}"
    for key in found.keys() & sought.keys():
        if isinstance(found[key].id, str) != isinstance(sought[key].id, str):
            yield f"one form and two: {_named(key)}"
        for wrong in _wrong_with(found[key], translated.num_plurals):
            yield f"{wrong}: {_named(key)}"


def _by_key(catalogue: Catalog) -> dict[Key, Message]:
    return {(each.context, _singular(each)): each for each in catalogue if each.id}


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _named(key: Key) -> str:
    context, words = key
    return f"{words!r} ({context})" if context else repr(words)


def _wrong_with(message: Message, plurals: int) -> Iterator[str]:
    if message.fuzzy:
        yield "fuzzy"
    if isinstance(message.id, str):
        pairs = [(message.id, message.string)]
    else:
        one, many = message.id
        forms = list(message.string)
        pairs = [(one if i == 0 else many, form) for i, form in enumerate(forms)]
        if len(forms) != plurals:
            yield f"{len(forms)} plural forms, not {plurals}"
    if not all(form for _source, form in pairs):
        yield "untranslated"
    elif any(_placeholders(source) != _placeholders(form) for source, form in pairs):
        yield "other placeholders"


def _placeholders(words: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(words))


def main() -> int:
    if not has_gettext():
        print("GNU gettext is missing. Install it: apt-get install gettext")
        return 1
    found = sorted(problems(extracted(), read(TRANSLATED)))
    print("\n".join(found) or "Every string has its words in Portuguese.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Static files: one readable file a component, joined into one when they are collected."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

ORDER = "css/order.txt"
COMMENT, INDENTATION = re.compile(rb"/\*.*?\*/", re.DOTALL), re.compile(rb"\n\s*")
# A line of a script that is a comment and nothing else.
REMARK = re.compile(rb"^\s*//.*\n", re.MULTILINE)
# Each joined file, and the list of the files beside it that it is made of.
BUNDLES = {
    "css/shop.css": ORDER,
    "css/back-room.css": "css/back-room.txt",
    "js/market.js": "js/market.txt",
}


def bundle(listing: str = ORDER) -> bytes:
    """Join the files that a listing names (css/order.txt, the shop's), in its order.

    Raises FileNotFoundError for a name that is not there.
    """
    lines = _found(listing).read_text().splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    files = [_found(f"{Path(listing).parent}/{name}") for name in names]
    return b"\n".join(_for_browsers(file.suffix, file.read_bytes()) for file in files)


def _found(name: str) -> Path:
    path = finders.find(name)
    if not path:
        raise FileNotFoundError(name)
    return Path(str(path))


def _for_browsers(kind: str, content: bytes) -> bytes:
    """Keep the names of a script to itself; leave out what only people read.

    Comments, indentation and empty lines are a fifth of a sheet's bytes; comments are a quarter of
    the scripts'.
    """
    if kind == ".js":
        return b"{\n" + REMARK.sub(b"", content) + b"}"
    return INDENTATION.sub(b"\n", COMMENT.sub(b"", content)).strip()


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Adds the joined files before names are hashed and files compressed."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        for name, listing in BUNDLES.items():
            if not dry_run:
                if self.exists(name):
                    self.delete(name)
                self._save(name, ContentFile(bundle(listing)))
                paths = paths | {name: (self, name)}
        yield from super().post_process(paths, dry_run, **options)

"""Static files: one readable CSS file a component, joined into one when they are collected."""

from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

ORDER = "css/order.txt"
# Each joined sheet, and the list of the files it is made of.
BUNDLES = {"css/shop.css": ORDER, "css/back-room.css": "css/back-room.txt"}


def bundle(listing: str = ORDER) -> bytes:
    """Join the files that a listing names (css/order.txt, the shop's), in its order.

    Raises FileNotFoundError for a name that is not there.
    """
    order = finders.find(listing)
    if not order:
        raise FileNotFoundError(listing)
    with open(order) as lines:
        names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    parts = []
    for name in names:
        path = finders.find(f"css/{name}")
        if not path:
            raise FileNotFoundError(f"css/{name}")
        with open(path, "rb") as file:
            parts.append(file.read())
    return b"\n".join(parts)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Adds the joined stylesheets before names are hashed and files compressed."""

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

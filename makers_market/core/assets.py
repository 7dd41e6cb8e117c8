"""Static files: one readable CSS file a component, joined into one when they are collected."""

from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLE = "css/shop.css"
ORDER = "css/order.txt"


def bundle() -> bytes:
    """Join the files that css/order.txt names, in its order.

    Raises FileNotFoundError for a name that is not there.
    """
    order = finders.find(ORDER)
    if not order:
        raise FileNotFoundError(ORDER)
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
    """Adds the joined stylesheet before names are hashed and files compressed."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        if not dry_run:
            if self.exists(BUNDLE):
                self.delete(BUNDLE)
            self._save(BUNDLE, ContentFile(bundle()))
            paths = paths | {BUNDLE: (self, BUNDLE)}
        yield from super().post_process(paths, dry_run, **options)

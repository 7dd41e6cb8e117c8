"""The shop's files on their way into a backup and back, whatever storage keeps them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

from makers_market.core.backups.contents import BLOCK, FILE_LIST, FileLine, check_file, file_lines
from makers_market.core.backups.errors import BackupFailed

Tell = Callable[[str], None]
# Collected from the code at every release.
NOT_KEPT = "staticfiles"
TOLD_EACH = 1000


class Vanished(Exception):
    """A file was removed between being listed and being read."""


def write_files(folder: Path, *, with_content: bool, tell: Tell) -> int:
    """Copy every file of every storage and write their list; give how many there are.

    Without content the list carries names and an empty SHA-256: nothing is read. A file that the
    shop removes while others are copied is left out, and told: the shop goes on selling.
    """
    count = 0
    with (folder / FILE_LIST).open("w", encoding="utf-8") as lines:
        for alias, storage, name in stored_files():
            try:
                copied = _copied(folder, alias, storage, name) if with_content else None
            except Vanished:
                tell(f"  {name} was removed meanwhile")
                continue
            line = copied or _named(alias, name)
            lines.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
            count += 1
            if count % TOLD_EACH == 0:
                tell(f"  {count} files")
    return count


def stored_files() -> Iterator[tuple[str, Storage, str]]:
    """Walk all storages but the static one: (its name in settings, itself, a path in it).

    Two that share one folder are walked once.
    """
    seen = set()
    for alias in sorted(set(settings.STORAGES) - {NOT_KEPT}):
        storage = storages[alias]
        place = getattr(storage, "location", alias)
        if place in seen:
            continue
        seen.add(place)
        for name in _walk(storage, ""):
            yield alias, storage, name


def check_files(folder: Path, *, tell: Tell) -> None:
    """Refuse a backup in which a file is missing or changed, or whose list leads elsewhere."""
    for count, line in enumerate(file_lines(folder), 1):
        if ".." in line.place.parts or line.place.is_absolute() or line.storage == NOT_KEPT:
            raise BackupFailed(f"The list of files leads out of the backup: {line.name}")
        check_file(folder / line.place, line.bytes, line.sha256)
        if count % TOLD_EACH == 0:
            tell(f"  {count} files are as they were")


def put_back(folder: Path, *, tell: Tell) -> int:
    """Store every file under its own name; give how many were not there yet.

    A file that is there with other content is never replaced: BackupFailed.
    """
    new = 0
    for count, line in enumerate(file_lines(folder), 1):
        new += _put_back(folder, line)
        if count % TOLD_EACH == 0:
            tell(f"  {count} files")
    return new


def _put_back(folder: Path, line: FileLine) -> bool:
    try:
        storage = storages[line.storage]
    except KeyError:
        raise BackupFailed(f"This shop has no storage named {line.storage}.") from None
    if storage.exists(line.name):
        with storage.open(line.name) as file:
            if _digest(file) != line.sha256:
                raise BackupFailed(f"{line.name} is there already, with another content.")
        return False
    with (folder / line.place).open("rb") as file:
        storage.save(line.name, File(file))
    return True


def _walk(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # a file system's folder is made with its first file
        return
    for name in sorted(files):
        if not name.startswith("."):  # half written (core.storage.Folder)
            yield f"{folder}{name}"
    for name in sorted(folders):
        yield from _walk(storage, f"{folder}{name}/")


def _copied(folder: Path, alias: str, storage: Storage, name: str) -> FileLine:
    target = folder / _named(alias, name).place
    total, size = hashlib.sha256(), 0
    try:
        source = storage.open(name)
    except FileNotFoundError as error:
        raise Vanished from error
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as copy:
        for block in source.chunks(BLOCK):
            total.update(block)
            size += copy.write(block)
    return FileLine(storage=alias, name=name, bytes=size, sha256=total.hexdigest())


def _named(alias: str, name: str) -> FileLine:
    return FileLine(storage=alias, name=name, bytes=0, sha256="")


def _digest(file: IO[bytes]) -> str:
    return hashlib.sha256(file.read()).hexdigest()

"""What lies in a backup's folder, and whether it is what was put there."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from makers_market.core.backups.errors import BackupFailed

FORMAT = 1
MANIFEST, DUMP, FILE_LIST, FILES = "manifest.json", "database.dump", "files.jsonl", "files"
BLOCK = 1024 * 1024
# As audit_chain.Head writes it: "3:" and a SHA-256.
AUDIT_HEAD = re.compile(r"\d{1,18}:([0-9a-f]{64}|)", re.ASCII)
KINDS: dict[str, type] = {
    "made_at": str, "server_version": int, "login": str, "key_mark": str, "migrations": list,
    "tables": dict, "audit_head": str, "file_count": int, "has_files": bool,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file of the backup as it must be: bytes and SHA-256 in hexadecimal digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FileLine:
    """One file of the shop: `storage` is its name in settings.STORAGES, `name` its path there."""

    storage: str
    name: str
    bytes: int
    sha256: str

    @property
    def place(self) -> Path:
        """Where it lies inside the backup's folder."""
        return Path(FILES, self.storage, self.name)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the backup holds. `made_at` is ISO 8601 in UTC; `tables` name → [rows, digest]."""

    format: int
    made_at: str
    server_version: int
    login: str
    # Tells whether the shop that restores has the key that second factors are encrypted with.
    key_mark: str
    migrations: list[str]
    tables: dict[str, list[str]]
    audit_head: str
    dump: Stored
    file_list: Stored
    file_count: int
    # False: the list names the files, which lie in a bucket that keeps its own versions.
    has_files: bool

    def write(self, folder: Path) -> None:
        """Write it into `folder`, last of all: a folder without it is no backup."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup holds; raises BackupFailed when it is none, or of another format."""
    try:
        given = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BackupFailed(
            f"{folder} holds no {MANIFEST}: it is no backup, or half of one."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BackupFailed(f"{folder / MANIFEST} cannot be read: {error}") from error
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        found = given.get("format") if isinstance(given, dict) else None
        raise BackupFailed(f"{folder} has the format {found}, this shop reads {FORMAT}.")
    try:
        parts = {name: Stored(**given[name]) for name in ("dump", "file_list")}
        return _sound(Manifest(**given | parts))
    except (KeyError, TypeError, ValueError) as error:
        raise BackupFailed(f"{folder / MANIFEST} is damaged: {error}") from error


def _sound(manifest: Manifest) -> Manifest:
    """Raise TypeError or ValueError for what could only be found out when the rows are in."""
    for name, kind in KINDS.items():
        if type(getattr(manifest, name)) is not kind:
            raise TypeError(f"{name} is no {kind.__name__}")
    if not all(isinstance(value, list) and len(value) == 2 for value in manifest.tables.values()):
        raise TypeError("tables are not rows and digests")
    if datetime.fromisoformat(manifest.made_at).tzinfo is None:
        raise ValueError("made_at names no time zone")
    if not AUDIT_HEAD.fullmatch(manifest.audit_head):
        raise ValueError("audit_head is none")
    return manifest


def check_stored(folder: Path, manifest: Manifest) -> None:
    """Refuse a folder whose dump or list of files is not what was written."""
    for name, wanted in ((DUMP, manifest.dump), (FILE_LIST, manifest.file_list)):
        check_file(folder / name, wanted.bytes, wanted.sha256)


def check_file(path: Path, size: int, sha256: str) -> None:
    """Raise BackupFailed unless the file is there, whole and unchanged."""
    if not path.is_file():
        raise BackupFailed(f"{path} is missing. Take another copy of this backup.")
    found = path.stat().st_size
    if found != size:
        raise BackupFailed(
            f"{path} has {found} bytes instead of {size}: it was cut off or replaced."
            " Take another copy of this backup."
        )
    if digest_of(path) != sha256:
        raise BackupFailed(f"{path} was changed: its SHA-256 differs. Take another copy.")


def stored(path: Path) -> Stored:
    """Describe a file that was just written."""
    return Stored(bytes=path.stat().st_size, sha256=digest_of(path))


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_lines(folder: Path) -> Iterator[FileLine]:
    """Read the list of files, a line at a time: there may be millions."""
    with (folder / FILE_LIST).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found = FileLine(**json.loads(line))
                found.place.joinpath(found.sha256)  # TypeError for what is no text
            except (TypeError, ValueError, RecursionError) as error:
                raise BackupFailed(f"{FILE_LIST} is damaged in line {number}: {error}") from error
            yield found

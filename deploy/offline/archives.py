"""`archive_file`, made for real: the Lambda's package and its digests are checked."""

import base64
import hashlib
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

_NO_DATE = (2049, 1, 1, 0, 0, 0)  # the provider's own fixed date: the same bytes at every run


def make(state: dict[str, Any]) -> dict[str, Any]:
    """Write the zip that the arguments ask for and add its size and digests to the state."""
    if not isinstance(state.get("output_path"), str):
        return state
    path = Path(state["output_path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members(state):
            info = zipfile.ZipInfo(name, _NO_DATE)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return {**state, **_digests(path.read_bytes())}


def _members(state: dict[str, Any]) -> list[tuple[str, bytes]]:
    found = []
    if state.get("source_file"):
        source = Path(state["source_file"])
        found.append((source.name, source.read_bytes()))
    elif state.get("source_dir"):
        folder = Path(state["source_dir"])
        left_out = set(state.get("excludes") or [])
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            if not any(fnmatch(name, pattern.replace("**/", "*")) for pattern in left_out):
                found.append((name, path.read_bytes()))
    elif state.get("source_content") is not None:
        name = state.get("source_content_filename") or "content"
        found.append((name, state["source_content"].encode()))
    for one in state.get("source") or []:
        found.append((one["filename"], one["content"].encode()))
    return found


def _digests(data: bytes) -> dict[str, Any]:
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    sha256 = hashlib.sha256(data)
    return {
        "output_size": len(data),
        "output_sha256": sha256.hexdigest(),
        "output_base64sha256": base64.b64encode(sha256.digest()).decode(),
        "output_sha": sha1,
        "output_md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "id": sha1,
    }

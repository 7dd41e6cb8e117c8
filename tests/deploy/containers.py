"""Containers without a daemon: images in buildah's store, run by runc as ECS and compose do."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import world

TOOLS = ("buildah", "runc")


def require_tools() -> None:
    """Skip the test, and say why, where images cannot be built and run."""
    if lacking := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(lacking)} (docs/image.md)")
    if os.geteuid() != 0:
        pytest.skip("building and running containers without a daemon needs root")


def call(*words: str, seconds: float = 60) -> str:
    """Run a command and return what it printed; fails with what it complained of."""
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


@dataclass
class Image:
    """An image of the store, with its files unpacked at `root`."""

    name: str
    root: Path = field(init=False)
    config: dict[str, Any] = field(init=False)
    _working: str = field(init=False)

    def __post_init__(self) -> None:
        told = call("buildah", "inspect", "--type", "image", self.name)
        self.config = json.loads(told)["Docker"]["config"]
        self._working = call("buildah", "from", "--pull-never", self.name)
        self.root = Path(call("buildah", "mount", self._working))

    def remove(self) -> None:
        """Forget the unpacked files; the image stays."""
        call("buildah", "umount", self._working)
        call("buildah", "rm", self._working)


@dataclass
class Container:
    """One container: root read-only, no capability, /tmp in memory, the network of `joins`.

    `joins` is the container whose network it shares, `alone` gives it one of its own (a loopback);
    without either it has this machine's.
    """

    image: Image
    folder: Path
    words: Sequence[str]
    env: Mapping[str, str]
    joins: "Container | None" = None
    alone: bool = False
    mounts: Sequence[tuple[Path, str]] = ()
    name: str = field(default_factory=lambda: f"market-{uuid4().hex[:12]}")
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> "Container":
        bundle = self.folder / self.name
        bundle.mkdir()
        call("runc", "spec", "--bundle", str(bundle))
        spec = json.loads((bundle / "config.json").read_text())
        (bundle / "config.json").write_text(json.dumps(self._changed(spec)))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["runc", "run", "--bundle", str(bundle), self.name], stdout=log, stderr=log
            )
        return self

    def run(self, *, seconds: float = 120) -> str:
        """Start it and wait for its end; returns what it printed, fails if it failed."""
        self.start()
        assert self.process is not None
        code = self.process.wait(seconds)
        assert code == 0, f"exit {code}\n{self.log.read_text()}"
        return self.log.read_text()

    def tell(self, number: signal.Signals) -> None:
        call("runc", "kill", self.name, number.name)

    def pid(self) -> int:
        """Return its first process, as this machine numbers it."""
        return int(json.loads(call("runc", "state", self.name))["pid"])

    def is_running(self) -> bool:
        """Tell whether its first process has been started."""
        told = subprocess.run(["runc", "state", self.name], check=False, capture_output=True)
        return told.returncode == 0 and json.loads(told.stdout)["status"] == "running"

    def remove(self) -> None:
        """Kill what is left of it."""
        subprocess.run(["runc", "delete", "--force", self.name], check=False, capture_output=True)
        if self.process is not None:
            self.process.wait(10)

    def _changed(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return runc's own example with our image, command, rights and mounts."""
        config = self.image.config
        own = dict(pair.split("=", 1) for pair in config["Env"])
        uid, gid = config["User"].split(":")
        spec["process"] |= {
            "terminal": False,
            "user": {"uid": int(uid), "gid": int(gid)},
            "args": list(self.words),
            "env": [f"{name}={value}" for name, value in (own | dict(self.env)).items()],
            "cwd": config["WorkingDir"],
            "noNewPrivileges": True,
            "capabilities": {kind: [] for kind in spec["process"]["capabilities"]},
            "rlimits": [],
        }
        spec["root"] = {"path": str(self.image.root), "readonly": True}
        tmp = {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}
        spec["mounts"] += [tmp | {"options": ["nosuid", "nodev", "mode=1777"]}]
        spec["mounts"] += [
            {"destination": to, "type": "bind", "source": str(path), "options": ["bind", "rw"]}
            for path, to in self.mounts
        ]
        kept = [one for one in spec["linux"]["namespaces"] if one["type"] != "network"]
        if self.joins:
            kept.append({"type": "network", "path": f"/proc/{self.joins.pid()}/ns/net"})
        elif self.alone:
            kept.append({"type": "network"})
        spec["linux"]["namespaces"] = kept
        return spec


def build(target: str, name: str) -> None:
    """Build a target of the Dockerfile, on a base made of Debian's packages where there is none."""
    require_tools()
    dockerfile = (world.ROOT / "Dockerfile").read_text()
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", dockerfile, re.MULTILINE)
    if not call("buildah", "images", "--quiet", "--filter", f"reference={base}"):
        call(str(world.ROOT / "deploy/image/local-base.sh"), seconds=900)
    call(
        "buildah", "bud", "--format", "docker", "--layers", "--pull-never", "--isolation", "chroot",
        # A company's own certificates, for pip.
        "--volume", "/etc/ssl/certs:/etc/ssl/certs:ro",
        "--target", target, "--tag", name, str(world.ROOT), seconds=900,
    )  # fmt: skip


@contextmanager
def network_of(container: Container) -> Iterator[None]:
    """Let what this thread opens and starts meanwhile be in the network of `container`."""
    with (
        Path("/proc/thread-self/ns/net").open() as ours,
        Path(f"/proc/{container.pid()}/ns/net").open() as theirs,
    ):
        os.setns(theirs.fileno(), os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(ours.fileno(), os.CLONE_NEWNET)

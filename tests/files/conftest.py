"""The servers of these tests: an RDS, an AWS that keeps buckets and secrets, and certificates."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests import world
from tests.files.certificates import Authority
from tests.files.rds import Rds

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="session")
def localhost(authority: Authority) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    return authority.sign("localhost")


@pytest.fixture(scope="session")
def rds(localhost: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rds]:
    running = Rds(tmp_path_factory.mktemp("rds") / "server", *localhost)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """Give the address of an AWS of our own."""
    port = world.free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def s3(aws: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """Give a client of S3, to which the shop's own calls go too."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", aws)
    return boto3.client("s3", region_name=REGION)


@pytest.fixture(scope="session", params=["small", "production"])
def resources(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """Apply a tier to the pretend providers, which work policy documents out for real."""
    if not shutil.which("terraform"):
        pytest.skip("no terraform here: what it makes is not looked at")
    folder: Path = tmp_path_factory.mktemp(request.param) / "deploy"
    subprocess.run(
        ["deploy/scripts/apply-offline.sh", request.param, str(folder)],
        cwd=world.ROOT, check=True, timeout=280,
    )  # fmt: skip
    state = json.loads((folder / "state.json").read_text())
    return list(_within(state["values"]["root_module"]))


def _within(module: Any) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _within(child)

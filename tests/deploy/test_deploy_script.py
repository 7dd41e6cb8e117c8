"""deploy.sh against stand-ins of aws, docker and curl: what it calls and where it stops."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.stub_cloud import DIGEST, REPOSITORY

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
SETTINGS = {
    "CLUSTER": "shop",
    "WEB_SERVICE": "web",
    "WORKER_SERVICE": "worker",
    "WEB_FAMILY": "shop-web",
    "WORKER_FAMILY": "shop-worker",
    "MIGRATE_FAMILY": "shop-migrate",
    "MIGRATE_SUBNETS": "subnet-1,subnet-2",
    "MIGRATE_SECURITY_GROUPS": "sg-1",
    "REPOSITORY": REPOSITORY,
    "SITE_URL": "https://shop.example",
    "POLL_SECONDS": "0",
}
CALM = {
    "images": [],
    "registered": [],
    "task": "task-1",
    "exit_code": "0",
    "settles": True,
    "bakes": 0,
    "answers": True,
    "services": {"web": "shop-web:5", "worker": "shop-worker:5"},
}


@dataclass(frozen=True)
class Cloud:
    """A checkout with deploy.sh in it and the stand-ins' memory beside it."""

    checkout: Path
    folder: Path

    def set(self, **changed: object) -> None:
        (self.folder / "cloud.json").write_text(json.dumps(CALM | changed))

    def now(self) -> dict:
        return json.loads((self.folder / "cloud.json").read_text())

    def git(self, *words: str) -> str:
        said = ["git", "-c", "user.name=Mo", "-c", "user.email=mo@example.com", *words]
        return subprocess.check_output(said, cwd=self.checkout, text=True).strip()

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, **SETTINGS, "PATH": path, "CLOUD": str(self.folder)}
        return subprocess.run(
            [self.checkout / "deploy/scripts/deploy.sh", *words],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )

    def calls(self) -> list[str]:
        """Say what was called, in short: the program and its verb, for updates the revision too."""
        path = self.folder / "calls.txt"
        return (
            [_short(line.split()) for line in path.read_text().splitlines()]
            if path.exists()
            else []
        )

    def release_by_hand(self, commit: str) -> None:
        (self.checkout / "deploy/RELEASED").write_text(f"{commit}\n")
        self.git("commit", "-qam", f"Release {commit}")

    def released(self) -> str:
        return (self.checkout / "deploy/RELEASED").read_text().strip()


def _short(words: list[str]) -> str:
    verbs = words[1:3] if words[0] == "aws" else words[1:2]
    if "wait" in verbs:
        verbs = words[2:4]
    if "update-service" in verbs:
        verbs = ["update", words[words.index("--task-definition") + 1]]
    return " ".join(["aws" if words[0] == "aws" else words[0], *verbs])


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    checkout, folder = tmp_path / "checkout", tmp_path / "cloud"
    shutil.copytree(ROOT / "deploy/scripts", checkout / "deploy/scripts")
    (folder / "bin").mkdir(parents=True)
    stub = (ROOT / "tests/deploy/stub_cloud.py").read_text()
    for name in ("aws", "docker", "curl"):
        program = folder / "bin" / name
        program.write_text(f"#!{sys.executable} -IS\n{stub}")
        program.chmod(0o755)
    made = Cloud(checkout, folder)
    made.set()
    made.git("init", "-q")
    (checkout / ".gitignore").write_text("__pycache__/\n")
    (checkout / "deploy/RELEASED").write_text("nothing\n")
    made.git("add", ".")
    made.git("commit", "-qm", "First")
    return made


def test_release_migrates_before_any_service_is_updated(cloud: Cloud) -> None:
    result = cloud.deploy("release")

    assert result.returncode == 0, result.stderr
    calls = cloud.calls()
    assert calls == [
        "aws ecr describe-images",
        "aws ecr get-login-password",
        "docker login",
        "docker build",
        "docker push",
        "aws ecr describe-images",
        "aws ecs describe-task-definition",
        "aws ecs register-task-definition",
        "aws ecs run-task",
        "aws wait tasks-stopped",
        "aws ecs describe-tasks",
        "aws ecs describe-services",
        "aws ecs describe-services",
        "aws ecs describe-task-definition",
        "aws ecs register-task-definition",
        "aws ecs describe-task-definition",
        "aws ecs register-task-definition",
        "aws update shop-worker:8",
        "aws update shop-web:8",
        "aws wait services-stable",
        "aws ecs describe-services",
        "aws ecs describe-services",
        "curl --silent",
    ]
    assert cloud.released() == cloud.git("rev-parse", "HEAD")


def test_release_registers_the_digest_and_leaves_sidecars(cloud: Cloud) -> None:
    cloud.deploy("release")

    registered = cloud.now()["registered"]
    assert [one["family"] for one in registered] == ["shop-migrate", "shop-web", "shop-worker"]
    for one in registered:
        images = [container["image"] for container in one["containerDefinitions"]]
        assert images == [f"{REPOSITORY}@{DIGEST}", "public.ecr.aws/collector@sha256:1"]
        assert set(one) == {"family", "cpu", "containerDefinitions"}


def test_release_stops_when_migrate_fails(cloud: Cloud) -> None:
    cloud.set(exit_code="1")

    result = cloud.deploy("release")

    assert result.returncode == 1
    assert "migrate task ended with 1" in result.stderr
    assert not [call for call in cloud.calls() if "update" in call]
    assert cloud.now()["services"] == CALM["services"]
    assert cloud.released() == "nothing"


def test_release_stops_when_migrate_does_not_start(cloud: Cloud) -> None:
    cloud.set(task="None")

    result = cloud.deploy("release")

    assert result.returncode == 1
    assert "did not start" in result.stderr
    assert not [call for call in cloud.calls() if "update" in call or "wait" in call]


def test_release_goes_back_when_ecs_rolled_back_by_itself(cloud: Cloud) -> None:
    cloud.set(settles=False)

    result = cloud.deploy("release")

    assert result.returncode == 1
    updates = [call for call in cloud.calls() if "update" in call]
    assert updates == [
        "aws update shop-worker:8",
        "aws update shop-web:8",
        "aws update shop-web:5",
        "aws update shop-worker:5",
    ]
    assert cloud.calls()[-1] == "aws wait services-stable"
    assert "former release serves again" in result.stderr
    assert cloud.released() == "nothing"


def test_release_waits_while_ecs_still_watches_the_alarms(cloud: Cloud) -> None:
    cloud.set(bakes=5)

    result = cloud.deploy("release")

    assert result.returncode == 0, result.stderr
    assert cloud.now()["services"] == {"web": "shop-web:8", "worker": "shop-worker:8"}
    assert cloud.released() == cloud.git("rev-parse", "HEAD")


def test_release_goes_back_when_the_alarms_are_watched_for_ever(cloud: Cloud) -> None:
    cloud.set(bakes=10_000)

    result = cloud.deploy("release")

    assert result.returncode == 1
    assert cloud.now()["services"] == CALM["services"]
    assert cloud.released() == "nothing"


def test_release_goes_back_when_the_site_does_not_answer(cloud: Cloud) -> None:
    cloud.set(answers=False)

    result = cloud.deploy("release")

    assert result.returncode == 1
    assert cloud.now()["services"] == CALM["services"]
    assert cloud.released() == "nothing"


def test_release_takes_the_image_that_is_there(cloud: Cloud) -> None:
    cloud.set(images=[cloud.git("rev-parse", "HEAD")])

    result = cloud.deploy("release")

    assert result.returncode == 0, result.stderr
    assert not [call for call in cloud.calls() if call.startswith("docker")]


def test_release_refuses_to_build_a_changed_checkout(cloud: Cloud) -> None:
    (cloud.checkout / "new.txt").write_text("not committed")

    result = cloud.deploy("release")

    assert result.returncode == 1
    assert "clean checkout" in result.stderr
    assert cloud.calls() == ["aws ecr describe-images"]


def test_rollback_takes_the_former_commit_without_migrating(cloud: Cloud) -> None:
    first = cloud.git("rev-parse", "HEAD")
    cloud.release_by_hand(first)
    second = cloud.git("rev-parse", "HEAD")
    cloud.release_by_hand(second)
    cloud.set(images=[first, second])

    result = cloud.deploy("rollback")

    assert result.returncode == 0, result.stderr
    assert cloud.released() == first
    assert cloud.now()["services"] == {"web": "shop-web:8", "worker": "shop-worker:8"}
    others = [call for call in cloud.calls() if "run-task" in call or call.startswith("docker")]
    assert others == []


def test_dry_run_calls_nothing(cloud: Cloud) -> None:
    result = cloud.deploy("--dry-run", "release")

    assert result.returncode == 0, result.stderr
    assert cloud.calls() == []
    order = [result.stderr.index(word) for word in ("docker build", "run-task", "update-service")]
    assert order == sorted(order)
    assert cloud.released() == "nothing"


@pytest.mark.parametrize("words", [[], ["replace"], ["release", "a", "b"], ["release", "nowhere"]])
def test_refuse_wrong_use(cloud: Cloud, words: list[str]) -> None:
    result = cloud.deploy(*words)

    assert result.returncode == 2
    assert cloud.calls() == []


def test_help_tells_the_commands(cloud: Cloud) -> None:
    result = cloud.deploy("--help")

    assert result.returncode == 0
    assert "rollback [COMMIT]" in result.stdout

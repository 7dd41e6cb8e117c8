"""GitHub's workflows: pinned actions, least rights, no stored keys, nothing pasted into a shell."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / ".github/workflows"
PATHS = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
APPROVED = {("apply.yml", "apply"): "infrastructure", ("deploy.yml", "deploy"): "production"}


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    """List every job with its file and its name."""
    return [
        (path.name, name, job)
        for path in PATHS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    ]


def test_the_five_workflows_are_there() -> None:
    assert [path.stem for path in PATHS] == ["apply", "audit", "ci", "deploy", "plan"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_workflow_starts_without_rights_or_keys(path: Path) -> None:
    text = path.read_text()

    assert yaml.safe_load(text)["permissions"] == {}
    assert not re.search(r"aws[-_](access[-_]key|secret)", text, re.I)
    assert "pull_request_target" not in text


@pytest.mark.parametrize(("file", "name", "job"), jobs(), ids=lambda one: str(one)[:24])
def test_job_is_pinned_bounded_and_least(file: str, name: str, job: dict[str, Any]) -> None:
    steps = job["steps"]

    used = [step["uses"] for step in steps if "uses" in step]
    assert [one for one in used if not PINNED.match(one)] == []
    assert job["timeout-minutes"] <= 110
    assert job.get("environment") == APPROVED.get((file, name))
    signs_in = any("configure-aws-credentials" in one for one in used)
    assert ("id-token" in job["permissions"]) is signs_in
    writes = {right for right, degree in job["permissions"].items() if degree == "write"}
    assert writes <= {"id-token"} or (file, name, writes) == ("deploy.yml", "record", {"contents"})
    assert not (signs_in and "contents" in writes)
    # An expression inside a script is text that becomes a command: they come by the environment.
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []

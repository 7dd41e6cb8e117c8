"""The checkers of deploy/offline against samples: the good pass, every seeded mistake is named."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).with_name("samples")
pytestmark = pytest.mark.slow
Run = Callable[..., str]


@pytest.fixture(scope="module")
def run() -> Run:
    """Run a module of deploy.offline in its own venv; the answer ends with the exit status."""
    library = ROOT / "deploy/scripts/lib/offline.sh"
    made = f'source "{library}" && checker_venv requirements'
    subprocess.run(["bash", "-c", made], check=True, timeout=200)

    def run(module: str, *words: object) -> str:
        python = ROOT / ".local/deploy/requirements/bin/python"
        said = subprocess.run(
            [python, "-m", f"deploy.offline.{module}", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            timeout=200,
        )
        return f"{said.stdout}\nexit {said.returncode}"

    return run


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    def lay_out(name: str) -> Path:
        folder = tmp_path / name
        if name != "writeonly":
            shutil.copytree(SAMPLES / "common", folder)
        shutil.copytree(SAMPLES / name, folder, dirs_exist_ok=True)
        return folder

    return lay_out


def terraform(run: Run, folder: Path, *words: str) -> str:
    if not shutil.which("terraform"):
        pytest.skip("no terraform here")
    said = run("run", "--used-in", folder, "--", "terraform", f"-chdir={folder}", *words)
    return " ".join(said.split())  # Terraform breaks its sentences to the width of a screen


def initialised(run: Run, folder: Path) -> Path:
    assert "exit 0" in terraform(run, folder, "init", "-backend=false", "-input=false", "-no-color")
    return folder


@pytest.mark.parametrize("name", ["good", "writeonly"])
def test_good_samples_pass(run: Run, sample: Callable[[str], Path], name: str) -> None:
    folder = sample(name)

    assert run("hclcheck", folder).endswith("0 problems\n\nexit 0")
    valid = terraform(run, initialised(run, folder), "validate", "-no-color")
    assert valid == "Success! The configuration is valid. exit 0"


def test_terraform_tests_run_against_the_pretend_provider(
    run: Run, sample: Callable[[str], Path]
) -> None:
    folder = initialised(run, sample("good"))

    said = terraform(run, folder, "test", "-no-color")

    assert said.endswith("Success! 3 passed, 0 failed. exit 0")


def test_second_plan_of_an_applied_sample_is_empty(run: Run, sample: Callable[[str], Path]) -> None:
    folder = initialised(run, sample("writeonly"))
    applied = terraform(run, folder, "apply", "-auto-approve", "-input=false", "-no-color")
    assert "2 added" in applied

    again = terraform(run, folder, "plan", "-detailed-exitcode", "-input=false", "-no-color")

    assert again.endswith("exit 0")
    state = json.loads((folder / "terraform.tfstate").read_text())
    written = [one for one in state["resources"] if one["type"].endswith("_version")]
    assert [one["instances"][0]["attributes"]["secret_string_wo"] for one in written] == [None]


def test_plan_that_replaces_what_people_stored_is_refused(
    run: Run, sample: Callable[[str], Path]
) -> None:
    folder = initialised(run, sample("writeonly"))
    terraform(run, folder, "apply", "-auto-approve", "-input=false", "-no-color")
    written = folder / "main.tf"
    written.write_text(written.read_text().replace('"sample/django"', '"sample/renamed"'))

    planned = terraform(run, folder, "plan", "-input=false", "-no-color", "-out=p")
    shown = terraform(run, folder, "show", "-json", "p").removesuffix(" exit 0")
    (folder / "plan.json").write_text(shown)

    assert "must be replaced" in planned
    refused = run("kept", folder / "plan.json")
    assert "aws_secretsmanager_secret.django: the plan says delete and create" in refused
    assert refused.endswith("exit 1")


def test_terraform_names_every_mistake_of_language(run: Run, sample: Callable[[str], Path]) -> None:
    folder = initialised(run, sample("bad"))

    said = terraform(run, folder, "validate", "-no-color")

    for words in (
        "Unsupported argument",
        "Missing required argument",
        "undeclared resource",
        "undeclared local",
        "Invalid resource type",
        "Insufficient default_action",
        "undeclared input variable",
    ):
        assert words in said


def test_schema_check_names_every_mistake_of_language(
    run: Run, sample: Callable[[str], Path]
) -> None:
    said = run("hclcheck", sample("bad"))

    for words in (
        "no argument 'cidr_blocks'",
        "'vpc_id' is missing",
        "no such type",
        "no block 'versionning'",
        "wants a number",
        "block 'default_action' is missing",
        "local is not declared",
        "variable is not declared",
        "no attribute 'arnn'",
        "alb.id: is not declared",
    ):
        assert words in said
    assert said.endswith("11 problems\n\nexit 1")


def test_schema_check_names_a_module_that_is_not_there(
    run: Run, sample: Callable[[str], Path]
) -> None:
    said = run("hclcheck", sample("badmodule"))

    assert "module.net: no folder" in said
    assert said.endswith("exit 1")


def test_values_that_aws_would_refuse_are_named(run: Run, sample: Callable[[str], Path]) -> None:
    folder = initialised(run, sample("badvalues"))

    said = terraform(run, folder, "validate", "-no-color")

    for words in (
        "CIDR form",
        "Fargate CPU/memory pair",
        "Unknown container definition key",
        "Name too long",
        "Not valid JSON",
        "Value not accepted by the AWS API",
    ):
        assert words in said
    assert said.endswith("exit 1")

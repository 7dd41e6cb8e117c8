"""check.sh: what it says of deploy/, and that its exit status says the same."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^(ok|FAIL|skip)\s+(.+?)\s+(\d+) s$", re.M)
QUICK = [
    "4 schema (hclcheck)",
    "1 format",
    "2 validate",
    "3 terraform test",
    "6 promises, planned",
    "10 misspelt Terraform",
    "8 Dockerfile (hadolint)",
    "8 compose file",
]
ALL = [
    "4 schema (hclcheck)",
    "1 format",
    "2 validate",
    "3 terraform test",
    "5 apply small twice",
    "6 promises, small",
    "5 apply production twice",
    "6 promises, production",
    "5 small to production",
    "7 checkov",
    "10 seeded mistakes",
    "10 misspelt Terraform",
    "8 Dockerfile (hadolint)",
    "8 compose file",
    "9 the delivery Lambda",
    "workflows (schema, zizmor)",
]
OF_TERRAFORM = re.compile(r"^([123567] |10 seeded)")


def check(*words: str, path: str | None = None, timeout: int = 290) -> tuple[int, str]:
    """Run check.sh; give its exit status and all it said."""
    result = subprocess.run(
        [ROOT / "deploy/scripts/check.sh", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
        timeout=timeout,
    )
    return result.returncode, result.stdout


def without_terraform(folder: Path) -> str:
    """Make a PATH that has everything this one has, but for Terraform."""
    shown = folder / "bin"
    shown.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(place).glob("*") if place else ():
            link = shown / program.name
            link.unlink(missing_ok=True)
            if program.name != "terraform":
                link.symlink_to(program)
    return str(shown)


@pytest.mark.long
def test_quick_check_passes_line_by_line() -> None:
    expected = (
        QUICK if shutil.which("terraform") else [n for n in QUICK if not OF_TERRAFORM.match(n)]
    )

    status, said = check("--quick")

    assert "FAIL" not in said, said
    assert [name for _, name, _ in LINE.findall(said)] == expected
    assert "Every check of deploy/ passed." in said
    assert status == 0


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_all_checks_pass() -> None:
    if not shutil.which("terraform"):
        pytest.skip("no terraform here: most checks need it")

    status, said = check("--all", timeout=1400)

    verdicts = {name: verdict for verdict, name, _ in LINE.findall(said)}
    assert list(verdicts) == ALL
    assert set(verdicts.values()) <= {"ok", "skip"}, said
    assert status == 0


@pytest.mark.slow
def test_check_reads_the_schema_where_there_is_no_terraform(tmp_path: Path) -> None:
    status, said = check("--quick", path=without_terraform(tmp_path))

    assert "There is no terraform here" in said
    verdicts = {name: verdict for verdict, name, _ in LINE.findall(said)}
    assert verdicts["4 schema (hclcheck)"] == "ok"
    assert not [name for name in verdicts if OF_TERRAFORM.match(name)]
    assert "Skipped: everything that runs terraform" in said
    assert status == 0


@pytest.mark.slow
def test_refuse_an_unknown_word() -> None:
    status, said = check("--everything")

    assert status == 2
    assert LINE.findall(said) == []


@pytest.mark.slow
def test_help_tells_the_scopes() -> None:
    status, said = check("--help")

    assert status == 0
    assert "--quick" in said
    assert "--all" in said

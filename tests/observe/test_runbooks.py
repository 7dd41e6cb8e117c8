"""Runbooks name what there is: alarms, commands, log lines, tables, pages."""

import os
import re
import subprocess
import sys

import pytest
from django.core.management import get_commands, load_command_class
from django.db import connection, transaction

from makers_market.core import logs, metrics
from makers_market.core.jobs import app
from tests import world
from tests.world import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
ALARMS = {
    "alb-5xx", "alb-p95", "unhealthy-hosts", "ecs-saturated", "rds-cpu", "rds-storage",
    "cache-memory", "delivery-failing", "jobs-late", "money-broken",
}  # fmt: skip
BY_HAND = {
    "database-restore", "lost-valkey", "stripe-away", "resend-away", "read-only-mode",
    "secret-rotation", "deploy-rollback",
}  # fmt: skip
HEADINGS = ["## Look here first", "## Over when", "## Afterwards"]
PARTS = ("**Means.**", "**Shoppers notice.**")
CODE = re.compile(r"`([^`\n]+)`|^(?: {4,})(\S.*)$", re.MULTILINE)
SHOP_CODE = ("makers_market", "accounts", "catalog", "orders", "payments", "notifications")
# Fields that every line has, and those that Logs Insights itself adds.
FIELDS = {
    "@timestamp",
    "@message",
    "at",
    "level",
    "logger",
    "event",
    "request_id",
    "error",
    "where",
}
# Words of a query that are no fields.
WORDS = {
    "fields", "filter", "stats", "sort", "limit", "count", "pct", "sum", "by", "as", "and", "or",
    "in", "like", "desc", "asc", "bin", "ispresent", "times", "half", "slow", "work", "errors",
}  # fmt: skip
QUERY = re.compile(r"^ +((?:fields|filter|stats) .*(?:\n +\|.*)*)", re.MULTILINE)
QUOTED = re.compile(r'"[^"\n]*"|/[^/\n]*/')
SQL = re.compile(r"(?:SELECT|INSERT)\b[^`;]*(?:;|(?=`))", re.DOTALL)


def pages() -> dict[str, str]:
    return {path.stem: path.read_text() for path in RUNBOOKS.glob("*.md")}


def test_names_services_as_terraform_does() -> None:
    services = (ROOT / "deploy" / "modules" / "app" / "services.tf").read_text()
    made = set(re.findall(r'^  name +(?:=) "(\w+)"$', services, re.MULTILINE))

    named = {
        service
        for page in pages().values()
        for words in re.findall(r"--service(?:s|-name)?((?: [\w-]+)+?)(?= --|[`\n])", page)
        for service in words.split()
    }

    assert made == {"web", "worker"}
    assert named == made


def test_each_alarm_has_its_page_and_each_page_its_alarm() -> None:
    declared = set()
    for path in (ROOT / "deploy" / "modules" / "observe").glob("alarms_*.tf"):
        declared |= set(re.findall(r'^    "([a-z0-9-]+)" = \{', path.read_text(), re.MULTILINE))

    assert declared == ALARMS
    assert pages().keys() == ALARMS | BY_HAND | {"README"}


def test_index_names_every_page_once() -> None:
    index = pages()["README"]

    linked = re.findall(r"^\| \[([a-z0-9-]+)\]\(([a-z0-9-]+)\.md\)", index, re.MULTILINE)

    assert all(name == page for name, page in linked)
    assert sorted(name for name, _page in linked) == sorted(ALARMS | BY_HAND)


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_alarm_page_has_every_part(name: str) -> None:
    page = pages()[name]

    assert page.startswith(f"# {name}: ")
    assert [part for part in PARTS if part not in page] == []
    assert [line for line in page.splitlines() if line in HEADINGS] == HEADINGS
    assert len(page.splitlines()) <= 60, "one page"


@pytest.mark.parametrize("name", sorted(ALARMS | BY_HAND | {"README"}))
def test_links_lead_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#]+?)(?:#[\w-]+)?\)", pages()[name])

    missing = [t for t in targets if not t.startswith("http") and not (RUNBOOKS / t).exists()]

    assert missing == []


def commands(text: str) -> list[list[str]]:
    """Give the shop's own commands in a text, as words."""
    found = []
    for inline, block in CODE.findall(text):
        words = (inline or block).split()
        if words[:2] == ["python", "manage.py"]:
            found.append(words[2:])
        elif words and words[0] in own_commands():
            found.append(words)
    return found


def own_commands() -> set[str]:
    return {name for name, where in get_commands().items() if where.startswith(SHOP_CODE)}


def test_commands_and_their_options_exist() -> None:
    named = [words for page in pages().values() for words in commands(page)]
    assert {"audit_money", "verify_audit", "backup", "restore", "take_off_second_factor"} <= {
        words[0] for words in named
    }

    for name, *arguments in named:
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        assert {word for word in arguments if word.startswith("--")} <= known, name


def test_scripts_that_are_named_exist() -> None:
    text = " ".join(pages().values())

    named = set(re.findall(r"deploy/[\w/.-]+\w", text))

    assert "deploy/scripts/deploy.sh" in named
    assert [path for path in named if not (ROOT / path).exists()] == []


def queries() -> list[str]:
    return [query for page in pages().values() for query in QUERY.findall(page)]


def test_queries_ask_for_lines_that_are_written() -> None:
    code = " ".join(
        path.read_text() for app_name in SHOP_CODE for path in (ROOT / app_name).rglob("*.py")
    )
    named = set()
    for query in queries():
        named |= set(re.findall(r'event = "(\w+)"', query))
        for several in re.findall(r"event in \[([^\]]+)\]", query):
            named |= set(re.findall(r'"(\w+)"', several))

    written = {
        event for event in named
        if re.search(rf'log\.\w+\(\s*(?:[^()"]*)"{event}"|"{event}" if|else "{event}"', code)
    }  # fmt: skip

    assert len(named) >= 8
    assert named - written == set()


def test_queries_ask_for_fields_that_lines_have() -> None:
    known = FIELDS | set(logs.ALLOWED)

    unknown = set()
    for query in queries():
        bare = re.sub(r"\.\d+", "", QUOTED.sub(" ", query))
        asked = re.findall(r"@?[a-z_]+", re.sub(r"\b\d+[a-z]?\b", " ", bare))
        unknown |= set(asked) - known - WORDS

    assert unknown == set()


def test_measurements_that_are_named_are_written() -> None:
    ours = metrics.COUNTED | metrics.GAUGES | {metrics.TIMES}
    named = set(
        re.findall(
            r"`((?:Jobs|Oldest|Money|Audit|Mails|Payments|Holds|Request|Server)\w+)`",
            " ".join(pages().values()),
        )
    )

    assert {"JobsWaiting", "OldestJobSeconds", "MoneyBroken", "AuditBroken"} <= named
    assert named - ours <= {"RequestCount"}


def test_jobs_that_are_named_exist() -> None:
    text = " ".join(pages().values())
    named = set(
        re.findall(r"`((?:payments|notifications|orders|catalog|core|desk)\.[a-z_]+)`", text)
    )

    assert named
    assert named <= app.tasks.keys()


@pytest.mark.django_db(transaction=True)
def test_sql_runs() -> None:
    statements = [
        statement.strip(" ;\n") for page in pages().values() for statement in SQL.findall(page)
        if not re.search(r"\b(?:PID|NAME)\b", statement)
    ]  # fmt: skip
    assert len(statements) >= 6

    for statement in statements:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.replace("%", "%%"), [])
            transaction.set_rollback(True)


def test_pages_say_nothing_of_this_place() -> None:
    places = re.compile(r"/work/|/root\b|127\.0\.0\.1")

    assert [name for name, page in pages().items() if places.search(page)] == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_operators_command_runs_as_a_command_of_the_image() -> None:
    database = world.postgres.url(str(connection.settings_dict["NAME"]))
    argv = [sys.executable, "-m", "makers_market", "manage", "verify_audit", "--expect"]

    answers = [
        subprocess.run(
            [*argv, kept], cwd=ROOT, env=os.environ | world.environment(database=database),
            capture_output=True, text=True, timeout=120, check=False,
        )
        for kept in ("0:", f"7:{'a' * 64}")
    ]  # fmt: skip

    assert [answer.returncode for answer in answers] == [0, 1]
    assert "The audit log is whole." in answers[0].stdout
    assert "position 7 of the kept head is missing" in answers[1].stdout

"""The environment that Terraform gives to the shop's tasks is one that the shop starts with."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests import world
from tests.files.certificates import Authority

pytestmark = pytest.mark.long
ASK = "from makers_market.core import env; print(env.problems())"
AUTHORITIES = "/etc/ssl/certs/rds.pem"
SECRET = "whsec_" + "c2VjcmV0LW9mLW91ci1vd24taW4tYmFzZTY0"
# Secrets with a shape of their own.
SHAPED = {"CACHE_URL": "rediss://shop:secret@cache.internal:6379/0", "EDGE_SECRETS": "one,two"}


def environments(resources: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Give by container what it finds in its environment, secrets made up."""
    found = {}
    for each in resources:
        if each["type"] != "aws_ecs_task_definition":
            continue
        for container in json.loads(each["values"]["container_definitions"]):
            plain = {pair["name"]: pair["value"] for pair in container.get("environment", ())}
            secret = [pair["name"] for pair in container.get("secrets", ())]
            kept = {name: SHAPED.get(name, SECRET) for name in secret}
            found[container["name"]] = plain | kept
    return found


def test_each_task_starts_with_what_it_is_given(
    resources: list[dict[str, Any]], authority: Authority
):
    given = environments(resources)
    told = {}

    for name in ("web", "worker", "migrate"):
        env = {key: value.replace(AUTHORITIES, str(authority.file))
               for key, value in given[name].items()}  # fmt: skip
        assert env["DATABASE_URL"] != given[name]["DATABASE_URL"]
        ended = subprocess.run(
            [sys.executable, "-c", ASK], cwd=world.ROOT, check=True, capture_output=True,
            text=True, env={"PATH": os.environ["PATH"]} | env, timeout=120,
        )  # fmt: skip
        told[name] = ended.stdout

    assert told == {"web": "[]\n", "worker": "[]\n", "migrate": "[]\n"}


def test_administrator_s_secret_is_named_to_the_migration_alone(resources: list[dict[str, Any]]):
    given = environments(resources)

    named = {name for name, env in given.items() if "DATABASE_ADMIN_SECRET_ARN" in env}

    assert named == {"migrate"}
    assert all(env["DATABASE_AUTH"] == "iam" and env["EDGE_ONLY"] == "1"
               for name, env in given.items() if name in {"web", "worker", "migrate"})  # fmt: skip

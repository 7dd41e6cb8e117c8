"""Value checks that a schema cannot make, run where the real provider runs its own.

Only mistakes that would otherwise show at `apply` are here; what AWS's own API says about enums,
patterns and ranges is in api_limits.py.
"""

import ipaddress
import json
from collections.abc import Iterator
from typing import Any

from deploy.offline import api_limits
from deploy.offline.findings import Finding
from deploy.offline.made_up import MARK
from deploy.offline.values import is_known

# Letters that AWS accepts in a name, where botocore's model does not say.
NAME_LENGTHS = {
    "aws_lb": 32,
    "aws_lb_target_group": 32,
    "aws_iam_role": 64,
    "aws_elasticache_replication_group": 40,
    "aws_db_instance": 63,
}
_JSON_ARGUMENTS = {
    "policy",
    "assume_role_policy",
    "container_definitions",
    "dashboard_body",
    "redrive_policy",
    "event_pattern",
}
_POLICY_TYPES = (
    "aws_iam",
    "aws_kms",
    "aws_s3_bucket_policy",
    "aws_sqs",
    "aws_sns_topic_policy",
)
# Fargate's pairs of CPU units and MiB: "Fargate task sizes", Amazon ECS Developer Guide.
FARGATE = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
Config = dict[str, Any]


def check(kind: str, type_name: str, config: Config | None) -> list[Finding]:
    """List what is wrong with a block's values; `kind` is resource, data or ephemeral."""
    if not isinstance(config, dict):
        return []
    found = list(_values(kind, type_name, config))
    if kind == "resource":
        found += [*_names(type_name, config), *_tasks(type_name, config)]
        if type_name == "aws_security_group_rule":
            better = "aws_vpc_security_group_ingress_rule or _egress_rule"
            found.append(Finding(f"Use {better}", "one rule, one resource, no drift", "type"))
        found += api_limits.check(type_name, config)
    return found


def _values(kind: str, type_name: str, config: Config) -> Iterator[Finding]:
    for argument, value in config.items():
        if not isinstance(value, str) or MARK in value:
            continue
        if argument.endswith("cidr_block") or argument == "cidr_ipv4":
            yield from _network(argument, value)
        elif argument in _JSON_ARGUMENTS:
            yield from _document(kind, type_name, argument, value)
        elif _is_bad_arn(kind, argument, value):
            yield Finding("Not an ARN", f"got {value!r}", argument)


def _is_bad_arn(kind: str, argument: str, value: str) -> bool:
    return kind == "resource" and argument.endswith("_arn") and not value.startswith(("arn:", "*"))


def _network(argument: str, value: str) -> Iterator[Finding]:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        yield Finding("Not a network address in CIDR form", str(error), argument)


def _document(kind: str, type_name: str, argument: str, value: str) -> Iterator[Finding]:
    try:
        document = json.loads(value)
    except ValueError as error:
        yield Finding("Not valid JSON", str(error), argument)
        return
    is_policy = argument in ("policy", "assume_role_policy") and isinstance(document, dict)
    wants_statement = kind == "resource" and type_name.startswith(_POLICY_TYPES)
    if is_policy and wants_statement and "Statement" not in document:
        yield Finding("Policy has no Statement", "AWS refuses it as malformed", argument)


def _names(type_name: str, config: Config) -> Iterator[Finding]:
    limit = NAME_LENGTHS.get(type_name)
    for argument in ("name", "identifier", "replication_group_id"):
        name = config.get(argument)
        if limit and isinstance(name, str) and len(name) > limit:
            detail = f"{name} has {len(name)} characters; the limit is {limit}."
            yield Finding("Name too long", detail, argument)


def _tasks(type_name: str, config: Config) -> Iterator[Finding]:
    modes = config.get("requires_compatibilities")
    if type_name != "aws_ecs_task_definition" or not isinstance(modes, list):
        return
    if "FARGATE" not in modes:
        return
    yield from _sizes(config.get("cpu"), config.get("memory"))
    if config.get("network_mode") is None or config["network_mode"] == "bridge":
        detail = 'a task gets its own address: network_mode = "awsvpc"'
        yield Finding("Fargate needs awsvpc", detail, "network_mode")
    if config.get("execution_role_arn") is None:
        detail = "it pulls the image and sends the logs"
        yield Finding("Fargate needs an execution role", detail, "execution_role_arn")
    if isinstance(config.get("container_definitions"), str):
        yield from _containers(config["container_definitions"])


def _sizes(cpu: object, memory: object) -> Iterator[Finding]:
    if not (is_known(cpu) and is_known(memory) and f"{cpu}{memory}".isdigit()):
        return
    if int(str(memory)) not in FARGATE.get(int(str(cpu)), ()):
        detail = f"cpu {cpu} does not go with memory {memory}"
        yield Finding("Not a Fargate CPU/memory pair", detail, "memory")


def _containers(text: str) -> Iterator[Finding]:
    try:
        containers = json.loads(text)
    except ValueError:
        return  # named by _document
    allowed = api_limits.members("ecs", "ContainerDefinition")
    names = {one.get("name") for one in containers}
    for one in containers:
        name = one.get("name")
        for key in set(one) - allowed if allowed else ():
            detail = f"container {name!r} has {key!r}"
            yield Finding("Unknown container definition key", detail, "container_definitions")
        for key in {"name", "image"} - {key for key, value in one.items() if value}:
            summary = f"Container definition without {key}"
            yield Finding(summary, f"container {name!r}", "container_definitions")
        for needed in one.get("dependsOn") or []:
            if needed.get("containerName") not in names:
                detail = f"container {name!r} waits for {needed.get('containerName')!r}"
                yield Finding("dependsOn names no container", detail, "container_definitions")

"""The project's own promises about its infrastructure, over a plan or a state.

    terraform show -json > state.json; python -m deploy.offline.plancheck state.json

Private tasks, nothing open to the world, encryption, least privilege, no secret in the open, at
most ten alarms: checked on evaluated values, so variables, modules and tiers are resolved. A state
applied to the pretend provider is best, for nothing in it is unknown. Exit status 1 on a breach.
"""

import argparse
import ipaddress
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from deploy.offline.plans import Values, document, first, many, read, resources, statements

MOST_ALARMS = 10
_SECRET_NAME = re.compile(r"PASSWORD|SECRET|API_KEY|TOKEN|CACHE_URL|PRIVATE_KEY")
_NO_SECRET = re.compile(r"(ARN|ARNS|VERSION|SECONDS)$")  # where it lies, not what it is
_BUCKET_PARTS = (
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_policy",
)
Rule = Callable[[Values], Iterator[str]]
RULES: dict[str, list[Rule]] = {}


def rule_for(*types: str) -> Callable[[Rule], Rule]:
    """Register a rule: it is given one resource's values and yields what they break."""

    def register(rule: Rule) -> Rule:
        for type_name in types:
            RULES.setdefault(type_name, []).append(rule)
        return rule

    return register


def _off(value: Any) -> bool:
    return str(value).lower() != "true"


@rule_for("aws_ecs_service")
def _service(values: Values) -> Iterator[str]:
    if first(values.get("network_configuration")).get("assign_public_ip"):
        yield "tasks get public addresses"
    breaker = first(values.get("deployment_circuit_breaker"))
    if not (breaker.get("enable") and breaker.get("rollback")):
        yield "no deployment circuit breaker with rollback"
    if values.get("load_balancer") and not values.get("health_check_grace_period_seconds"):
        yield "no grace period for the health check"


@rule_for("aws_ecs_task_definition")
def _task(values: Values) -> Iterator[str]:
    roles = values.get("execution_role_arn"), values.get("task_role_arn")
    if roles[0] and roles[0] == roles[1]:
        yield "one role for the task and for starting it"
    for container in document(values.get("container_definitions")) or []:
        yield from _container(container)


def _container(container: Values) -> Iterator[str]:
    name = f"container {container.get('name')}"
    image = container.get("image", "")
    own = container.get("essential", True)
    if "@sha256:" not in image and (own or image.endswith(":latest") or ":" not in image):
        yield f"{name} has no pinned image: {image}"
    if own and not container.get("readonlyRootFilesystem"):
        yield f"{name} can write to its root file system"
    if own and container.get("user") in (None, "0", "root"):
        yield f"{name} runs as root"
    if container.get("privileged"):
        yield f"{name} is privileged"
    for pair in container.get("environment") or []:
        if _SECRET_NAME.search(pair["name"]) and not _NO_SECRET.search(pair["name"]):
            yield f"{name} has {pair['name']} in plain environment"


@rule_for("aws_lambda_function")
def _function(values: Values) -> Iterator[str]:
    for name in first(values.get("environment")).get("variables") or {}:
        if _SECRET_NAME.search(name) and not _NO_SECRET.search(name):
            yield f"has {name} in plain environment"


@rule_for("aws_vpc_security_group_ingress_rule")
def _ingress(values: Values) -> Iterator[str]:
    for key in ("cidr_ipv4", "cidr_ipv6"):
        if values.get(key) and ipaddress.ip_network(values[key]).prefixlen == 0:
            yield "open to the world"


@rule_for("aws_security_group")
def _group(values: Values) -> Iterator[str]:
    if values.get("ingress") or values.get("egress"):
        yield "inline rules; use aws_vpc_security_group_ingress_rule and _egress_rule"


@rule_for("aws_subnet")
def _subnet(values: Values) -> Iterator[str]:
    if values.get("map_public_ip_on_launch"):
        yield "gives public addresses to whatever starts in it"


@rule_for("aws_db_instance")
def _database(values: Values) -> Iterator[str]:
    if values.get("publicly_accessible"):
        yield "the database is public"
    if _off(values.get("storage_encrypted")):
        yield "the database is not encrypted"
    if values.get("password"):
        yield "the database's password is in the state"
    if not values.get("backup_retention_period"):
        yield "no backups"
    if _off(values.get("iam_database_authentication_enabled")):
        yield "no sign-in by IAM"


@rule_for("aws_db_parameter_group")
def _parameters(values: Values) -> Iterator[str]:
    chosen = {one.get("name"): one.get("value") for one in values.get("parameter") or []}
    if chosen.get("rds.force_ssl") != "1":
        yield "connections without TLS are accepted"


@rule_for("aws_elasticache_replication_group")
def _cache(values: Values) -> Iterator[str]:
    for key in ("at_rest_encryption_enabled", "transit_encryption_enabled"):
        if _off(values.get(key)):
            yield f"{key} is off"


@rule_for("aws_s3_bucket_public_access_block")
def _public_access(values: Values) -> Iterator[str]:
    keys = (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    )
    if any(_off(values.get(key)) for key in keys):
        yield "a bucket may be made public"


@rule_for("aws_cloudwatch_log_group")
def _logs(values: Values) -> Iterator[str]:
    if not values.get("retention_in_days"):
        yield "logs are kept for ever"


@rule_for("aws_iam_role_policy", "aws_iam_policy")
def _permissions(values: Values) -> Iterator[str]:
    for one in statements(values.get("policy")):
        if one.get("Effect") != "Allow":
            continue
        everywhere = "*" in many(one.get("Resource"))
        for action in many(one.get("Action")):
            if action == "*" or (action.endswith(":*") and everywhere):
                yield f"allows {action} on everything"


@rule_for("aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sns_topic_policy")
def _anyone(values: Values) -> Iterator[str]:
    for one in statements(values.get("policy")):
        principal = one.get("Principal")
        anyone = principal == "*" or (isinstance(principal, dict) and principal.get("AWS") == "*")
        if one.get("Effect") == "Allow" and anyone and not one.get("Condition"):
            yield "allows everybody"


@rule_for("aws_lb_listener")
def _listener(values: Values) -> Iterator[str]:
    action = first(values.get("default_action"))
    if values.get("protocol") == "HTTP" and action.get("type") != "redirect":
        yield "plain HTTP that does not redirect"
    if values.get("protocol") == "HTTPS" and "TLS13" not in str(values.get("ssl_policy")):
        yield "an old TLS policy"


@rule_for("aws_lb")
def _balancer(values: Values) -> Iterator[str]:
    if _off(values.get("drop_invalid_header_fields")):
        yield "passes invalid headers on"


@rule_for("aws_cloudfront_distribution")
def _distribution(values: Values) -> Iterator[str]:
    behaviours = many(values.get("default_cache_behavior"))
    behaviours += many(values.get("ordered_cache_behavior"))
    if any(one.get("viewer_protocol_policy") == "allow-all" for one in behaviours):
        yield "serves plain HTTP"


@rule_for("aws_sqs_queue")
def _queue(values: Values) -> Iterator[str]:
    if not values.get("sqs_managed_sse_enabled") and values.get("kms_master_key_id") == "":
        yield "the queue is not encrypted"


@rule_for("aws_kms_key")
def _key(values: Values) -> Iterator[str]:
    if _off(values.get("enable_key_rotation")):
        yield "the key is never rotated"


@rule_for("aws_ecr_repository")
def _repository(values: Values) -> Iterator[str]:
    if values.get("image_tag_mutability") != "IMMUTABLE":
        yield "a tag can be moved to another image"
    if not first(values.get("image_scanning_configuration")).get("scan_on_push"):
        yield "images are not scanned"


@rule_for("aws_secretsmanager_secret_version")
def _secret(values: Values) -> Iterator[str]:
    if values.get("secret_string"):
        yield "a secret's value is in the state; use secret_string_wo"


def _whole(by_type: dict[str, list[Values]], is_state: bool) -> Iterator[str]:
    """Check what no single resource shows."""
    alarms = len(by_type.get("aws_cloudwatch_metric_alarm", []))
    if alarms > MOST_ALARMS:
        yield f"{alarms} alarms; the design allows {MOST_ALARMS}"
    buckets = len(by_type.get("aws_s3_bucket", []))
    for type_name in _BUCKET_PARTS:
        if len(by_type.get(type_name, [])) < buckets:
            yield f"{buckets} buckets but {len(by_type.get(type_name, []))} {type_name}"
    # While planning, the ARNs that these refer to are not known yet.
    if is_state:
        queues = by_type.get("aws_sqs_queue", [])
        reads_queue = by_type.get("aws_lambda_event_source_mapping")
        if reads_queue and not any(one["values"].get("redrive_policy") for one in queues):
            yield "no queue lays aside what its Lambda cannot take"
        for one in by_type.get("aws_cloudfront_distribution", []):
            if not one["values"].get("web_acl_id"):
                yield f"{one['address']}: no web ACL"
        for one in by_type.get("aws_cloudwatch_log_group", []):
            # Our keys are of one region; the firewall writes where CloudFront lives.
            is_edge = one["values"]["name"].startswith("aws-waf-logs-")
            if not is_edge and not one["values"].get("kms_key_id"):
                yield f"{one['address']}: logs without a key of ours"


def check(shown: Values) -> list[str]:
    """List the breaches of a plan or state, each with the resource's address."""
    by_type: dict[str, list[Values]] = {}
    found = []
    for one in resources(shown):
        by_type.setdefault(one["type"], []).append(one)
        for rule in RULES.get(one["type"], []):
            found += [f"{one['address']}: {text}" for text in rule(one["values"])]
    return found + list(_whole(by_type, is_state="planned_values" not in shown))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("shown", type=Path, help="output of terraform show -json")
    try:
        shown = read(parser.parse_args().shown)
    except (OSError, json.JSONDecodeError) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    found = check(shown)
    print("\n".join(found), end="\n" if found else "")
    count = len(resources(shown))
    print(f"{count} resources, {len(found)} breaches")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())

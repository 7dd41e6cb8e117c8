"""The promises of plancheck and kept, one broken at a time."""

import json

import pytest

from deploy.offline.kept import changes
from deploy.offline.plancheck import check


def state(*resources: tuple[str, dict]) -> dict:
    listed = [
        {"mode": "managed", "type": kind, "address": f"{kind}.this", "values": values}
        for kind, values in resources
    ]
    return {"values": {"root_module": {"child_modules": [{"resources": listed}]}}}


def task(**changed: object) -> tuple[str, dict]:
    container = {
        "name": "web",
        "image": "shop@sha256:1",
        "readonlyRootFilesystem": True,
        "user": "10001",
        **changed,
    }
    return "aws_ecs_task_definition", {"container_definitions": json.dumps([container])}


SERVICE = {
    "network_configuration": [{"assign_public_ip": False}],
    "deployment_circuit_breaker": [{"enable": True, "rollback": True}],
}
DATABASE = {
    "storage_encrypted": True,
    "backup_retention_period": 7,
    "iam_database_authentication_enabled": True,
}


def allow(action: str, resource: str) -> tuple[str, dict]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return "aws_iam_role_policy", {"policy": json.dumps({"Statement": [statement]})}


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (task(image="shop:latest"), "no pinned image"),
        (task(user="root"), "runs as root"),
        (task(readonlyRootFilesystem=False), "can write to its root file system"),
        (task(environment=[{"name": "SECRET_KEY", "value": "x"}]), "SECRET_KEY in plain"),
        (
            (
                "aws_ecs_service",
                {**SERVICE, "network_configuration": [{"assign_public_ip": True}]},
            ),
            "tasks get public addresses",
        ),
        (
            ("aws_ecs_service", {**SERVICE, "deployment_circuit_breaker": []}),
            "no deployment circuit breaker",
        ),
        (("aws_db_instance", {**DATABASE, "publicly_accessible": True}), "the database is public"),
        (("aws_db_instance", {**DATABASE, "storage_encrypted": False}), "not encrypted"),
        (("aws_db_instance", {**DATABASE, "password": "x"}), "password is in the state"),
        (
            ("aws_vpc_security_group_ingress_rule", {"cidr_ipv6": "::/0"}),
            "open to the world",
        ),
        (allow("s3:*", "*"), "allows s3:* on everything"),
        (allow("*", "arn:aws:s3:::one"), "allows * on everything"),
        (("aws_lb_listener", {"protocol": "HTTP"}), "plain HTTP"),
        (("aws_secretsmanager_secret_version", {"secret_string": "x"}), "is in the state"),
        (("aws_cloudwatch_log_group", {"name": "a", "kms_key_id": "k"}), "kept for ever"),
        (("aws_s3_bucket", {}), "1 buckets but 0 aws_s3_bucket_versioning"),
    ],
)
def test_broken_promise_is_named(resource: tuple[str, dict], words: str) -> None:
    found = check(state(resource))

    assert [line for line in found if words in line], found


@pytest.mark.parametrize(
    "resource",
    [
        task(),
        task(environment=[{"name": "DATABASE_ADMIN_SECRET_ARN", "value": "arn:x"}]),
        ("aws_ecs_service", SERVICE),
        ("aws_db_instance", DATABASE),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "10.0.0.0/16"}),
        allow("s3:GetObject", "arn:aws:s3:::one/*"),
        ("aws_cloudwatch_metric_alarm", {}),
    ],
)
def test_kept_promise_is_passed_by(resource: tuple[str, dict]) -> None:
    assert check(state(resource)) == []


def test_eleventh_alarm_is_named() -> None:
    alarm = ("aws_cloudwatch_metric_alarm", {})

    assert check(state(*[alarm] * 10)) == []
    assert check(state(*[alarm] * 11)) == ["11 alarms; the design allows 10"]


def test_change_of_what_people_stored_is_listed() -> None:
    def change(kind: str, *actions: str) -> dict:
        return {"mode": "managed", "type": kind, "address": kind, "change": {"actions": actions}}

    plan = {
        "resource_changes": [
            change("aws_db_instance", "delete", "create"),
            change("aws_s3_bucket", "update"),
            change("aws_ecs_service", "delete"),
        ]
    }

    found = changes(plan)

    assert found == {"aws_db_instance": ("delete", "create"), "aws_s3_bucket": ("update",)}

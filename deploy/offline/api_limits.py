"""AWS's own limits on values: enums, patterns, lengths and ranges, read from botocore's models.

Terraform's arguments are matched to the members of the API call by name, letters and digits only.
An argument that resembles no member is left alone, so nothing is refused by a guess.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import NoShapeFoundError, OperationNotFoundError, ServiceModel, Shape

from deploy.offline.findings import Finding
from deploy.offline.made_up import MARK
from deploy.offline.values import is_known

# Terraform type: the service and the operation whose input describes it.
CALLS = {
    "aws_acm_certificate": ("acm", "RequestCertificate"),
    "aws_appautoscaling_policy": ("application-autoscaling", "PutScalingPolicy"),
    "aws_appautoscaling_target": ("application-autoscaling", "RegisterScalableTarget"),
    "aws_budgets_budget": ("budgets", "CreateBudget"),
    "aws_cloudfront_vpc_origin": ("cloudfront", "CreateVpcOrigin"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", "PutMetricAlarm"),
    "aws_cognito_identity_provider": ("cognito-idp", "CreateIdentityProvider"),
    "aws_cognito_user_pool": ("cognito-idp", "CreateUserPool"),
    "aws_cognito_user_pool_client": ("cognito-idp", "CreateUserPoolClient"),
    "aws_db_instance": ("rds", "CreateDBInstance"),
    "aws_ecr_repository": ("ecr", "CreateRepository"),
    "aws_ecs_cluster": ("ecs", "CreateCluster"),
    "aws_ecs_service": ("ecs", "CreateService"),
    "aws_ecs_task_definition": ("ecs", "RegisterTaskDefinition"),
    "aws_elasticache_replication_group": ("elasticache", "CreateReplicationGroup"),
    "aws_iam_policy": ("iam", "CreatePolicy"),
    "aws_iam_role": ("iam", "CreateRole"),
    "aws_kms_key": ("kms", "CreateKey"),
    "aws_lambda_function": ("lambda", "CreateFunction"),
    "aws_lb": ("elbv2", "CreateLoadBalancer"),
    "aws_lb_listener": ("elbv2", "CreateListener"),
    "aws_lb_listener_rule": ("elbv2", "CreateRule"),
    "aws_lb_target_group": ("elbv2", "CreateTargetGroup"),
    "aws_scheduler_schedule": ("scheduler", "CreateSchedule"),
    "aws_secretsmanager_secret": ("secretsmanager", "CreateSecret"),
    "aws_sns_topic": ("sns", "CreateTopic"),
    "aws_sns_topic_subscription": ("sns", "Subscribe"),
    "aws_sqs_queue": ("sqs", "CreateQueue"),
    "aws_vpc_endpoint": ("ec2", "CreateVpcEndpoint"),
    "aws_wafv2_web_acl": ("wafv2", "CreateWebACL"),
    "aws_xray_sampling_rule": ("xray", "CreateSamplingRule"),
}
# Arguments that mean something else than the API's member of that name.
_OTHER_MEANING = {("aws_db_instance", "engine_version"), ("aws_lambda_function", "code")}
# Arguments whose member has another name altogether.
_OTHER_NAME = {
    ("aws_lb", "load_balancer_type"): "Type",
    ("aws_ecr_repository", "name"): "repositoryName",
    ("aws_db_instance", "identifier"): "DBInstanceIdentifier",
    ("aws_db_instance", "instance_class"): "DBInstanceClass",
    ("aws_ecs_service", "name"): "serviceName",
    ("aws_ecs_cluster", "name"): "clusterName",
}
# Java's character classes, as AWS writes them, said in Python's.
_CLASSES = {"L": r"\w", "M": r"\w", "N": r"\d", "P": r"\W", "S": r"\W", "Z": r"\s"}
_DEEPEST = 12


@functools.cache
def _service(name: str) -> ServiceModel | None:
    try:
        return ServiceModel(Loader().load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        return None


@functools.cache
def _input_of(type_name: str) -> Shape | None:
    service, operation = CALLS.get(type_name, ("", ""))
    model = _service(service) if service else None
    if model is None:
        return None
    try:
        return model.operation_model(operation).input_shape
    except OperationNotFoundError:
        return None


@functools.cache
def members(service: str, shape: str) -> frozenset[str]:
    """Name the members of a structure of an AWS API; empty if botocore does not know it."""
    model = _service(service)
    try:
        return frozenset(model.shape_for(shape).members) if model else frozenset()
    except NoShapeFoundError:
        return frozenset()


def check(type_name: str, config: dict[str, Any]) -> list[Finding]:
    """List the values of a resource that AWS's API would refuse."""
    shape = _input_of(type_name)
    return list(_check(type_name, config, shape, ())) if shape else []


def _check(type_name: str, value: Any, shape: Shape, path: tuple[str, ...]) -> Iterator[Finding]:
    if not is_known(value) or len(path) > _DEEPEST:
        return
    if isinstance(value, dict) and shape.type_name == "structure":
        for argument, one in value.items():
            member = _member(type_name, argument, shape)
            if member is not None:
                yield from _check(type_name, one, member, (*path, argument))
    elif isinstance(value, list):
        inner = shape.member if shape.type_name == "list" else shape
        for one in value:
            yield from _check(type_name, one, inner, path)
    elif isinstance(value, str) and shape.type_name == "string" and MARK not in value:
        yield from _string(value, shape, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, shape, path)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _member(type_name: str, argument: str, shape: Shape) -> Shape | None:
    if (type_name, argument) in _OTHER_MEANING:
        return None
    by_name = {_plain(name): member for name, member in shape.members.items()}
    name = _plain(_OTHER_NAME.get((type_name, argument), argument))
    singular = name.removesuffix("s")
    return by_name.get(name) or by_name.get(singular) or by_name.get(f"{name}s")


def _string(value: str, shape: Shape, path: tuple[str, ...]) -> Iterator[Finding]:
    where = ".".join(path)
    accepted = getattr(shape, "enum", None) or []
    if accepted and value.lower() not in {one.lower() for one in accepted}:
        detail = f"{where} is {value!r}; accepted: {', '.join(accepted[:25])}."
        yield Finding("Value not accepted by the AWS API", detail, path[0])
    pattern = shape.metadata.get("pattern")
    if pattern and value and not _fits(pattern, value):
        detail = f"{where} is {value!r}; pattern {pattern}."
        yield Finding("Value does not fit the AWS API's pattern", detail, path[0])
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        detail = f"{where} has {len(value)} characters; the limit is {most}."
        yield Finding("Value longer than the AWS API allows", detail, path[0])


def _fits(pattern: str, value: str) -> bool:
    in_python = re.sub(r"\\p\{(\w)\}", lambda found: _CLASSES.get(found[1], r"\w"), pattern)
    try:
        return re.fullmatch(in_python, value, re.DOTALL) is not None
    except re.error:
        return True  # a pattern of another dialect proves nothing


def _number(value: float, shape: Shape, path: tuple[str, ...]) -> Iterator[Finding]:
    if shape.type_name not in ("integer", "long", "float", "double"):
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and value < least) or (most is not None and value > most):
        detail = f"{'.'.join(path)} is {value}; range {least}..{most}."
        yield Finding("Number outside the AWS API's range", detail, path[0])

"""Which arguments force a new resource: a schema does not say, the provider's pages do.

Only for the types that hold people's data (kept.py) and that a change of tier could touch.
Source: the arguments marked "Forces new resource" in the pages of hashicorp/aws 6, and for RDS,
ElastiCache and Cognito what their modify calls do not take (AWS API reference).
"""

from typing import Any

from deploy.offline.values import is_unknown

FORCES_NEW = {
    "aws_cognito_user_pool": ("alias_attributes", "username_attributes"),
    "aws_db_instance": (
        "character_set_name",
        "db_name",
        "engine",
        "kms_key_id",
        "storage_encrypted",
        "timezone",
        "username",
    ),
    "aws_ecr_repository": ("encryption_configuration", "name"),
    "aws_elasticache_replication_group": (
        "at_rest_encryption_enabled",
        "kms_key_id",
        "network_type",
        "port",
        "replication_group_id",
        "subnet_group_name",
    ),
    "aws_kms_key": ("customer_master_key_spec", "key_usage", "multi_region"),
    "aws_route53_zone": ("name",),
    "aws_s3_bucket": ("bucket", "bucket_prefix", "object_lock_enabled"),
    "aws_secretsmanager_secret": ("name",),
    "aws_sns_topic": ("fifo_topic", "name"),
    "aws_sqs_queue": ("fifo_queue", "name"),
    "aws_vpc": ("cidr_block", "instance_tenancy"),
}


def forced_by(type_name: str, prior: dict[str, Any] | None, planned: dict[str, Any]) -> list[str]:
    """Name the arguments whose change replaces a resource; an unknown value may be another one."""
    if prior is None:
        return []
    return [
        name
        for name in FORCES_NEW.get(type_name, ())
        if is_unknown(planned.get(name)) or planned.get(name) != prior.get(name)
    ]

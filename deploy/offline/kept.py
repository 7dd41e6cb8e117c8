"""Check that a plan keeps what holds people's data.

    terraform show -json plan > plan.json; python -m deploy.offline.kept plan.json

Raising an environment from one tier to the other must change these in place. Exit status 1 when
the plan deletes or replaces one, or touches none at all (then it proves nothing).
"""

import argparse
import sys
from pathlib import Path

from deploy.offline.plans import Values, read

STATEFUL = (
    "aws_cognito_user_pool",
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_ecr_repository",
    "aws_elasticache_replication_group",
    "aws_kms_key",
    "aws_route53_zone",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_sns_topic",
    "aws_sqs_queue",
    "aws_vpc",
)


def changes(plan: Values) -> dict[str, list[str]]:
    """Give the planned actions on stateful resources by address."""
    return {
        one["address"]: one["change"]["actions"]
        for one in plan.get("resource_changes", [])
        if one.get("mode") == "managed" and one["type"] in STATEFUL
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("plan", type=Path, help="output of terraform show -json of a plan")
    found = changes(read(parser.parse_args().plan))
    lost = [address for address, actions in found.items() if "delete" in actions]
    for address in lost:
        print(f"{address}: the plan says {' and '.join(found[address])}")
    changed = sum(actions == ["update"] for actions in found.values())
    print(f"{len(found)} stateful resources, {changed} changed in place, {len(lost)} lost")
    return 1 if lost or not found else 0


if __name__ == "__main__":
    sys.exit(main())

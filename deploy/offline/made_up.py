"""Made-up answers for values that only AWS knows, plausible enough for references to work."""

import hashlib
import json
from typing import Any

from deploy.offline import archives
from deploy.offline.policies import policy_json
from deploy.offline.values import UNKNOWN, is_unknown

ACCOUNT = "123456789012"
MARK = "0ff11e"  # in every made-up value: rules.py and api_limits.py leave such values alone
_ID_PREFIX = {
    "aws_vpc": "vpc",
    "aws_subnet": "subnet",
    "aws_security_group": "sg",
    "aws_internet_gateway": "igw",
    "aws_nat_gateway": "nat",
    "aws_eip": "eipalloc",
    "aws_route_table": "rtb",
    "aws_vpc_endpoint": "vpce",
    "aws_network_acl": "acl",
    "aws_ec2_managed_prefix_list": "pl",
    "aws_prefix_list": "pl",
}
_HOST_NAMES = {
    "dns_name",
    "domain_name",
    "endpoint",
    "address",
    "fqdn",
    "primary_endpoint_address",
    "bucket_regional_domain_name",
    "bucket_domain_name",
}
Values = dict[str, Any]


def made_up(type_name: str, key: str, name: str, attribute: Values) -> Any:
    """Make a stable value of an attribute's type; `key` tells one resource from another."""
    if "nested_type" in attribute:
        return {"single": None, "map": {}}.get(attribute["nested_type"]["nesting_mode"], [])
    kind = attribute["type"]
    if isinstance(kind, list):
        return {} if kind[0] == "map" else []
    if kind == "string":
        digest = hashlib.sha256(f"{type_name}/{key}/{name}".encode()).hexdigest()
        return _string(type_name, name, MARK + digest)
    return {"number": 0, "bool": False}.get(kind)


def _string(type_name: str, name: str, digest: str) -> str:
    _, _, rest = type_name.partition("_")
    service, _, kind = rest.partition("_")
    service, kind = service or type_name, kind.replace("_", "-") or service
    if name.endswith("arn"):
        return f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{kind}/{digest[:12]}"
    if name == "id" and type_name in _ID_PREFIX:
        return f"{_ID_PREFIX[type_name]}-{digest[:17]}"
    if name in _HOST_NAMES:
        return f"{kind}-{digest[:8]}.{service}.example.com"
    if name in ("url", "repository_url", "invoke_url"):
        return f"https://{service}.example.com/{digest[:8]}"
    if name.endswith("cidr_block"):
        return "10.0.0.0/16"
    return "{}" if name in ("policy", "json") else f"{name.replace('_', '-')}-{digest[:12]}"


def of_resource(type_name: str, planned: Values, region: str) -> Values:
    """Work out the computed values that follow from a resource's own arguments."""
    out: Values = {}
    if not isinstance(planned.get("region"), str) and "region" in planned:
        out["region"] = region
    if isinstance(planned.get("tags"), dict):
        out["tags_all"] = planned["tags"]
    if planned.get("manage_master_user_password") is True and "master_user_secret" in planned:
        out["master_user_secret"] = [_master_secret(planned, region)]
    name = planned.get("name") or planned.get("bucket") or planned.get("function_name")
    if isinstance(name, str):
        out |= _named(type_name, name, f"{region}:{ACCOUNT}")
    return out


def _master_secret(planned: Values, region: str) -> Values:
    key = planned.get("master_user_secret_kms_key_id")
    return {
        "kms_key_id": key if isinstance(key, str) else None,
        "secret_arn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:rds!{MARK}",
        "secret_status": "active",
    }


def _named(type_name: str, name: str, place: str) -> Values:
    """Give the ARNs and ids that AWS builds from a name, so that policies hold the real ones."""
    region = place.split(":")[0]
    queue_url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{name}"
    topic = f"arn:aws:sns:{place}:{name}"
    return {
        "aws_s3_bucket": {
            "arn": f"arn:aws:s3:::{name}",
            "id": name,
            "bucket_regional_domain_name": f"{name}.s3.{region}.amazonaws.com",
        },
        "aws_sqs_queue": {"arn": f"arn:aws:sqs:{place}:{name}", "url": queue_url, "id": queue_url},
        "aws_sns_topic": {"arn": topic, "id": topic},
        "aws_iam_role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "id": name},
        "aws_cloudwatch_log_group": {"arn": f"arn:aws:logs:{place}:log-group:{name}", "id": name},
    }.get(type_name, {})


def known_at_plan(type_name: str, proposed: Values) -> Values:
    """Give what the real provider knows while planning and configurations loop over.

    A certificate's validation options: one for each of its names.
    """
    domain = proposed.get("domain_name")
    if type_name != "aws_acm_certificate" or not isinstance(domain, str):
        return {}
    more = proposed.get("subject_alternative_names")
    others = more if isinstance(more, list) and not is_unknown(more) else []
    names = dict.fromkeys([domain, *(n for n in others if isinstance(n, str))])
    record = dict.fromkeys(
        ("resource_record_name", "resource_record_type", "resource_record_value"), UNKNOWN
    )
    return {"domain_validation_options": [{"domain_name": n, **record} for n in names]}


def of_data(type_name: str, config: Values, region: str) -> Values:
    """Answer a data source: policies and archives for real, places by name, the rest nothing."""
    if type_name == "aws_iam_policy_document":
        text = policy_json(config)
        small = json.dumps(json.loads(text), separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        return {"json": text, "minified_json": small, "id": digest[:10]}
    if type_name == "archive_file":
        return archives.make(dict(config))
    place = config.get("region") or region
    return {
        "aws_availability_zones": {
            "names": [place + zone for zone in "abc"],
            "id": place,
            "zone_ids": [f"{place[:3]}1-az{n}" for n in (1, 2, 3)],
        },
        "aws_caller_identity": {
            "account_id": ACCOUNT,
            "arn": f"arn:aws:iam::{ACCOUNT}:user/offline",
            "id": ACCOUNT,
        },
        "aws_region": {"name": place, "id": place, "region": place},
        "aws_partition": {"partition": "aws", "dns_suffix": "amazonaws.com", "id": "aws"},
    }.get(type_name, {})

"""Every system of the infrastructure is found in the applied state of both tiers."""

import json
import re
from typing import Any

import pytest

from tests.deploy.applied import Applied, apply

pytestmark = pytest.mark.slow
SECRETS = {
    "CACHE_URL",
    "COGNITO_CLIENT_SECRET",
    "DELIVERY_CALLBACK_SECRETS",
    "EDGE_SECRETS",
    "RESEND_API_KEY",
    "SECRET_KEY",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
}
ALARMS = {
    "alb-5xx",
    "alb-p95",
    "cache-memory",
    "delivery-failing",
    "ecs-saturated",
    "jobs-late",
    "money-broken",
    "rds-cpu",
    "rds-storage",
    "unhealthy-hosts",
}


@pytest.fixture(scope="module", params=["small", "production"])
def applied(request: pytest.FixtureRequest) -> Applied:
    return apply(request.param)


def subnets(applied: Applied, kind: str) -> dict[str, str]:
    """Give the ids of a kind's subnets with their zones."""
    return {
        one["id"]: one["availability_zone"]
        for one in applied.of("aws_subnet")
        if one["tags"]["Kind"] == kind
    }


def containers(applied: Applied, family: str) -> dict[str, Any]:
    task = applied.one("aws_ecs_task_definition", family=f"makers-market-{family}")
    return {one["name"]: one for one in json.loads(task["container_definitions"])}


def statements(applied: Applied, role: str) -> list[dict[str, Any]]:
    policy = applied.one("aws_iam_role_policy", role=role)["policy"]
    return json.loads(policy)["Statement"]


def test_network_has_public_and_private_subnets_in_two_zones(applied: Applied) -> None:
    applied.one("aws_vpc")

    for kind in ("public", "app", "data"):
        assert set(subnets(applied, kind).values()) == {"eu-west-1a", "eu-west-1b"}
    assert not any(one["map_public_ip_on_launch"] for one in applied.of("aws_subnet"))


def test_private_subnets_go_out_by_nat_and_data_subnets_not_at_all(applied: Applied) -> None:
    expected = {"small": 1, "production": 2}[applied.tier]

    nat = applied.of("aws_nat_gateway")
    routes = applied.of("aws_route")

    assert len(nat) == expected
    assert {one["subnet_id"] for one in nat} <= set(subnets(applied, "public"))
    ways_out = [bool(one["nat_gateway_id"]) for one in routes if not one["gateway_id"]]
    assert ways_out == [True, True]
    tables = {one["id"] for one in applied.of("aws_route_table")}
    silent = tables - {one["route_table_id"] for one in routes}
    placed = {
        one["subnet_id"]
        for one in applied.of("aws_route_table_association")
        if one["route_table_id"] in silent
    }
    assert placed == set(subnets(applied, "data"))


def test_aws_services_are_reached_by_endpoints(applied: Applied) -> None:
    endpoints = {
        one["service_name"].split(".", 3)[3]: one["vpc_endpoint_type"]
        for one in applied.of("aws_vpc_endpoint")
    }

    assert endpoints["s3"] == "Gateway"
    if applied.tier == "production":
        assert {"ecr.api", "ecr.dkr", "logs", "secretsmanager", "kms", "sqs"} <= set(endpoints)


def test_load_balancer_is_reached_by_cloudfront_alone(applied: Applied) -> None:
    balancer = applied.one("aws_lb")

    assert balancer["internal"]
    assert set(balancer["subnets"]) == set(subnets(applied, "app"))
    allowed = [
        one
        for one in applied.of("aws_vpc_security_group_ingress_rule")
        if one["security_group_id"] in balancer["security_groups"]
    ]
    assert [(one["from_port"], one["to_port"], one["cidr_ipv4"]) for one in allowed] == [
        (443, 443, None)
    ]
    assert "CloudFront" in allowed[0]["description"]
    assert applied.one("aws_lb_listener")["default_action"][0]["type"] == "fixed-response"
    names = [
        one["http_header"][0]["http_header_name"]
        for one in applied.one("aws_lb_listener_rule")["condition"]
        if one["http_header"]
    ]
    assert names == ["X-Origin-Secret"]


def test_domain_is_served_by_cloudfront_with_certificates(applied: Applied) -> None:
    distribution = applied.one("aws_cloudfront_distribution")

    assert distribution["aliases"] == ["makersmarket.example"]
    applied.one("aws_route53_zone")
    aliases = {
        one["type"]: one["alias"][0]["name"]
        for one in applied.of("aws_route53_record")
        if one["alias"]
    }
    served = {"A": distribution["domain_name"], "AAAA": distribution["domain_name"]}
    assert aliases == served
    certificates = {one["arn"] for one in applied.of("aws_acm_certificate")}
    assert len(certificates) == 2
    assert {one["certificate_arn"] for one in applied.of("aws_acm_certificate_validation")} == (
        certificates
    )
    assert applied.one("aws_lb_listener")["certificate_arn"] in certificates
    behaviours = [
        *distribution["default_cache_behavior"],
        *distribution["ordered_cache_behavior"],
    ]
    assert {"/static/*", "/media/*"} <= {one.get("path_pattern") for one in behaviours}


def test_machines_are_not_redirected_to_tls_but_refused_without(applied: Applied) -> None:
    never = applied.one("aws_cloudfront_distribution")["default_cache_behavior"][0]

    behaviours = {
        one["path_pattern"]: one
        for one in applied.one("aws_cloudfront_distribution")["ordered_cache_behavior"]
        if one["viewer_protocol_policy"] != "redirect-to-https"
    }

    assert set(behaviours) == {"/webhooks/*", "/callbacks/*"}
    for one in behaviours.values():
        assert one["viewer_protocol_policy"] == "https-only"
        assert "POST" in one["allowed_methods"]
        for name in ("cache_policy_id", "origin_request_policy_id", "target_origin_id"):
            assert one[name] == never[name]
        assert one["function_association"] == never["function_association"]


def test_firewall_limits_requests_uploads_and_the_api(applied: Applied) -> None:
    firewall = applied.one("aws_wafv2_web_acl", scope="CLOUDFRONT")

    assert applied.one("aws_cloudfront_distribution")["web_acl_id"] == firewall["arn"]
    rules = {one["name"]: one for one in firewall["rule"]}
    limits = {
        name: one["statement"][0]["rate_based_statement"][0]["limit"]
        for name, one in rules.items()
        if one["statement"][0]["rate_based_statement"]
    }
    assert {"rate-site", "rate-sign-in", "rate-api"} <= set(limits)
    assert limits["rate-sign-in"] < limits["rate-api"] <= limits["rate-site"]
    for name in ("size-at-work", "size-elsewhere"):
        assert rules[name]["action"][0]["block"][0]["custom_response"][0]["response_code"] == 413
    sizes = rules["size-at-work"]["statement"][0]["and_statement"][0]["statement"]
    with_files = re.compile(sizes[1]["regex_match_statement"][0]["regex_string"])
    assert all(
        map(with_files.match, ["/workshop/x/", "/order/a:b/review/3/", "/pt/order/a/review/3/"])
    )
    assert not any(
        map(with_files.match, ["/order/a:b/", "/order/a/b/review/", "/basket/add/", "/x/workshop/"])
    )
    managed = rules["common"]["statement"][0]["managed_rule_group_statement"][0]
    counted = [
        one["name"] for one in managed["rule_action_override"] if one["action_to_use"][0]["count"]
    ]
    assert "SizeRestrictions_BODY" in counted


def test_tasks_are_private_and_scale_by_load(applied: Applied) -> None:
    least = {"small": 1, "production": 2}[applied.tier]

    services = applied.of("aws_ecs_service")

    assert {one["name"] for one in services} == {"web", "worker"}
    for one in services:
        placed = one["network_configuration"][0]
        assert placed["assign_public_ip"] is False
        assert set(placed["subnets"]) == set(subnets(applied, "app"))
        assert one["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
        assert one["alarms"][0]["rollback"]
    targets = {
        one["resource_id"]: one["min_capacity"] for one in applied.of("aws_appautoscaling_target")
    }
    assert targets == {
        "service/makers-market/web": least,
        "service/makers-market/worker": least,
    }
    web = {
        one["predefined_metric_specification"][0]["predefined_metric_type"]: one["target_value"]
        for policy in applied.of("aws_appautoscaling_policy")
        if policy["resource_id"].endswith("/web")
        for one in policy["target_tracking_scaling_policy_configuration"]
    }
    assert web["ECSServiceAverageCPUUtilization"] == 60
    assert web["ECSServiceAverageMemoryUtilization"] == 75
    assert web["ALBRequestCountPerTarget"] > 0


@pytest.mark.parametrize("family", ["web", "worker", "migrate"])
def test_containers_run_the_pinned_image_locked_up(applied: Applied, family: str) -> None:
    shop = containers(applied, family)[family]

    repository = applied.one("aws_ecr_repository")
    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert shop["image"].startswith(repository["repository_url"] + "@sha256:")
    assert shop["user"] == "10001:10001"
    assert shop["readonlyRootFilesystem"] is True
    assert shop["stopTimeout"] == 30
    assert shop["command"] == [family]


def test_database_is_postgresql_that_nobody_else_reads(applied: Applied) -> None:
    database = applied.one("aws_db_instance")

    is_large = applied.tier == "production"
    assert (database["engine"], database["engine_version"].split(".")[0]) == ("postgres", "18")
    assert database["multi_az"] is is_large
    assert database["backup_retention_period"] == (30 if is_large else 7)
    assert database["storage_encrypted"] is True
    assert not database["publicly_accessible"]
    assert database["manage_master_user_password"] is True
    assert database["iam_database_authentication_enabled"] is True
    assert set(applied.one("aws_db_subnet_group")["subnet_ids"]) == set(subnets(applied, "data"))


def test_cache_is_valkey_over_tls_with_a_user(applied: Applied) -> None:
    cache = applied.one("aws_elasticache_replication_group")

    assert cache["engine"] == "valkey"
    assert cache["transit_encryption_enabled"] is True
    assert cache["user_group_ids"] == [applied.one("aws_elasticache_user_group")["user_group_id"]]
    assert cache["num_cache_clusters"] == {"small": 1, "production": 2}[applied.tier]


def test_buckets_are_encrypted_with_our_keys_and_versioned(applied: Applied) -> None:
    keys = {one["arn"] for one in applied.of("aws_kms_key")}
    buckets = {one["id"] for one in applied.of("aws_s3_bucket")}

    assert all(one["enable_key_rotation"] for one in applied.of("aws_kms_key"))
    encrypted = {
        one["bucket"]: one["rule"][0]["apply_server_side_encryption_by_default"][0]
        for one in applied.of("aws_s3_bucket_server_side_encryption_configuration")
    }
    assert set(encrypted) == buckets
    media = next(one for name, one in encrypted.items() if "media" in name)
    assert media["kms_master_key_id"] in keys
    versioned = applied.of("aws_s3_bucket_versioning")
    assert {one["bucket"] for one in versioned} == buckets
    assert {one["versioning_configuration"][0]["status"] for one in versioned} == {"Enabled"}


def test_sign_in_is_cognito_with_google(applied: Applied) -> None:
    applied.one("aws_cognito_user_pool")

    assert applied.one("aws_cognito_identity_provider")["provider_type"] == "Google"
    client = applied.one("aws_cognito_user_pool_client")
    assert client["supported_identity_providers"] == ["COGNITO", "Google"]
    assert client["allowed_oauth_flows"] == ["code"]
    assert client["generate_secret"] is True
    assert client["callback_urls"] == [
        "https://makersmarket.example/accounts/oidc/cognito/login/callback/"
    ]


def test_delivery_runs_on_a_queue_and_on_a_schedule(applied: Applied) -> None:
    function = applied.one("aws_lambda_function")
    queue = applied.one("aws_sqs_queue", name="makers-market-delivery")
    laid_aside = applied.one("aws_sqs_queue", name="makers-market-delivery-dlq")

    mapping = applied.one("aws_lambda_event_source_mapping")
    assert mapping["event_source_arn"] == queue["arn"]
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert queue["visibility_timeout_seconds"] >= 6 * function["timeout"]
    assert json.loads(queue["redrive_policy"])["deadLetterTargetArn"] == laid_aside["arn"]
    target = applied.one("aws_scheduler_schedule")["target"][0]
    assert target["arn"] in {function["arn"], queue["arn"]}
    assert function["tracing_config"] == [{"mode": "Active"}]
    assert not function.get("vpc_config")  # none is written, so the schema served has none


def test_events_and_alerts_have_topics_under_our_key(applied: Applied) -> None:
    keys = {one["arn"] for one in applied.of("aws_kms_key")}

    topics = {one["name"]: one["kms_master_key_id"] for one in applied.of("aws_sns_topic")}

    assert set(topics) == {"makers-market-events", "makers-market-alerts"}
    assert set(topics.values()) <= keys


def test_logs_dashboard_and_ten_alarms_are_there(applied: Applied) -> None:
    alarms = applied.of("aws_cloudwatch_metric_alarm")

    assert {one["alarm_name"] for one in alarms} == {f"makers-market-{name}" for name in ALARMS}
    alerts = applied.one("aws_sns_topic", name="makers-market-alerts")["arn"]
    assert all(one["alarm_actions"] == [alerts] for one in alarms)
    assert json.loads(applied.one("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
    assert all(one["retention_in_days"] for one in applied.of("aws_cloudwatch_log_group"))
    applied.one("aws_budgets_budget")


def test_no_log_before_the_shop_holds_a_path(applied: Applied) -> None:
    balancer = applied.one("aws_lb")
    delivered = applied.one("aws_cloudwatch_log_delivery")["record_fields"]
    redacted = applied.one("aws_wafv2_web_acl_logging_configuration")["redacted_fields"]

    assert not balancer.get("access_logs")  # none is written, so the schema served has none
    told = ("uri", "query", "cookie", "referer")
    assert delivered
    assert not [field for field in delivered if any(word in field.lower() for word in told)]
    headers = {one["name"] for field in redacted for one in field["single_header"]}
    assert headers == {"authorization", "cookie", "referer"}
    assert any(field["uri_path"] for field in redacted)
    assert any(field["query_string"] for field in redacted)


def test_traces_go_through_an_opentelemetry_collector(applied: Applied) -> None:
    for family in ("web", "worker"):
        by_name = containers(applied, family)
        shop = by_name.pop(family)
        (collector,) = by_name.values()
        said = {one["name"]: one["value"] for one in shop["environment"]}
        assert said["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
        assert collector["essential"] is False
        assert "awsxray" in json.dumps(collector)
    applied.one("aws_xray_sampling_rule")


def test_secrets_come_from_the_secrets_manager_only(applied: Applied) -> None:
    kept = {one["arn"] for one in applied.of("aws_secretsmanager_secret")}

    for family in ("web", "worker", "migrate"):
        shop = containers(applied, family)[family]
        given = {one["name"]: one["valueFrom"] for one in shop["secrets"]}
        assert set(given) == SECRETS
        assert set(given.values()) <= kept
        assert not SECRETS & {one["name"] for one in shop["environment"]}
    assert not [
        one for one in applied.of("aws_secretsmanager_secret_version") if one["secret_string"]
    ]


def test_each_role_may_do_its_own_work_only(applied: Applied) -> None:
    kinds = ("execution", "task", "migrate", "delivery", "delivery-schedule", "flow-log")
    roles = {f"makers-market-{kind}" for kind in kinds}

    assert {one["name"] for one in applied.of("aws_iam_role")} == roles
    for role in roles:
        for one in statements(applied, role):
            actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
            assert not [action for action in actions if action.endswith("*")], (role, one)
    serve = json.dumps(statements(applied, "makers-market-task"))
    assert "rds-db:connect" in serve
    assert "secretsmanager" not in serve
    assert "secretsmanager:GetSecretValue" in json.dumps(
        statements(applied, "makers-market-migrate")
    )

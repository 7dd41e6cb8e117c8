# Ten alarms, a page of figures, a budget.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                    = "makers-market"
  region                  = "eu-west-1"
  environment_name        = "makers-market"
  alert_email             = "operators@makersmarket.example"
  runbooks_url            = "https://code.example/runbooks"
  monthly_budget_usd      = 150
  alb_arn_suffix          = "app/makers-market/0123456789abcdef"
  target_group_arn_suffix = "targetgroup/makers-market-web/0123456789abcdef"
  cluster_name            = "makers-market"
  web_service_name        = "web"
  worker_service_name     = "worker"
  web_log_group_name      = "/makers-market/web"
  database_identifier     = "makers-market"
  database_storage_gib    = 20
  cache_cluster_ids       = ["makers-market-001"]
  delivery_queue_name     = "makers-market-delivery"
  delivery_dlq_name       = "makers-market-delivery-dlq"
  delivery_function_name  = "makers-market-delivery"
  distribution_id         = "E0123456789ABC"
  kms_key_arns = {
    data    = "arn:aws:kms:eu-west-1:123456789012:key/data"
    logs    = "arn:aws:kms:eu-west-1:123456789012:key/logs"
    secrets = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
    events  = "arn:aws:kms:eu-west-1:123456789012:key/events"
  }
}

run "there_are_exactly_ten_alarms" {
  command = plan
  module {
    source = "./modules/observe"
  }

  assert {
    condition = toset(output.alarm_names) == toset([
      "makers-market-alb-5xx", "makers-market-alb-p95", "makers-market-unhealthy-hosts", "makers-market-ecs-saturated",
      "makers-market-rds-cpu", "makers-market-rds-storage", "makers-market-cache-memory",
      "makers-market-delivery-failing", "makers-market-jobs-late", "makers-market-money-broken",
    ])
    error_message = "Ten alarms have names and runbooks (docs/adr/0008); another one replaces one of them."
  }
  assert {
    condition = alltrue([
      for key, alarm in aws_cloudwatch_metric_alarm.shop : endswith(alarm.alarm_description, " https://code.example/runbooks/${key}.md")
    ])
    error_message = "Each alarm says where its runbook is."
  }
}

run "every_alarm_gives_one_verdict" {
  command = plan
  module {
    source = "./modules/observe"
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.shop : length([for query in alarm.metric_query : query if query.return_data]) == 1
    ])
    error_message = "CloudWatch wants exactly one query that returns data."
  }
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.shop : length(alarm.metric_query) <= 10
    ])
    error_message = "An alarm compares ten metrics at most."
  }
  assert {
    condition = alltrue([
      for alarm in values(local.alarms) : alltrue([for id in keys(alarm.metrics) : alarm.expression == null || can(regex("\\b${id}\\b", alarm.expression))])
    ])
    error_message = "Each metric of an alarm stands in its expression."
  }
  assert {
    condition = alltrue([
      for alarm in values(local.alarms) : alarm.needed <= alarm.of && alarm.of * alarm.period <= 86400
    ])
    error_message = "An alarm looks back a day at most."
  }
}

run "silence_of_the_worker_rings" {
  command = plan
  module {
    source = "./modules/observe"
  }

  assert {
    condition = alltrue([
      for key in ["jobs-late", "unhealthy-hosts", "rds-cpu"] : aws_cloudwatch_metric_alarm.shop[key].treat_missing_data == "breaching"
    ])
    error_message = "No figures from worker, web or database is bad news."
  }
}

run "cache_of_two_nodes_is_watched_whole" {
  command = plan
  module {
    source = "./modules/observe"
  }
  variables {
    cache_cluster_ids    = ["makers-market-001", "makers-market-002"]
    database_storage_gib = 100
  }

  assert {
    condition = toset([
      for metric in local.alarms["cache-memory"].metrics : metric.dimensions.CacheClusterId
    ]) == toset(["makers-market-001", "makers-market-002"]) && local.alarms["cache-memory"].expression == "MAX([node1, node2])"
    error_message = "The fuller node counts."
  }
  assert {
    condition     = tostring(aws_cloudwatch_metric_alarm.shop["rds-storage"].threshold) == "16106127360"
    error_message = "15 % of 100 GiB in whole bytes: a fraction would differ at every plan."
  }
}

run "alarms_reach_a_topic_under_our_key" {
  command = plan
  module {
    source = "./modules/observe"
  }

  assert {
    condition     = aws_sns_topic.alerts.kms_master_key_id == var.kms_key_arns.events
    error_message = "Under the AWS-managed key no alarm would get through."
  }
  assert {
    condition     = aws_sns_topic_subscription.email.endpoint == var.alert_email && length(aws_budgets_budget.month.notification) == 2
    error_message = "Somebody hears of alarms and of the bill."
  }
}

run "dashboard_shows_business_first" {
  command = plan
  module {
    source = "./modules/observe"
  }

  assert {
    condition     = [for panel in slice(local.panels, 0, 4) : panel.title] == ["Payments", "Mails", "Jobs", "Holds and books"]
    error_message = "What the shop earns its name with stands on top."
  }
  assert {
    condition     = toset([for panel in local.panels : panel.region]) == toset(["eu-west-1", "us-east-1"])
    error_message = "CloudFront's and the firewall's figures lie in us-east-1."
  }
}

run "nobody_to_tell_is_refused" {
  command = plan
  module {
    source = "./modules/observe"
  }
  variables {
    alert_email        = "nobody"
    runbooks_url       = "https://code.example/runbooks/"
    monthly_budget_usd = 0
    traces_rate        = 5
    cache_cluster_ids  = []
  }
  expect_failures = [var.alert_email, var.runbooks_url, var.monthly_budget_usd, var.traces_rate, var.cache_cluster_ids]
}

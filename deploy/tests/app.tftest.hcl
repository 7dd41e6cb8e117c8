# The shop's own containers and what lets people reach them.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "makers-market"
  region           = "eu-west-1"
  environment_name = "makers-market"
  image_digest     = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  sizes = {
    web     = { cpu = 512, memory = 1024, min = 1, max = 2 }
    worker  = { cpu = 256, memory = 512, min = 1, max = 2 }
    migrate = { cpu = 256, memory = 512 }
  }
  environment                = { SITE_URL = "https://makersmarket.example" }
  secrets                    = { SECRET_KEY = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key" }
  deletion_protection        = true
  vpc_id                     = "vpc-0123456789abcdef0"
  public_subnet_ids          = ["subnet-00000000000000001", "subnet-00000000000000002"]
  app_subnet_ids             = ["subnet-00000000000000003", "subnet-00000000000000004"]
  alb_security_group_ids     = ["sg-00000000000000001"]
  app_security_group_id      = "sg-00000000000000002"
  origin_mode                = "vpc_origin"
  domain                     = "makersmarket.example"
  certificate_arn            = "arn:aws:acm:eu-west-1:123456789012:certificate/origin"
  edge_secrets               = ["now", "before", "next"]
  media_bucket_arn           = "arn:aws:s3:::makers-market-media"
  database_resource_id       = "db-ABCDEFGHIJKL"
  database_master_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!master"
  delivery_queue_arn         = "arn:aws:sqs:eu-west-1:123456789012:makers-market-delivery"
  kms_key_arns = {
    data    = "arn:aws:kms:eu-west-1:123456789012:key/data"
    logs    = "arn:aws:kms:eu-west-1:123456789012:key/logs"
    secrets = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
    events  = "arn:aws:kms:eu-west-1:123456789012:key/events"
  }
}

run "tasks_are_private_and_rolled_back" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition = alltrue([
      for service in [aws_ecs_service.web, aws_ecs_service.worker] :
      service.network_configuration[0].assign_public_ip == false
      && toset(service.network_configuration[0].subnets) == toset(var.app_subnet_ids)
      && service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback
      && service.alarms[0].enable && service.alarms[0].rollback
      && service.deployment_minimum_healthy_percent == 100
    ])
    error_message = "Both services run in private subnets, replace without gaps and undo what fails."
  }
  assert {
    condition     = aws_ecs_service.web.alarms[0].alarm_names == toset(["makers-market-alb-5xx", "makers-market-unhealthy-hosts"])
    error_message = "The web's deployment is undone by the alarms of modules/observe."
  }
}

run "containers_can_write_nothing_but_tmp" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition = alltrue([
      for container in values(local.containers) :
      container.readonlyRootFilesystem && container.user == "10001:10001" && container.stopTimeout == 30
      && container.linuxParameters.initProcessEnabled && container.linuxParameters.capabilities.drop == ["ALL"]
      && container.mountPoints[0].containerPath == "/tmp"
    ])
    error_message = "Every container is read-only, without root and without rights, and has 30 s to stop."
  }
  assert {
    condition     = local.collector.readonlyRootFilesystem && !local.collector.essential
    error_message = "Without its collector the shop serves on."
  }
  assert {
    condition     = tonumber(aws_lb_target_group.web.deregistration_delay) < local.containers["web"].stopTimeout
    error_message = "Connections are drained before a task may be killed."
  }
}

run "migrate_alone_knows_the_master_password" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition = alltrue([
      for name, task in local.tasks :
      (name == "migrate") == contains(keys(task.environment), "DATABASE_ADMIN_SECRET_ARN")
    ])
    error_message = "Only migrate is told where the master password is."
  }
  assert {
    condition     = [for name, task in local.tasks : name if task.role == "migrate"] == ["migrate"]
    error_message = "Only migrate has the role that may read it."
  }
  assert {
    condition     = !strcontains(jsonencode(data.aws_iam_policy_document.task.statement), "rds!master")
    error_message = "Web and worker may not read it."
  }
}

run "shop_may_do_no_more_than_it_does" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.task.statement[*].actions)) == toset([
      "rds-db:connect", "s3:DeleteObject", "s3:GetObject", "s3:PutObject", "s3:ListBucket",
      "kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage",
      "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ])
    error_message = "The task role has a right too many or too few."
  }
  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.task.statement :
      !contains(statement.resources, "*") || alltrue([for action in statement.actions : startswith(action, "xray:")])
    ])
    error_message = "Only X-Ray, which knows no resources, is allowed on everything."
  }
}

run "load_balancer_is_internal_and_wants_the_word" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition     = aws_lb.shop.internal && toset(aws_lb.shop.subnets) == toset(var.app_subnet_ids)
    error_message = "With a VPC origin the load balancer has no public address."
  }
  assert {
    condition     = aws_lb_listener.https.default_action[0].fixed_response[0].status_code == "403" && aws_lb_listener.https.port == 443
    error_message = "Who does not know the word gets 403."
  }
  assert {
    condition = anytrue([
      for condition in aws_lb_listener_rule.edge.condition :
      try(condition.http_header[0].http_header_name == "X-Origin-Secret" && length(condition.http_header[0].values) == 3, false)
    ])
    error_message = "Requests pass with one of three words, so that CloudFront can change over."
  }
  assert {
    condition     = aws_lb_target_group.web.health_check[0].path == "/healthz"
    error_message = "ECS kills what fails this check: it must not ask the database."
  }
  assert {
    condition     = aws_lb.shop.drop_invalid_header_fields && length(aws_lb.shop.access_logs) == 0
    error_message = "Odd headers are dropped, and no log is kept: it would hold whole addresses, and so links of orders."
  }
}

run "prefix_list_mode_is_public_and_still_wants_the_word" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    origin_mode = "prefix_list"
  }

  assert {
    condition     = !aws_lb.shop.internal && toset(aws_lb.shop.subnets) == toset(var.public_subnet_ids)
    error_message = "With a prefix list the load balancer lies in the public subnets."
  }
  assert {
    condition     = aws_lb_listener.https.default_action[0].type == "fixed-response"
    error_message = "Every CloudFront customer passes the prefix list: the word is what keeps them out."
  }
}

run "services_grow_by_what_they_lack" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition = {
      for key, policy in aws_appautoscaling_policy.service :
      key => policy.target_tracking_scaling_policy_configuration[0].target_value
    } == { web-cpu = 60, web-memory = 75, web-requests = 600, worker-cpu = 60 }
    error_message = "CPU 60, memory 75, and requests per task."
  }
}

run "images_cannot_be_replaced" {
  command = plan
  module {
    source = "./modules/app"
  }

  assert {
    condition     = aws_ecr_repository.shop.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.shop.image_scanning_configuration[0].scan_on_push && !aws_ecr_repository.shop.force_delete
    error_message = "A tag stays what it was, is scanned, and is not deleted by accident."
  }
}

run "tag_for_an_image_is_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    image_digest = "latest"
  }
  expect_failures = [var.image_digest]
}

run "floating_collector_is_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    collector_image = "public.ecr.aws/aws-observability/aws-otel-collector:latest"
  }
  expect_failures = [var.collector_image]
}

run "sizes_fargate_does_not_know_are_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    sizes = {
      web     = { cpu = 512, memory = 8192, min = 2, max = 1 }
      worker  = { cpu = 256, memory = 512, min = 1, max = 2 }
      migrate = { cpu = 256, memory = 512 }
    }
  }
  expect_failures = [var.sizes]
}

run "secret_in_plain_sight_is_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    environment = { STRIPE_SECRET_KEY = "sk_live_1" }
  }
  expect_failures = [var.environment]
}

run "secret_that_is_no_arn_is_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    secrets = { SECRET_KEY = "the secret itself" }
  }
  expect_failures = [var.secrets]
}

run "one_zone_is_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    public_subnet_ids = ["subnet-00000000000000001"]
    app_subnet_ids    = ["subnet-00000000000000003"]
  }
  expect_failures = [var.public_subnet_ids, var.app_subnet_ids]
}

run "unknown_words_are_refused" {
  command = plan
  module {
    source = "./modules/app"
  }
  variables {
    name                         = "Makers Market"
    environment_name             = "Small!"
    origin_mode                  = "public"
    container_insights           = "on"
    cpu_architecture             = "arm"
    log_retention_days           = 31
    requests_per_task_and_minute = 1
    edge_secrets                 = []
  }
  expect_failures = [
    var.name, var.environment_name, var.origin_mode, var.container_insights, var.cpu_architecture,
    var.log_retention_days, var.requests_per_task_and_minute, var.edge_secrets,
  ]
}

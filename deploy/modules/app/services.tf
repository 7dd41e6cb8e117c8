# deploy.sh registers revisions with a new image and moves the services to them; Terraform sets
# everything else. So Terraform never changes which revision a service runs (its own revisions
# are what the next deployment starts from), nor how many tasks autoscaling wants.

locals {
  rollback_alarm_names = coalesce(var.rollback_alarm_names, {
    web    = ["${var.name}-alb-5xx", "${var.name}-unhealthy-hosts"]
    worker = ["${var.name}-jobs-late"]
  })
}

resource "aws_ecs_service" "web" {
  name                              = "web"
  cluster                           = aws_ecs_cluster.shop.id
  task_definition                   = aws_ecs_task_definition.shop["web"].arn
  desired_count                     = var.sizes.web.min
  launch_type                       = "FARGATE"
  platform_version                  = "1.4.0"
  health_check_grace_period_seconds = 120
  availability_zone_rebalancing     = "ENABLED"
  enable_ecs_managed_tags           = true
  propagate_tags                    = "SERVICE"
  tags                              = var.tags

  # One more before one less: the number that serve never falls.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  alarms {
    alarm_names = local.rollback_alarm_names.web
    enable      = true
    rollback    = true
  }
  network_configuration {
    subnets          = var.app_subnet_ids
    security_groups  = [var.app_security_group_id]
    assign_public_ip = false
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 8000
  }

  # ECS refuses a target group that no listener knows.
  depends_on = [aws_lb_listener_rule.edge, aws_iam_role_policy.execution, aws_iam_role_policy.task]

  lifecycle {
    ignore_changes = [desired_count, task_definition]
  }
}

resource "aws_ecs_service" "worker" {
  name                          = "worker"
  cluster                       = aws_ecs_cluster.shop.id
  task_definition               = aws_ecs_task_definition.shop["worker"].arn
  desired_count                 = var.sizes.worker.min
  launch_type                   = "FARGATE"
  platform_version              = "1.4.0"
  availability_zone_rebalancing = "ENABLED"
  enable_ecs_managed_tags       = true
  propagate_tags                = "SERVICE"
  tags                          = var.tags

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  alarms {
    alarm_names = local.rollback_alarm_names.worker
    enable      = true
    rollback    = true
  }
  network_configuration {
    subnets          = var.app_subnet_ids
    security_groups  = [var.app_security_group_id]
    assign_public_ip = false
  }

  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task]

  lifecycle {
    ignore_changes = [desired_count, task_definition]
  }
}

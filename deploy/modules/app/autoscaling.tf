resource "aws_appautoscaling_target" "service" {
  for_each = {
    web    = { service = aws_ecs_service.web.name, size = var.sizes.web }
    worker = { service = aws_ecs_service.worker.name, size = var.sizes.worker }
  }

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.shop.name}/${each.value.service}"
  min_capacity       = each.value.size.min
  max_capacity       = each.value.size.max
  tags               = var.tags
}

# More as soon as one measure asks for it, fewer when all agree.
resource "aws_appautoscaling_policy" "service" {
  for_each = {
    web-cpu      = { service = "web", metric = "ECSServiceAverageCPUUtilization", target = 60 }
    web-memory   = { service = "web", metric = "ECSServiceAverageMemoryUtilization", target = 75 }
    web-requests = { service = "web", metric = "ALBRequestCountPerTarget", target = var.requests_per_task_and_minute }
    worker-cpu   = { service = "worker", metric = "ECSServiceAverageCPUUtilization", target = 60 }
  }

  name               = "${var.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service[each.value.service].service_namespace
  scalable_dimension = aws_appautoscaling_target.service[each.value.service].scalable_dimension
  resource_id        = aws_appautoscaling_target.service[each.value.service].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
      resource_label = (
        each.value.metric == "ALBRequestCountPerTarget"
        ? "${aws_lb.shop.arn_suffix}/${aws_lb_target_group.web.arn_suffix}"
        : null
      )
    }
  }
}

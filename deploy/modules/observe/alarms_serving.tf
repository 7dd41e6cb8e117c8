# Can people shop, and how fast?

locals {
  balancer = { LoadBalancer = var.alb_arn_suffix }
  targets  = { LoadBalancer = var.alb_arn_suffix, TargetGroup = var.target_group_arn_suffix }
  services = { web = var.web_service_name, worker = var.worker_service_name }

  serving_alarms = {
    "alb-5xx" = {
      meaning = "More than 2 in 100 requests end in an error of ours."
      metrics = {
        requests = { namespace = "AWS/ApplicationELB", name = "RequestCount", stat = "Sum", dimensions = local.balancer }
        shop     = { namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", stat = "Sum", dimensions = local.balancer }
        balancer = { namespace = "AWS/ApplicationELB", name = "HTTPCode_ELB_5XX_Count", stat = "Sum", dimensions = local.balancer }
      }
      # The balancer's own errors are not among the requests. Five errors a minute are the least,
      # or one unlucky visitor at night would wake somebody.
      expression = join("", [
        "IF(FILL(shop, 0) + FILL(balancer, 0) > 5, ",
        "100 * (FILL(shop, 0) + FILL(balancer, 0)) / (FILL(requests, 0) + FILL(balancer, 0)), 0)",
      ])
      comparison = "GreaterThanThreshold"
      threshold  = 2
      period     = 60
      of         = 5
      needed     = 3
      missing    = "notBreaching"
    }

    "alb-p95" = {
      meaning = "One request in twenty takes longer than a second."
      metrics = {
        requests = { namespace = "AWS/ApplicationELB", name = "RequestCount", stat = "Sum", dimensions = local.balancer }
        slow     = { namespace = "AWS/ApplicationELB", name = "TargetResponseTime", stat = "p95", dimensions = local.balancer }
      }
      expression = "IF(requests > 20, slow, 0)"
      comparison = "GreaterThanThreshold"
      threshold  = 1
      period     = 60
      of         = 10
      needed     = 8
      missing    = "notBreaching"
    }

    "unhealthy-hosts" = {
      meaning = "A web task fails its health check, or none is left."
      metrics = {
        healthy   = { namespace = "AWS/ApplicationELB", name = "HealthyHostCount", stat = "Minimum", dimensions = local.targets }
        unhealthy = { namespace = "AWS/ApplicationELB", name = "UnHealthyHostCount", stat = "Maximum", dimensions = local.targets }
      }
      expression = "IF(FILL(healthy, 0) < 1, 1, FILL(unhealthy, 0))"
      comparison = "GreaterThanOrEqualToThreshold"
      threshold  = 1
      period     = 60
      of         = 3
      needed     = 3
      # Without a single task there are no figures at all.
      missing = "breaching"
    }

    "ecs-saturated" = {
      meaning = "Web or worker uses more than 90 % of its processors or memory, and autoscaling does not help."
      metrics = merge([
        for service, service_name in local.services : {
          for measure, metric in { cpu = "CPUUtilization", memory = "MemoryUtilization" } :
          "${service}_${measure}" => {
            namespace  = "AWS/ECS", name = metric, stat = "Average"
            dimensions = { ClusterName = var.cluster_name, ServiceName = service_name }
          }
        }
      ]...)
      expression = "MAX([web_cpu, web_memory, worker_cpu, worker_memory])"
      comparison = "GreaterThanThreshold"
      threshold  = 90
      period     = 60
      of         = 10
      needed     = 8
      missing    = "notBreaching"
    }
  }
}

# One page: what the shop earns its name with on top, what carries it below.

locals {
  own = { namespace = "MakersMarket", dimensions = ["Environment", var.environment_name] }

  panels = [
    { title = "Payments", region = var.region, stat = "Sum", metrics = [for name in ["PaymentsSucceeded", "PaymentsFailed"] : concat([local.own.namespace, name], local.own.dimensions)] },
    { title = "Mails", region = var.region, stat = "Sum", metrics = [for name in ["MailsSent", "MailsFailed"] : concat([local.own.namespace, name], local.own.dimensions)] },
    { title = "Jobs", region = var.region, stat = "Maximum", metrics = [for name in ["JobsWaiting", "OldestJobSeconds", "JobsFailed"] : concat([local.own.namespace, name], local.own.dimensions)] },
    { title = "Holds and books", region = var.region, stat = "Maximum", metrics = [for name in ["HoldsOpen", "MoneyBroken", "AuditBroken"] : concat([local.own.namespace, name], local.own.dimensions)] },
    { title = "Requests of the shop", region = var.region, stat = "Sum", metrics = concat([for name in ["Requests", "ServerErrors"] : concat([local.own.namespace, name], local.own.dimensions)], [["MakersMarket", "ErrorLines"]]) },
    { title = "Milliseconds, 95 of 100 below", region = var.region, stat = "p95", metrics = [concat([local.own.namespace, "RequestMilliseconds"], local.own.dimensions)] },
    { title = "Load balancer", region = var.region, stat = "Sum", metrics = [for name in ["RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"] : ["AWS/ApplicationELB", name, "LoadBalancer", var.alb_arn_suffix]] },
    { title = "Tasks, per cent", region = var.region, stat = "Average", metrics = [for pair in setproduct(["CPUUtilization", "MemoryUtilization"], values(local.services)) : ["AWS/ECS", pair[0], "ClusterName", var.cluster_name, "ServiceName", pair[1]]] },
    { title = "Database", region = var.region, stat = "Average", metrics = [for name in ["CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "ReadLatency", "WriteLatency"] : ["AWS/RDS", name, "DBInstanceIdentifier", var.database_identifier]] },
    { title = "Cache, per cent full", region = var.region, stat = "Maximum", metrics = [for id in var.cache_cluster_ids : ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", id]] },
    { title = "Parcels", region = var.region, stat = "Maximum", metrics = concat([for queue in [var.delivery_queue_name, var.delivery_dlq_name] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]], [["AWS/Lambda", "Errors", "FunctionName", var.delivery_function_name]]) },
    { title = "CloudFront", region = "us-east-1", stat = "Sum", metrics = [
      ["AWS/CloudFront", "Requests", "Region", "Global", "DistributionId", var.distribution_id],
      ["AWS/CloudFront", "5xxErrorRate", "Region", "Global", "DistributionId", var.distribution_id, { stat = "Average", yAxis = "right" }],
    ] },
    { title = "Stopped by the firewall", region = "us-east-1", stat = "Sum", metrics = [["AWS/WAFV2", "BlockedRequests", "WebACL", var.name, "Rule", "ALL"]] },
  ]
}

resource "aws_cloudwatch_dashboard" "shop" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type       = "alarm", x = 0, y = 0, width = 24, height = 3
        properties = { title = "Alarms", alarms = [for alarm in aws_cloudwatch_metric_alarm.shop : alarm.arn] }
      }],
      [for index, panel in local.panels : {
        type = "metric", x = 8 * (index % 3), y = 3 + 6 * floor(index / 3), width = 8, height = 6
        properties = {
          title  = panel.title, region = panel.region, stat = panel.stat, metrics = panel.metrics
          period = 60, view = "timeSeries", stacked = false
        }
      }],
    )
  })
}

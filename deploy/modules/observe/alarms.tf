# Exactly ten, because a page that rings for everything is not read (docs/adr/0008). Each has a
# runbook of its name.

locals {
  alarms = merge(local.serving_alarms, local.store_alarms, local.business_alarms)
}

resource "aws_cloudwatch_metric_alarm" "shop" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.meaning} ${var.runbooks_url}/${each.key}.md"
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.of
  datapoints_to_alarm = each.value.needed
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
  tags                = var.tags

  dynamic "metric_query" {
    for_each = each.value.metrics
    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        stat        = metric_query.value.stat
        period      = each.value.period
        dimensions  = metric_query.value.dimensions
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]
    content {
      id          = "verdict"
      label       = each.key
      expression  = metric_query.value
      return_data = true
    }
  }
}

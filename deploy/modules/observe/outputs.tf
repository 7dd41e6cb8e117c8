output "alarm_names" {
  description = "The alarms, as CloudWatch names them."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.shop : alarm.alarm_name])
}

output "alarms" {
  description = "What each alarm means, and its runbook."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.shop : key => alarm.alarm_description }
}

output "alerts_topic_arn" {
  description = "Where alarms ring."
  value       = aws_sns_topic.alerts.arn
}

output "dashboard_name" {
  description = "The page of figures."
  value       = aws_cloudwatch_dashboard.shop.dashboard_name
}

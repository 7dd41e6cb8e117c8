# Error lines as a figure: everything else the shop measures itself, in its own log lines.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "${var.name}-error-lines"
  log_group_name = var.web_log_group_name
  pattern        = "{ $.level = \"error\" }"

  metric_transformation {
    namespace     = "MakersMarket"
    name          = "ErrorLines"
    value         = "1"
    default_value = "0"
  }
}

# For what asks X-Ray itself, such as the Lambda; web and worker decide by TRACES_RATIO.
resource "aws_xray_sampling_rule" "shop" {
  rule_name      = "${var.name}-rate"
  priority       = 9000
  version        = 1
  reservoir_size = 1
  fixed_rate     = var.traces_rate
  service_name   = "*"
  service_type   = "*"
  host           = "*"
  http_method    = "*"
  url_path       = "*"
  resource_arn   = "*"
  tags           = var.tags
}

resource "aws_xray_group" "troubled" {
  group_name        = "${var.name}-troubled"
  filter_expression = "fault = true OR responsetime > 1"
  tags              = var.tags

  insights_configuration {
    insights_enabled      = false
    notifications_enabled = false
  }
}

# The carrier: a Lambda that turns commands into timed, signed news. It lies outside the network,
# because the shop's public address is all it calls: no NAT, no security group, no cold interface.

locals {
  function_name = "${var.name}-delivery"
}

data "archive_file" "delivery" {
  type        = "zip"
  output_path = "${path.root}/.terraform/delivery.zip"

  dynamic "source" {
    for_each = fileset(var.lambda_source_dir, "*.py")
    content {
      filename = source.value
      content  = file("${var.lambda_source_dir}/${source.value}")
    }
  }
}

resource "aws_cloudwatch_log_group" "delivery" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arns.logs
  tags              = var.tags
}

resource "aws_lambda_function" "delivery" {
  function_name                  = local.function_name
  description                    = "Tells the shop where its parcels are"
  role                           = aws_iam_role.delivery.arn
  handler                        = "handler.handler"
  runtime                        = "python3.13"
  architectures                  = ["arm64"]
  filename                       = data.archive_file.delivery.output_path
  source_code_hash               = data.archive_file.delivery.output_base64sha256
  memory_size                    = 256
  timeout                        = var.handler_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  tags                           = var.tags

  environment {
    variables = {
      CALLBACK_URL                 = var.callback_url
      DELIVERY_CALLBACK_SECRET_ARN = var.callback_secret_arn
    }
  }
  tracing_config {
    mode = "Active"
  }
  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.delivery.name
  }

  depends_on = [aws_iam_role_policy.delivery]
}

# Two is the least an event source can be limited to. With one execution reserved the second
# waits its turn, which counts as a try: max_receive_count leaves room for that.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
resource "aws_lambda_event_source_mapping" "delivery" {
  event_source_arn                   = aws_sqs_queue.delivery.arn
  function_name                      = aws_lambda_function.delivery.arn
  batch_size                         = 10
  maximum_batching_window_in_seconds = 5
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = var.tags

  scaling_config {
    maximum_concurrency = 2
  }
}

# A failed probe is a figure for the alarm, not a message to try again: the next one comes soon.
resource "aws_lambda_function_event_invoke_config" "delivery" {
  function_name                = aws_lambda_function.delivery.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60 * var.probe_minutes
}

resource "aws_scheduler_schedule" "probe" {
  name                = "${var.name}-delivery-probe"
  description         = "Asks whether the shop would take the carrier's news"
  schedule_expression = "rate(${var.probe_minutes} minutes)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_lambda_function.delivery.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ command = "probe" })

    retry_policy {
      maximum_retry_attempts       = 1
      maximum_event_age_in_seconds = 60 * var.probe_minutes
    }
  }
}

# Parcels: the queue, what is laid aside, the carrier and its schedule.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "archive" {}

variables {
  name                = "makers-market"
  callback_url        = "https://makersmarket.example/callbacks/delivery/"
  callback_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:callback"
  lambda_source_dir   = "./lambda/delivery"
  kms_key_arns = {
    data    = "arn:aws:kms:eu-west-1:123456789012:key/data"
    logs    = "arn:aws:kms:eu-west-1:123456789012:key/logs"
    secrets = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
    events  = "arn:aws:kms:eu-west-1:123456789012:key/events"
  }
}

run "queue_waits_six_times_as_long_as_the_handler" {
  command = plan
  module {
    source = "./modules/events"
  }

  assert {
    condition     = aws_sqs_queue.delivery.visibility_timeout_seconds >= 6 * aws_lambda_function.delivery.timeout
    error_message = "A batch is never read twice at once."
  }
  assert {
    condition     = aws_sqs_queue.delivery.sqs_managed_sse_enabled && aws_sqs_queue.laid_aside.sqs_managed_sse_enabled
    error_message = "Queues are encrypted."
  }
  assert {
    condition     = aws_sqs_queue.laid_aside.message_retention_seconds > aws_sqs_queue.delivery.message_retention_seconds
    error_message = "What is laid aside outlives the weekend."
  }
}

run "unfinished_parcels_come_back_one_by_one" {
  command = plan
  module {
    source = "./modules/events"
  }

  assert {
    condition     = aws_lambda_event_source_mapping.delivery.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "One unfinished parcel does not bring the others back."
  }
  assert {
    condition     = aws_lambda_function.delivery.reserved_concurrent_executions == 1 && aws_lambda_event_source_mapping.delivery.scaling_config[0].maximum_concurrency == 2
    error_message = "One delivery at a time; two is the least a source can be limited to."
  }
}

run "carrier_knows_its_key_by_name_only" {
  command = plan
  module {
    source = "./modules/events"
  }

  assert {
    condition = aws_lambda_function.delivery.environment[0].variables == tomap({
      CALLBACK_URL                 = "https://makersmarket.example/callbacks/delivery/"
      DELIVERY_CALLBACK_SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:callback"
    })
    error_message = "No secret stands in the Lambda's environment."
  }
  assert {
    condition     = length(aws_lambda_function.delivery.vpc_config) == 0 && aws_lambda_function.delivery.runtime == "python3.13" && aws_lambda_function.delivery.architectures == tolist(["arm64"])
    error_message = "The carrier lies outside the network."
  }
  assert {
    condition     = toset([for file in data.archive_file.delivery.source : file.filename]) == fileset("./lambda/delivery", "*.py")
    error_message = "The package is the handler's files, and nothing of the shop."
  }
}

run "schedule_asks_the_carrier" {
  command = plan
  module {
    source = "./modules/events"
  }

  assert {
    condition     = jsondecode(aws_scheduler_schedule.probe.target[0].input) == { command = "probe" } && aws_scheduler_schedule.probe.schedule_expression == "rate(5 minutes)"
    error_message = "Every five minutes somebody asks whether news would be taken."
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.delivery.maximum_retry_attempts == 0
    error_message = "A failed probe is not tried again: the next one comes soon."
  }
}

run "carrier_may_read_one_queue_and_one_secret" {
  command = plan
  module {
    source = "./modules/events"
  }

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.delivery.statement[*].actions)) == toset([
      "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
      "secretsmanager:GetSecretValue", "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents",
      "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ])
    error_message = "The carrier has a right too many or too few."
  }
}

run "impossible_times_are_refused" {
  command = plan
  module {
    source = "./modules/events"
  }
  variables {
    callback_url         = "http://makersmarket.example/callbacks/delivery/"
    callback_secret_arn  = "whsec_the_secret_itself"
    reserved_concurrency = 0
    handler_seconds      = 5
    max_receive_count    = 1
    probe_minutes        = 1
  }
  expect_failures = [
    var.callback_url, var.callback_secret_arn, var.reserved_concurrency, var.handler_seconds,
    var.max_receive_count, var.probe_minutes,
  ]
}

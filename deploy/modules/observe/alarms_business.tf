# Is the promise kept: parcels followed, jobs done, books right?

locals {
  own_dimensions = { Environment = var.environment_name }

  business_alarms = {
    "delivery-failing" = {
      meaning = "News of parcels does not get through: it was laid aside, waits for half an hour, or the Lambda fails."
      metrics = {
        laid_aside = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", stat = "Maximum", dimensions = { QueueName = var.delivery_dlq_name } }
        waiting    = { namespace = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", stat = "Maximum", dimensions = { QueueName = var.delivery_queue_name } }
        errors     = { namespace = "AWS/Lambda", name = "Errors", stat = "Sum", dimensions = { FunctionName = var.delivery_function_name } }
      }
      expression = "FILL(laid_aside, 0) + FILL(errors, 0) + IF(FILL(waiting, 0) > 1800, 1, 0)"
      comparison = "GreaterThanOrEqualToThreshold"
      threshold  = 1
      period     = 300
      of         = 3
      needed     = 2
      missing    = "notBreaching"
    }

    "jobs-late" = {
      meaning = "A job has waited for five minutes, one has failed for good, or no worker tells."
      metrics = {
        oldest = { namespace = "MakersMarket", name = "OldestJobSeconds", stat = "Maximum", dimensions = local.own_dimensions }
        failed = { namespace = "MakersMarket", name = "JobsFailed", stat = "Maximum", dimensions = local.own_dimensions }
      }
      expression = "IF(oldest > 300 OR failed > 0, 1, 0)"
      comparison = "GreaterThanOrEqualToThreshold"
      threshold  = 1
      period     = 60
      of         = 5
      needed     = 5
      # A worker writes these each minute: silence means that none works.
      missing = "breaching"
    }

    "money-broken" = {
      meaning = "The books do not add up, or the audit log was changed."
      metrics = {
        money = { namespace = "MakersMarket", name = "MoneyBroken", stat = "Maximum", dimensions = local.own_dimensions }
        audit = { namespace = "MakersMarket", name = "AuditBroken", stat = "Maximum", dimensions = local.own_dimensions }
      }
      expression = "MAX([money, audit])"
      comparison = "GreaterThanOrEqualToThreshold"
      threshold  = 1
      period     = 3600
      of         = 1
      needed     = 1
      # Looked at once an hour: until the next look, what the last one found holds.
      missing = "ignore"
    }
  }
}

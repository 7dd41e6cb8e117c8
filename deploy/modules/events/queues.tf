# Posted parcels wait here for the carrier. A parcel whose story is not over is given back as a
# failed item; the visibility timeout is what brings it back (deploy/lambda/delivery/handler.py).

resource "aws_sqs_queue" "delivery" {
  name = "${var.name}-delivery"
  # Six times the Lambda's own limit, so that a batch is never read twice at once.
  # Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = 6 * var.handler_seconds
  message_retention_seconds  = 4 * 86400
  receive_wait_time_seconds  = 20
  max_message_size           = 4096
  sqs_managed_sse_enabled    = true
  tags                       = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.laid_aside.arn
    maxReceiveCount     = var.max_receive_count
  })
}

# What could not be told; people look, mend and move it back (docs/runbooks/delivery-failing.md).
resource "aws_sqs_queue" "laid_aside" {
  name                      = "${var.name}-delivery-dlq"
  message_retention_seconds = 14 * 86400
  max_message_size          = 4096
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

resource "aws_sqs_queue_redrive_allow_policy" "laid_aside" {
  queue_url = aws_sqs_queue.laid_aside.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.delivery.arn]
  })
}

data "aws_iam_policy_document" "tls_only" {
  for_each = { delivery = aws_sqs_queue.delivery.arn, laid_aside = aws_sqs_queue.laid_aside.arn }

  statement {
    sid       = "OnlyByTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "delivery" {
  queue_url = aws_sqs_queue.delivery.id
  policy    = data.aws_iam_policy_document.tls_only["delivery"].json
}

resource "aws_sqs_queue_policy" "laid_aside" {
  queue_url = aws_sqs_queue.laid_aside.id
  policy    = data.aws_iam_policy_document.tls_only["laid_aside"].json
}

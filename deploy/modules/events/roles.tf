data "aws_iam_policy_document" "may_assume" {
  for_each = toset(["lambda", "scheduler"])

  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
    # The scheduler acts for every account (confused deputy); Lambda sends no such condition.
    dynamic "condition" {
      for_each = each.key == "scheduler" ? [data.aws_caller_identity.current.account_id] : []
      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "delivery" {
  name                 = "${var.name}-delivery"
  description          = "What the delivery Lambda may do"
  assume_role_policy   = data.aws_iam_policy_document.may_assume["lambda"].json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role" "schedule" {
  name                 = "${var.name}-delivery-schedule"
  description          = "Lets the schedule call the delivery Lambda"
  assume_role_policy   = data.aws_iam_policy_document.may_assume["scheduler"].json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

data "aws_iam_policy_document" "delivery" {
  statement {
    sid       = "TakeParcels"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.delivery.arn]
  }
  statement {
    sid       = "ReadTheSigningKey"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.callback_secret_arn]
  }
  statement {
    sid       = "OpenTheSigningKey"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arns.secrets]
    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["secretsmanager.*.amazonaws.com"]
    }
  }
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.delivery.arn}:*"]
  }
  statement {
    sid     = "SendTraces"
    actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    # X-Ray knows no resources for these.
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "delivery" {
  name   = "tell-the-news"
  role   = aws_iam_role.delivery.id
  policy = data.aws_iam_policy_document.delivery.json
}

data "aws_iam_policy_document" "schedule" {
  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.delivery.arn]
  }
}

resource "aws_iam_role_policy" "schedule" {
  name   = "ask-the-carrier"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}

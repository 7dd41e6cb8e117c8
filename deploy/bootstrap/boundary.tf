locals {
  ours = {
    buckets = ["arn:aws:s3:::${var.name}-*", "arn:aws:s3:::${var.name}-*/*"]
    roles   = "arn:aws:iam::${local.account}:role/${var.name}-*"
    ci      = ["arn:aws:iam::${local.account}:role/${local.ci}-*", "arn:aws:iam::${local.account}:policy/${local.ci}-*"]
  }
}

# The most that any role made by CI's apply can do, whatever its own policy says: what tasks, the
# Lambda, the schedule and the flow log do all day. Nothing about IAM, no network, no deletion of
# anything that stands.
data "aws_iam_policy_document" "workload_boundary" {
  statement {
    sid       = "Buckets"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload"]
    resources = local.ours.buckets
  }
  statement {
    sid       = "NoState"
    effect    = "Deny"
    actions   = ["s3:*", "kms:*"]
    resources = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*", aws_kms_key.state.arn]
  }
  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:*:${local.account}:secret:${var.name}/*", "arn:aws:secretsmanager:*:${local.account}:secret:rds!db-*"]
  }
  statement {
    sid       = "Keys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["arn:aws:kms:*:${local.account}:key/*"]
  }
  statement {
    sid       = "Messages"
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sns:Publish", "lambda:InvokeFunction"]
    resources = ["arn:aws:sqs:*:${local.account}:${var.name}-*", "arn:aws:sns:*:${local.account}:${var.name}-*", "arn:aws:lambda:*:${local.account}:function:${var.name}-*"]
  }
  statement {
    sid       = "Database"
    actions   = ["rds-db:connect"]
    resources = ["arn:aws:rds-db:*:${local.account}:dbuser:*/market"]
  }
  statement {
    sid = "ImagesAndSigns"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
      "cloudwatch:PutMetricData",
      "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents",
      "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "workload_boundary" {
  name        = "${local.ci}-workload-boundary"
  description = "The most that a role made by ${local.ci}-apply can do"
  policy      = data.aws_iam_policy_document.workload_boundary.json
}

# Apply may do much; this says what it can never do, also if its own policy is changed one day.
data "aws_iam_policy_document" "apply_boundary" {
  statement {
    sid         = "WhatItsPolicySays"
    not_actions = ["organizations:*", "account:*", "sts:AssumeRole"]
    resources   = ["*"]
  }
  statement {
    sid       = "NotItself"
    effect    = "Deny"
    actions   = ["iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Remove*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*"]
    resources = local.ours.ci
  }
  statement {
    sid    = "NoPeopleNoProviders"
    effect = "Deny"
    actions = [
      "iam:*AccessKey*", "iam:*LoginProfile*", "iam:*OpenIDConnectProvider*", "iam:*SAMLProvider*",
      "iam:CreateUser", "iam:DeleteRolePermissionsBoundary", "iam:PutUserPolicy", "iam:AttachUserPolicy",
    ]
    resources = ["*"]
  }
  statement {
    sid       = "NoStateBucketChanges"
    effect    = "Deny"
    actions   = ["s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:DeleteObjectVersion"]
    resources = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
  }
  statement {
    sid       = "NoStateKeyChanges"
    effect    = "Deny"
    actions   = ["kms:CreateGrant", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]
    resources = [aws_kms_key.state.arn]
  }
  statement {
    sid       = "NoContents"
    effect    = "Deny"
    actions   = ["s3:GetObject*"]
    resources = ["arn:aws:s3:::${var.name}-media-${local.account}/*", "arn:aws:s3:::${var.name}-logs-${local.account}/*"]
  }
  statement {
    sid       = "NoData"
    effect    = "Deny"
    actions   = ["rds-db:connect", "cognito-idp:ListUsers", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery", "sqs:ReceiveMessage"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "apply_boundary" {
  name        = "${local.ci}-apply-boundary"
  description = "The most that ${local.ci}-apply can do"
  policy      = data.aws_iam_policy_document.apply_boundary.json
}

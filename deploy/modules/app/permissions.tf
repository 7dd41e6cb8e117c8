locals {
  # The database's own name for our login: modules/data makes the database, deploy/sql the login.
  database_login_arn = join(":", [
    "arn:${data.aws_partition.current.partition}:rds-db", var.region,
    data.aws_caller_identity.current.account_id, "dbuser", "${var.database_resource_id}/market",
  ])
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid     = "SignInToTheRegistry"
    actions = ["ecr:GetAuthorizationToken"]
    # This action knows no resources.
    resources = ["*"]
  }
  statement {
    sid       = "PullTheImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.shop.arn]
  }
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in aws_cloudwatch_log_group.task : "${group.arn}:*"]
  }
  statement {
    sid       = "ReadTheShopsSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(var.secrets)
  }
  statement {
    sid       = "OpenTheShopsSecrets"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arns.secrets]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "task" {
  statement {
    sid       = "SignInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = [local.database_login_arn]
  }
  statement {
    sid       = "KeepPictures"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${var.media_bucket_arn}/media/*", "${var.media_bucket_arn}/private/*"]
  }
  statement {
    sid     = "LookForPictures"
    actions = ["s3:ListBucket"]
    # Without this right S3 answers 403 for a key that is not there, and the shop must tell
    # "free name" from "forbidden". A condition on the prefix would turn it back into 403.
    resources = [var.media_bucket_arn]
  }
  statement {
    sid       = "EncryptPictures"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arns.data]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com"]
    }
  }
  statement {
    sid       = "PostParcels"
    actions   = ["sqs:SendMessage"]
    resources = [var.delivery_queue_arn]
  }
  statement {
    sid     = "SendTraces"
    actions = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    # X-Ray knows no resources for these. Containers of a task share its role, so the shop
    # could send traces past the collector; it has no reason to.
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "migrate" {
  statement {
    sid       = "SignInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = [local.database_login_arn]
  }
  statement {
    sid       = "ReadTheMasterPassword"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.database_master_secret_arn]
  }
  statement {
    sid       = "OpenTheMasterPassword"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arns.secrets]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

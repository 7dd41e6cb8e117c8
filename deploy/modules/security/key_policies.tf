# The account's own roles may use a key as far as their policies say. Without this statement a
# key can become nobody's (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
data "aws_iam_policy_document" "account" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }
}

# CloudFront signs its requests for pictures itself (origin access control) and so asks for the
# key itself. Any distribution of this account may; the bucket's policy names the one that is ours.
data "aws_iam_policy_document" "data_key" {
  source_policy_documents = [data.aws_iam_policy_document.account.json]
  statement {
    sid       = "PicturesForCloudFront"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:aws:cloudfront::${local.account}:distribution/*"]
    }
  }
}

# CloudWatch Logs encrypts in its own name and refuses a log group whose key does not say so.
data "aws_iam_policy_document" "logs_key" {
  source_policy_documents = [data.aws_iam_policy_document.account.json]
  statement {
    sid       = "LogGroups"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${data.aws_region.here.region}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:${data.aws_region.here.region}:${local.account}:log-group:*"]
    }
  }
}

# Alarms write to our encrypted topic in CloudWatch's name. Under the AWS-managed key, whose policy
# nobody can change, an alarm is lost without a word. Whom a topic listens to is said by its own
# policy. Nobody else needs this key: queues are under SQS's own, budgets mail, the schedule calls.
data "aws_iam_policy_document" "events_key" {
  source_policy_documents = [data.aws_iam_policy_document.account.json]
  statement {
    sid       = "AlarmsToTopics"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
  }
}

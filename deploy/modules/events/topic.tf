# News of orders and stock for other systems: a warehouse, a newsletter, a data lake. Nobody may
# publish until the shop has something to say: that right is then given to its task role.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_sns_topic" "shop" {
  name              = "${var.name}-events"
  kms_master_key_id = var.kms_key_arns.events
  signature_version = 2
  tags              = var.tags
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "OurAccountDecidesWhoListens"
    actions   = ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Subscribe"]
    resources = [aws_sns_topic.shop.arn]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  statement {
    sid       = "OnlyByTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.shop.arn]
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

resource "aws_sns_topic_policy" "shop" {
  arn    = aws_sns_topic.shop.arn
  policy = data.aws_iam_policy_document.topic.json
}

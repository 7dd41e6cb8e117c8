data "aws_caller_identity" "here" {}
data "aws_region" "here" {}

locals {
  account = data.aws_caller_identity.here.account_id
  keys = {
    data    = { about = "Database, cache and pictures", policy = data.aws_iam_policy_document.data_key.json }
    logs    = { about = "Log groups", policy = data.aws_iam_policy_document.logs_key.json }
    secrets = { about = "Secrets Manager", policy = data.aws_iam_policy_document.account.json }
    events  = { about = "Topics, queues and alarms", policy = data.aws_iam_policy_document.events_key.json }
  }
}

# Losing one of these loses what it encrypts: deletion takes thirty days, and an alias finds it.
resource "aws_kms_key" "this" {
  for_each = local.keys

  description             = "${var.name}: ${each.value.about}"
  policy                  = each.value.policy
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_kms_alias" "this" {
  for_each = aws_kms_key.this

  name          = "alias/${var.name}-${each.key}"
  target_key_id = each.value.key_id
}

locals {
  # Services whose things deploy/ makes. Where a service's ARNs carry names, only ours.
  named = [
    "arn:aws:ecr:*:${local.account}:repository/${var.name}*",
    "arn:aws:ecs:*:${local.account}:*/${var.name}*",
    "arn:aws:elasticache:*:${local.account}:*:${var.name}*",
    "arn:aws:elasticloadbalancing:*:${local.account}:*/${var.name}*",
    "arn:aws:elasticloadbalancing:*:${local.account}:*/app/${var.name}*",
    "arn:aws:events:*:${local.account}:*/${var.name}*",
    "arn:aws:lambda:*:${local.account}:function:${var.name}-*",
    "arn:aws:lambda:*:${local.account}:event-source-mapping:*", # has an id only; its tags are asked for by it
    "arn:aws:rds:*:${local.account}:*:${var.name}*",
    "arn:aws:rds:*:${local.account}:og:default*", # the option group of a database that names none
    "arn:aws:s3:::${var.name}-*",
    "arn:aws:s3:::${var.name}-*/*",
    "arn:aws:scheduler:*:${local.account}:*/*",
    "arn:aws:secretsmanager:*:${local.account}:secret:${var.name}/*",
    "arn:aws:sns:*:${local.account}:${var.name}-*",
    "arn:aws:sqs:*:${local.account}:${var.name}-*",
  ]
  named_services = ["ecr", "ecs", "elasticache", "elasticloadbalancing", "events", "lambda", "rds", "s3", "scheduler", "secretsmanager", "sns", "sqs"]
  # These give their things ids instead of names, or have calls that name no thing.
  unnamed_actions = [
    "acm:*Certificate*", "acm:*Tags*",
    "application-autoscaling:*Scal*", "application-autoscaling:*Tag*",
    "budgets:*Budget*", "budgets:*Tag*",
    "cloudfront:*CachePolicy*", "cloudfront:*Distribution*", "cloudfront:*Function*", "cloudfront:*OriginAccessControl*", "cloudfront:*OriginRequestPolic*", "cloudfront:*ResponseHeadersPolic*", "cloudfront:*Tag*", "cloudfront:*VpcOrigin*", "cloudfront:*CachePolicies*", "cloudfront:AllowVendedLogDeliveryForResource",
    "cloudwatch:*Alarm*", "cloudwatch:*Dashboard*", "cloudwatch:*Tag*",
    "cognito-idp:*Group*", "cognito-idp:*IdentityProvider*", "cognito-idp:*UserPool*", "cognito-idp:*Tag*", "cognito-idp:SetUserPoolMfaConfig",
    "ec2:*Address*", "ec2:*FlowLog*", "ec2:*InternetGateway*", "ec2:*NatGateway*", "ec2:*Route*", "ec2:*SecurityGroup*", "ec2:*Subnet*", "ec2:*Tags", "ec2:*Vpc*", "ec2:Describe*", "ec2:GetManagedPrefixListEntries",
    "kms:CreateKey", "kms:CreateAlias", "kms:CreateGrant", "kms:*Tag*", "kms:DeleteAlias", "kms:Describe*", "kms:EnableKeyRotation", "kms:Get*", "kms:List*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:UpdateAlias", "kms:UpdateKeyDescription", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*",
    "logs:*Delivery*", "logs:*LogGroup*", "logs:*MetricFilter*", "logs:*ResourcePolic*", "logs:*RetentionPolicy", "logs:*KmsKey", "logs:*Tag*",
    "resource-groups:*Group*", "resource-groups:*Tag*",
    "route53:*HostedZone*", "route53:*ResourceRecordSets", "route53:GetChange", "route53:*Tags*",
    "wafv2:*WebACL*", "wafv2:*LoggingConfiguration*", "wafv2:*Tag*", "wafv2:*ManagedRuleGroup*",
    "xray:*Group*", "xray:*SamplingRule*", "xray:*Tag*", "xray:*ResourcePolic*",
    "ecr:GetAuthorizationToken", "ecs:CreateCluster", "ecs:*TaskDefinition*", "ecs:Describe*", "ecs:List*",
    "elasticache:Describe*", "elasticache:List*", "elasticloadbalancing:Describe*", "lambda:*EventSourceMapping*", "lambda:GetAccountSettings",
    "rds:Describe*", "secretsmanager:GetRandomPassword", "sns:GetSubscriptionAttributes", "sns:Unsubscribe", "s3:ListAllMyBuckets",
    "iam:Get*", "iam:List*",
  ]
}

data "aws_iam_policy_document" "apply_named" {
  statement {
    sid       = "Ours"
    actions   = [for service in local.named_services : "${service}:*"]
    resources = local.named
  }
  statement {
    sid       = "StateKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.state.arn]
  }
  # RDS keeps its administrator's password in a secret of its own naming.
  statement {
    sid       = "RdsSecret"
    actions   = ["secretsmanager:CreateSecret", "secretsmanager:DescribeSecret", "secretsmanager:TagResource", "secretsmanager:RotateSecret"]
    resources = ["arn:aws:secretsmanager:*:${local.account}:secret:rds!db-*"]
  }
  # A role made here is bound by the workload boundary or is not made.
  statement {
    sid       = "BoundRoles"
    actions   = ["iam:CreateRole", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary"]
    resources = [local.ours.roles]
    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.workload_boundary.arn]
    }
  }
  statement {
    sid       = "RoleSettings"
    actions   = ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
    resources = [local.ours.roles]
  }
  statement {
    sid       = "HandOver"
    actions   = ["iam:PassRole"]
    resources = [local.ours.roles]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    }
  }
  statement {
    sid       = "ServiceRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:aws:iam::${local.account}:role/aws-service-role/*"]
    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values = [
        "ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com", "elasticache.amazonaws.com",
        "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com", "vpcorigin.cloudfront.amazonaws.com",
        "wafv2.amazonaws.com", "delivery.logs.amazonaws.com", "email.cognito-idp.amazonaws.com",
      ]
    }
  }
}

data "aws_iam_policy_document" "apply_unnamed" {
  statement {
    sid       = "Unnamed"
    actions   = local.unnamed_actions
    resources = ["*"]
  }
}

resource "aws_iam_policy" "apply" {
  for_each = {
    named   = data.aws_iam_policy_document.apply_named.json
    unnamed = data.aws_iam_policy_document.apply_unnamed.json
  }

  name        = "${local.ci}-apply-${each.key}"
  description = "What ${local.ci}-apply does with things that are ${each.key}"
  policy      = each.value
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = aws_iam_policy.apply

  role       = aws_iam_role.ci["apply"].name
  policy_arn = each.value.arn
}

# What scripts/deploy.sh calls, and no more. It does not read the state.
data "aws_iam_policy_document" "deploy" {
  statement {
    sid       = "SignInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = ["arn:aws:ecr:${var.region}:${local.account}:repository/${var.name}*"]
  }
  # These two calls know no resource (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html).
  statement {
    sid       = "Revisions"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"]
  }
  statement {
    sid       = "Migrate"
    actions   = ["ecs:RunTask"]
    resources = ["arn:aws:ecs:${var.region}:${local.account}:task-definition/${var.name}*:*"]
    condition {
      test     = "ArnLike"
      variable = "ecs:cluster"
      values   = ["arn:aws:ecs:${var.region}:${local.account}:cluster/${var.name}*"]
    }
  }
  statement {
    sid     = "Roll"
    actions = ["ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask", "ecs:TagResource", "ecs:UpdateService"]
    resources = [
      "arn:aws:ecs:${var.region}:${local.account}:service/${var.name}*/*",
      "arn:aws:ecs:${var.region}:${local.account}:task/${var.name}*/*",
      "arn:aws:ecs:${var.region}:${local.account}:task-definition/${var.name}*:*",
      "arn:aws:ecs:${var.region}:${local.account}:container-instance/${var.name}*/*",
    ]
  }
  statement {
    sid       = "HandOver"
    actions   = ["iam:PassRole"]
    resources = [local.ours.roles]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    sid       = "NotItself"
    effect    = "Deny"
    actions   = ["iam:PassRole"]
    resources = local.ours.ci
  }
  statement {
    sid       = "WhyMigrateFailed"
    actions   = ["logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = ["arn:aws:logs:${var.region}:${local.account}:log-group:/*${var.name}*migrate*:*"]
  }
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.ci["deploy"].id
  policy = data.aws_iam_policy_document.deploy.json
}

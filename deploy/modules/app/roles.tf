# Four roles. execution: what ECS needs to start any task. web and worker share `task`. migrate
# can do more, for the minutes it runs. None of them is an administrator of anything.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "tasks_may_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    # Only tasks of this account: the service acts for everybody (confused deputy).
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:ecs:${var.region}:${data.aws_caller_identity.current.account_id}:*"]
    }
  }
}

resource "aws_iam_role" "shop" {
  for_each = {
    execution = "Starts the shop's containers: image, logs, secrets"
    task      = "What web and worker may do"
    migrate   = "What the one-off migration may do"
  }

  name                 = "${var.name}-${each.key}"
  description          = each.value
  assume_role_policy   = data.aws_iam_policy_document.tasks_may_assume.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-containers"
  role   = aws_iam_role.shop["execution"].id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role_policy" "task" {
  name   = "serve-the-shop"
  role   = aws_iam_role.shop["task"].id
  policy = data.aws_iam_policy_document.task.json
}

resource "aws_iam_role_policy" "migrate" {
  name   = "migrate-the-database"
  role   = aws_iam_role.shop["migrate"].id
  policy = data.aws_iam_policy_document.migrate.json
}

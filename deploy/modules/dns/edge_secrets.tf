# Three generations are taken, one is sent: while CloudFront's places change over, the load
# balancer and tasks that started earlier know the old and the new word.
#
# CloudFront's header is no write-only argument, so these words are in the state whatever we do;
# the state is encrypted, and of CI's roles plan and apply read it, deploy does not (deploy/bootstrap).

locals {
  generations = [for step in [0, -1, 1] : tostring(var.edge_secret_generation + step)]
  words       = [for generation in local.generations : random_password.edge[generation].result]
}

resource "random_password" "edge" {
  for_each = toset(local.generations)

  length = 48
  # The load balancer compares without regard to case and knows * and ? as wildcards.
  special = false
  upper   = false
}

resource "aws_secretsmanager_secret" "edge" {
  name        = "${var.name}/EDGE_SECRETS"
  description = "What CloudFront says to prove that it is ours; the tasks read it when they start."
  kms_key_id  = var.secrets_kms_key_arn
  tags        = var.tags
}

resource "aws_secretsmanager_secret_version" "edge" {
  secret_id                = aws_secretsmanager_secret.edge.id
  secret_string_wo         = join(",", local.words)
  secret_string_wo_version = var.edge_secret_generation
}

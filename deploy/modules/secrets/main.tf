locals {
  # Made here, once. Terraform never learns a value again: whoever rotates one writes it into
  # Secrets Manager, the old one beside it (docs/runbooks).
  made = {
    SECRET_KEY                = ephemeral.random_password.secret_key.result
    DELIVERY_CALLBACK_SECRETS = "whsec_${base64encode(ephemeral.random_password.delivery.result)}"
  }
  made_names  = ["SECRET_KEY", "DELIVERY_CALLBACK_SECRETS"]
  given_names = concat(["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY"], tolist(var.optional_names))
}

# Ephemeral: in no plan and in no state file.
ephemeral "random_password" "secret_key" {
  length  = 64
  special = false
}

ephemeral "random_password" "delivery" {
  length  = 32
  special = false
}

# One secret for each variable of the environment. Those that people give are made empty, and a
# task that wants one without a value does not start: README.md says how to fill them.
resource "aws_secretsmanager_secret" "this" {
  for_each = toset(concat(local.made_names, local.given_names))

  name                    = "${var.name}/${lower(replace(each.key, "_", "-"))}"
  description             = "Environment variable ${each.key} of the shop"
  kms_key_id              = var.key_arn
  recovery_window_in_days = 7
  tags                    = var.tags
}

resource "aws_secretsmanager_secret_version" "made" {
  for_each = toset(local.made_names)

  secret_id        = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo = local.made[each.key]
  # Never raised: second factors are encrypted with SECRET_KEY, and a new one here would
  # replace it without keeping the old.
  secret_string_wo_version = 1
}

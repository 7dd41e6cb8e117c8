resource "aws_cognito_user_pool" "this" {
  name                     = var.name
  user_pool_tier           = "ESSENTIALS"
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"
  tags                     = var.tags

  username_configuration {
    case_sensitive = false
  }

  # Mutable, or Google's word for an address could never be written into it.
  schema {
    name                = "email"
    attribute_data_type = "String"
    required            = true
    mutable             = true
    string_attribute_constraints {
      min_length = "0"
      max_length = "2048"
    }
  }

  # An address counts as somebody's only when they have shown it: the old one stays until then.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  # Length instead of kinds of characters: NIST SP 800-63B, 3.1.1.
  password_policy {
    minimum_length                   = 12
    require_lowercase                = false
    require_uppercase                = false
    require_numbers                  = false
    require_symbols                  = false
    temporary_password_validity_days = 3
  }

  software_token_mfa_configuration {
    enabled = true
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = false
  }

  # A change of the schema makes a new pool, and a new pool is other people.
  lifecycle {
    prevent_destroy = true
  }
}

# A group gives no right by itself: COGNITO_GROUP_ROLES says which one makes whom an operator.
resource "aws_cognito_user_group" "operators" {
  for_each = { support = 40, moderator = 30, finance = 20, admin = 10 }

  user_pool_id = aws_cognito_user_pool.this.id
  name         = "operators-${each.key}"
  description  = "Operators of the role ${each.key}"
  precedence   = each.value
}

# The whole, in both tiers. A check block that does not hold fails its run.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "edge"
  source = "./tests/mocks"
}

# The real provider knows while planning which names a certificate will have to prove; a mock does not.
override_module {
  target = module.dns
  outputs = {
    zone_id                 = "Z0123456789ABCDEFGHIJ"
    name_servers            = ["ns-1.example"]
    certificate_arn         = "arn:aws:acm:eu-west-1:123456789012:certificate/origin"
    edge_certificate_arn    = "arn:aws:acm:us-east-1:123456789012:certificate/edge"
    edge_secret             = "a-word-of-this-test-and-of-nothing-else-1"
    edge_secrets            = ["a-word-of-this-test-and-of-nothing-else-1", "a-word-of-this-test-and-of-nothing-else-2"]
    edge_secrets_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:makers-market/edge-secrets"
  }
}

variables {
  tier                  = "small"
  name                  = "makers-market"
  domain                = "makersmarket.example"
  image_digest          = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  cognito_domain_prefix = "makers-market-shop"
  mail_from             = "Makers Market <orders@makersmarket.example>"
  market = {
    legal_name = "Makers Market, Lda."
    address    = "Lisboa"
    email      = "hello@makersmarket.example"
    nif        = "PT500000000"
  }
  alert_email        = "operators@makersmarket.example"
  runbooks_url       = "https://code.example/runbooks"
  monthly_budget_usd = 150
}

run "small_is_one_of_each" {
  command = plan

  assert {
    condition     = output.nat_count == 1 && local.tier.tasks.web.min == 1 && !module.data.database_multi_az && !module.data.cache_multi_az
    error_message = "The small tier has one NAT, one web task, one database and one cache node."
  }
  assert {
    condition     = !module.app.tasks_have_public_addresses && module.app.alb_is_internal
    error_message = "Tasks and load balancer are private."
  }
  assert {
    condition     = length(output.alarm_names) == 10
    error_message = "There are ten alarms."
  }
  assert {
    condition     = toset(keys(output.secrets_to_fill)) == toset(["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY"])
    error_message = "People give Stripe's and Resend's secrets, no others."
  }
}

run "production_is_two_of_each" {
  command = plan
  variables {
    tier               = "production"
    monthly_budget_usd = 900
  }

  assert {
    condition     = output.nat_count == 2 && local.tier.tasks.web.min == 2 && module.data.database_multi_az && module.data.cache_multi_az
    error_message = "Production has two NATs, two web tasks, a standby and a second cache node."
  }
  assert {
    condition     = !module.app.tasks_have_public_addresses && module.app.alb_is_internal && length(output.alarm_names) == 10
    error_message = "Production is as private as small, with the same alarms."
  }
}

run "a_public_load_balancer_still_has_private_tasks" {
  command = plan
  variables {
    origin_mode = "prefix_list"
  }

  assert {
    condition     = !module.app.alb_is_internal && !module.app.tasks_have_public_addresses
    error_message = "prefix_list makes the load balancer public and nothing else."
  }
}

run "endpoints_are_a_choice" {
  command = plan
  variables {
    interface_endpoints = ["logs"]
  }

  assert {
    condition     = output.nat_count == 1
    error_message = "An endpoint takes no NAT away: Stripe is still outside."
  }
}

run "production_without_deletion_protection_is_told" {
  command = plan
  variables {
    tier                = "production"
    deletion_protection = false
  }

  expect_failures = [check.database_outlives_mistakes]
}

# Each validated variable of the root, with a value that must be refused. tests/variables/ holds
# links to the root's own variable files and nothing else, so that a run costs no plan of the shop.

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

run "refuses_a_wrong_name" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    name = "Makers_Market"
  }

  expect_failures = [var.name]
}

run "refuses_a_wrong_tier" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    tier = "medium"
  }

  expect_failures = [var.tier]
}

run "refuses_a_wrong_region" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    region = "europe"
  }

  expect_failures = [var.region]
}

run "refuses_a_wrong_account_id" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    account_id = "1234"
  }

  expect_failures = [var.account_id]
}

run "refuses_a_wrong_cidr" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    cidr = "10.40.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "refuses_a_wrong_interface_endpoints" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    interface_endpoints = ["com.amazonaws/logs"]
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_a_wrong_image_digest" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    image_digest = "latest"
  }

  expect_failures = [var.image_digest]
}

run "refuses_a_wrong_cache_password_version" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    cache_password_version = 0
  }

  expect_failures = [var.cache_password_version]
}

run "refuses_a_wrong_edge_secret_generation" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    edge_secret_generation = 1.5
  }

  expect_failures = [var.edge_secret_generation]
}

run "refuses_a_wrong_permissions_boundary_arn" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "refuses_a_wrong_domain" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    domain = "https://makersmarket.example/"
  }

  expect_failures = [var.domain]
}

run "refuses_a_wrong_hosted_zone_id" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    hosted_zone_id = "makersmarket.example"
  }

  expect_failures = [var.hosted_zone_id]
}

run "refuses_a_wrong_origin_mode" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    origin_mode = "public"
  }

  expect_failures = [var.origin_mode]
}

run "refuses_a_wrong_cognito_domain_prefix" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    cognito_domain_prefix = "my-cognito"
  }

  expect_failures = [var.cognito_domain_prefix]
}

run "refuses_a_wrong_google_client_id" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    google_client_id     = "123"
    google_client_secret = "given"
  }

  expect_failures = [var.google_client_id]
}

run "refuses_a_wrong_google_client_secret" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    google_client_secret = "a-secret-without-a-client"
  }

  expect_failures = [var.google_client_secret]
}

run "refuses_a_wrong_mail_from" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    mail_from = "orders@makersmarket.example"
  }

  expect_failures = [var.mail_from]
}

run "refuses_a_wrong_market" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    market = { legal_name = "", address = "Lisboa", email = "hello", nif = "" }
  }

  expect_failures = [var.market]
}

run "refuses_a_wrong_optional_secrets" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    optional_secrets = ["STRIPE_SECRET_KEY_2"]
  }

  expect_failures = [var.optional_secrets]
}

run "refuses_a_wrong_traces_ratio" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    traces_ratio = 2
  }

  expect_failures = [var.traces_ratio]
}

run "refuses_a_wrong_alert_email" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    alert_email = "operators"
  }

  expect_failures = [var.alert_email]
}

run "refuses_a_wrong_runbooks_url" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    runbooks_url = "http://code.example/"
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_a_wrong_monthly_budget_usd" {
  command = plan
  module {
    source = "./tests/variables"
  }
  variables {
    monthly_budget_usd = 1
  }

  expect_failures = [var.monthly_budget_usd]
}

# Each validated variable of the foundation's modules, with a value that must be refused.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                        = "makers-market"
  cidr                        = "10.40.0.0/16"
  nat_per_az                  = false
  endpoints_security_group_id = "sg-0123456789abcdef0"
  logs_key_arn                = "arn:aws:kms:eu-west-1:123456789012:key/logs"
  log_retention_days          = 30
  vpc_id                      = "vpc-0123456789abcdef0"
  key_arn                     = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
  secrets_key_arn             = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
  data_subnet_ids             = ["subnet-00000000000000001", "subnet-00000000000000002"]
  database_security_group_id  = "sg-00000000000000001"
  cache_security_group_id     = "sg-00000000000000002"
  kms_key_arns = {
    data    = "arn:aws:kms:eu-west-1:123456789012:key/data"
    logs    = "arn:aws:kms:eu-west-1:123456789012:key/logs"
    secrets = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
  }
  deletion_protection = true
  access_log_days     = 30
  database            = { class = "db.t4g.micro", storage_gib = 20, max_storage_gib = 100, multi_az = false, backup_days = 7 }
  cache               = { node_type = "cache.t4g.micro", nodes = 1 }
  domain_prefix       = "makers-market-shop"
  callback_urls       = ["https://makersmarket.example/accounts/oidc/cognito/login/callback/"]
  logout_urls         = ["https://makersmarket.example/", "https://makersmarket.example/pt/"]
}

run "network_refuses_a_wrong_cidr" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    cidr = "10.40.0.0/28"
  }

  expect_failures = [var.cidr]
}

run "network_refuses_a_wrong_az_count" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    az_count = 1
  }

  expect_failures = [var.az_count]
}

run "network_refuses_a_wrong_interface_endpoints" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    interface_endpoints = ["LOGS"]
  }

  expect_failures = [var.interface_endpoints]
}

run "security_refuses_a_wrong_origin_mode" {
  command = plan
  module {
    source = "./modules/security"
  }
  variables {
    origin_mode = "open"
  }

  expect_failures = [var.origin_mode]
}

run "secrets_refuses_a_wrong_optional_names" {
  command = plan
  module {
    source = "./modules/secrets"
  }
  variables {
    optional_names = ["SOMETHING"]
  }

  expect_failures = [var.optional_names]
}

run "data_refuses_a_wrong_database_class" {
  command = plan
  module {
    source = "./modules/data"
  }
  variables {
    database = { class = "t4g.micro", storage_gib = 20, max_storage_gib = 100, multi_az = false, backup_days = 7 }
  }

  expect_failures = [var.database]
}

run "data_refuses_a_wrong_database_storage" {
  command = plan
  module {
    source = "./modules/data"
  }
  variables {
    database = { class = "db.t4g.micro", storage_gib = 20, max_storage_gib = 20, multi_az = false, backup_days = 7 }
  }

  expect_failures = [var.database]
}

run "data_refuses_a_wrong_database_backups" {
  command = plan
  module {
    source = "./modules/data"
  }
  variables {
    database = { class = "db.t4g.micro", storage_gib = 20, max_storage_gib = 100, multi_az = false, backup_days = 0 }
  }

  expect_failures = [var.database]
}

run "data_refuses_a_wrong_cache" {
  command = plan
  module {
    source = "./modules/data"
  }
  variables {
    cache = { node_type = "t4g.micro", nodes = 0 }
  }

  expect_failures = [var.cache]
}

run "identity_refuses_a_wrong_domain_prefix" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    domain_prefix = "aws-shop"
  }

  expect_failures = [var.domain_prefix]
}

run "identity_refuses_a_wrong_callback_urls" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    callback_urls = ["http://makersmarket.example/"]
  }

  expect_failures = [var.callback_urls]
}

run "identity_refuses_a_wrong_logout_urls" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    logout_urls = []
  }

  expect_failures = [var.logout_urls]
}

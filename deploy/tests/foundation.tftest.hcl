# The modules under the application, one by one: network, security, data, secrets, identity.

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

run "every_kind_of_subnet_lies_in_two_zones" {
  command = plan
  module {
    source = "./modules/network"
  }

  assert {
    condition = alltrue([
      for kind in ["public", "app", "data"] :
      length(distinct([for subnet in aws_subnet.this : subnet.availability_zone if subnet.tags["Kind"] == kind])) == 2
    ])
    error_message = "Each kind of subnet must lie in two zones."
  }
  assert {
    condition     = length(distinct([for subnet in aws_subnet.this : subnet.cidr_block])) == 6
    error_message = "Six subnets must not overlap."
  }
  assert {
    condition     = !anytrue([for subnet in aws_subnet.this : subnet.map_public_ip_on_launch])
    error_message = "No subnet may hand out public addresses by itself."
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_vpc_endpoint.interface) == 0
    error_message = "The small tier has one NAT and no interface endpoint."
  }
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_flow_log.this.traffic_type == "REJECT"
    error_message = "There must be a gateway for S3 and a flow log."
  }
}

run "production_has_a_nat_in_each_zone" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    nat_per_az          = true
    interface_endpoints = ["ecr.api", "ecr.dkr", "logs"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(aws_route.nat) == 2
    error_message = "Each zone's tasks must go out through a NAT of their own zone."
  }
  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs"]) && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
    error_message = "The endpoints asked for must answer under AWS's own names."
  }
}

run "a_private_origin_opens_nothing_to_addresses" {
  command = plan
  module {
    source = "./modules/security"
  }
  variables {
    origin_mode = "vpc_origin"
  }

  assert {
    condition     = length(aws_security_group.cloudfront) == 0 && length(aws_vpc_security_group_ingress_rule.cloudfront) == 0
    error_message = "With a VPC origin no group may admit addresses."
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.calls : rule.cidr_ipv4 == null && rule.prefix_list_id == null])
    error_message = "Between our own things a rule names a group, never addresses."
  }
  assert {
    condition     = alltrue([for key in aws_kms_key.this : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "Keys must be rotated, and their deletion must be slow."
  }
  assert {
    condition     = toset(keys(aws_kms_key.this)) == toset(["data", "logs", "secrets", "events"])
    error_message = "There is a key for data, logs, secrets and events."
  }
}

run "a_public_origin_gives_cloudfront_a_group_and_one_port" {
  command = plan
  module {
    source = "./modules/security"
  }
  variables {
    origin_mode = "prefix_list"
  }

  assert {
    condition     = length(aws_security_group.cloudfront) == 1 && length(aws_vpc_security_group_ingress_rule.cloudfront) == 1
    error_message = "CloudFront's list counts as 55 of 60 rules: it needs a group to itself."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.cloudfront[0].from_port == 443 && aws_vpc_security_group_ingress_rule.cloudfront[0].to_port == 443 && aws_vpc_security_group_ingress_rule.cloudfront[0].cidr_ipv4 == null
    error_message = "CloudFront gets port 443 and nothing else."
  }
}

run "the_database_is_private_and_encrypted_and_kept" {
  command = plan
  module {
    source = "./modules/data"
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == var.kms_key_arns["data"]
    error_message = "The database must be private and under our key."
  }
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null && aws_db_instance.this.iam_database_authentication_enabled
    error_message = "Nobody may know the database's password; the shop signs in by IAM."
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups && aws_db_instance.this.backup_retention_period == 7
    error_message = "The database must outlive a mistake."
  }
  assert {
    condition     = aws_db_parameter_group.this.family == "postgres18" && contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "PostgreSQL 18 must refuse connections without TLS."
  }
  assert {
    condition = alltrue([
      for line in ["log_min_duration_statement=-1", "log_min_error_statement=panic", "log_error_verbosity=terse", "log_statement=none"] :
      contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], line)
    ])
    error_message = "The database's log must hold no statement, for statements hold people's data."
  }
  assert {
    condition     = !aws_db_instance.this.multi_az && aws_elasticache_replication_group.this.num_cache_clusters == 1 && !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "The small tier has one of each."
  }
}

run "the_cache_speaks_tls_to_one_user" {
  command = plan
  module {
    source = "./modules/data"
  }
  variables {
    cache = { node_type = "cache.t4g.small", nodes = 2 }
  }

  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "Valkey must be encrypted at rest and on the wire."
  }
  assert {
    condition     = startswith(aws_elasticache_user.nobody.access_string, "off ") && aws_elasticache_user.nobody.user_name == "default" && strcontains(aws_elasticache_user.shop.access_string, "-@dangerous")
    error_message = "The default user must be off, and the shop's may not administer."
  }
  assert {
    condition     = aws_elasticache_user.shop.passwords == null && aws_secretsmanager_secret_version.cache_url.secret_string == null
    error_message = "The cache's password may lie in no state."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "Two nodes must take over from each other."
  }
}

run "pictures_are_private_kept_and_encrypted" {
  command = plan
  module {
    source = "./modules/data"
  }

  assert {
    condition = alltrue([
      for block in [aws_s3_bucket_public_access_block.media, aws_s3_bucket_public_access_block.logs] :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "No bucket may become public."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.media.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "Pictures must lie under our key."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "S3 writes its access logs under its own key only."
  }
  assert {
    condition     = toset(keys(local.log_writers)) == toset(["CloudFront", "Buckets"])
    error_message = "CloudFront and the media bucket write logs here, nobody else."
  }
  assert {
    condition     = aws_s3_bucket_versioning.media.versioning_configuration[0].status == "Enabled" && alltrue([for rule in aws_s3_bucket_lifecycle_configuration.media.rule : alltrue([for end in rule.expiration : end.expired_object_delete_marker == true])])
    error_message = "Pictures have versions, and no rule may end a current one."
  }
  assert {
    condition     = toset([for control in [aws_s3_bucket_ownership_controls.media, aws_s3_bucket_ownership_controls.logs] : control.rule[0].object_ownership]) == toset(["BucketOwnerEnforced"])
    error_message = "Access lists must be off."
  }
}

run "secrets_are_one_for_each_variable_and_in_no_state" {
  command = plan
  module {
    source = "./modules/secrets"
  }
  variables {
    optional_names = ["SECRET_KEY_FALLBACKS"]
  }

  assert {
    condition     = toset(keys(aws_secretsmanager_secret.this)) == toset(["SECRET_KEY", "SECRET_KEY_FALLBACKS", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY", "DELIVERY_CALLBACK_SECRETS"])
    error_message = "There is one secret for each variable."
  }
  assert {
    condition     = toset(keys(aws_secretsmanager_secret_version.made)) == toset(["SECRET_KEY", "DELIVERY_CALLBACK_SECRETS"]) && alltrue([for version in aws_secretsmanager_secret_version.made : version.secret_string == null])
    error_message = "Only what people do not give is made here, and none of it is kept in the state."
  }
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == var.key_arn])
    error_message = "Secrets must lie under our key."
  }
}

run "the_pool_answers_to_exact_addresses" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    google_client_id     = "123.apps.googleusercontent.com"
    google_client_secret = "given-by-google"
  }

  assert {
    condition     = aws_cognito_user_pool_client.web.allowed_oauth_flows == toset(["code"]) && aws_cognito_user_pool_client.web.generate_secret && aws_cognito_user_pool_client.web.prevent_user_existence_errors == "ENABLED"
    error_message = "The client takes codes only, has a secret, and does not tell who has an account."
  }
  assert {
    condition     = aws_cognito_user_pool_client.web.supported_identity_providers == toset(["COGNITO", "Google"])
    error_message = "People sign in by the pool itself or by Google."
  }
  assert {
    condition     = one(aws_cognito_identity_provider.google).attribute_mapping["email_verified"] == "email_verified"
    error_message = "Without Google's word an address counts as unchecked."
  }
  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "OPTIONAL" && aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "A second factor is offered, and the pool cannot be deleted."
  }
  assert {
    condition     = toset([for group in aws_cognito_user_group.operators : group.name]) == toset(["operators-support", "operators-moderator", "operators-finance", "operators-admin"])
    error_message = "There is a group for each role of the desk."
  }
}

run "a_pool_without_google_names_no_google" {
  command = plan
  module {
    source = "./modules/identity"
  }

  assert {
    condition     = length(aws_cognito_identity_provider.google) == 0 && aws_cognito_user_pool_client.web.supported_identity_providers == toset(["COGNITO"])
    error_message = "Without a client at Google there is no Google."
  }
}

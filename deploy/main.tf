module "network" {
  source = "./modules/network"

  name                        = var.name
  cidr                        = var.cidr
  nat_per_az                  = local.tier.nat_per_az
  interface_endpoints         = coalesce(var.interface_endpoints, local.tier.endpoints)
  endpoints_security_group_id = module.security.endpoints_security_group_id
  logs_key_arn                = module.security.kms_key_arns["logs"]
  log_retention_days          = local.tier.log_retention_days
  permissions_boundary_arn    = var.permissions_boundary_arn
}

module "security" {
  source = "./modules/security"

  name        = var.name
  vpc_id      = module.network.vpc_id
  origin_mode = var.origin_mode
}

module "secrets" {
  source = "./modules/secrets"

  name           = var.name
  key_arn        = module.security.kms_key_arns["secrets"]
  optional_names = var.optional_secrets
}

module "data" {
  source = "./modules/data"

  name                       = var.name
  database                   = local.tier.database
  cache                      = local.tier.cache
  data_subnet_ids            = module.network.data_subnet_ids
  database_security_group_id = module.security.database_security_group_id
  cache_security_group_id    = module.security.cache_security_group_id
  kms_key_arns               = module.security.kms_key_arns
  deletion_protection        = var.deletion_protection
  log_retention_days         = local.tier.log_retention_days
  access_log_days            = local.tier.access_log_days
  cache_password_version     = var.cache_password_version
}

module "identity" {
  source = "./modules/identity"

  name                 = var.name
  domain_prefix        = var.cognito_domain_prefix
  google_client_id     = var.google_client_id
  google_client_secret = var.google_client_secret
  callback_urls        = ["${local.site_url}/accounts/oidc/cognito/login/callback/"]
  logout_urls          = ["${local.site_url}/", "${local.site_url}/pt/"]
  secrets_key_arn      = module.security.kms_key_arns["secrets"]
  deletion_protection  = var.deletion_protection
}

module "dns" {
  source    = "./modules/dns"
  providers = { aws = aws, aws.edge = aws.edge }

  name                   = var.name
  domain                 = var.domain
  hosted_zone_id         = var.hosted_zone_id
  edge_secret_generation = var.edge_secret_generation
  secrets_kms_key_arn    = module.security.kms_key_arns["secrets"]
}

module "events" {
  source = "./modules/events"

  name                     = var.name
  permissions_boundary_arn = var.permissions_boundary_arn
  kms_key_arns             = module.security.kms_key_arns
  callback_url             = "${local.site_url}/callbacks/delivery/"
  callback_secret_arn      = module.secrets.arns["DELIVERY_CALLBACK_SECRETS"]
  lambda_source_dir        = "${path.module}/lambda/delivery"
  log_retention_days       = local.tier.log_retention_days
}

module "app" {
  source = "./modules/app"

  name                     = var.name
  permissions_boundary_arn = var.permissions_boundary_arn
  environment_name         = var.name
  region                   = var.region
  sizes                    = local.tier.tasks
  image_digest             = var.image_digest
  environment              = local.environment
  secrets                  = local.secrets
  container_insights       = local.tier.container_insights
  log_retention_days       = local.tier.log_retention_days
  deletion_protection      = var.deletion_protection

  vpc_id                 = module.network.vpc_id
  public_subnet_ids      = module.network.public_subnet_ids
  app_subnet_ids         = module.network.app_subnet_ids
  alb_security_group_ids = module.security.alb_security_group_ids
  app_security_group_id  = module.security.app_security_group_id
  kms_key_arns           = module.security.kms_key_arns
  origin_mode            = var.origin_mode
  domain                 = var.domain
  certificate_arn        = module.dns.certificate_arn
  edge_secrets           = module.dns.edge_secrets

  media_bucket_arn           = module.data.media_bucket_arn
  database_resource_id       = module.data.database_resource_id
  database_master_secret_arn = module.data.database_master_secret_arn
  delivery_queue_arn         = module.events.delivery_queue_arn
}

module "edge" {
  source    = "./modules/edge"
  providers = { aws = aws, aws.edge = aws.edge }

  name                     = var.name
  domain                   = var.domain
  zone_id                  = module.dns.zone_id
  edge_certificate_arn     = module.dns.edge_certificate_arn
  edge_secret              = module.dns.edge_secret
  origin_mode              = var.origin_mode
  vpc_id                   = module.network.vpc_id
  alb_arn                  = module.app.alb_arn
  alb_dns_name             = module.app.alb_dns_name
  alb_zone_id              = module.app.alb_zone_id
  alb_security_group_id    = module.security.alb_security_group_id
  media_bucket             = module.data.media_bucket
  media_bucket_arn         = module.data.media_bucket_arn
  media_bucket_domain      = module.data.media_bucket_domain
  media_bucket_policy_json = module.data.media_bucket_policy_json
  log_bucket_arn           = module.data.log_bucket_arn
  price_class              = local.tier.price_class
  log_retention_days       = local.tier.log_retention_days
}

module "observe" {
  source = "./modules/observe"

  name                    = var.name
  region                  = var.region
  environment_name        = var.name
  alert_email             = var.alert_email
  runbooks_url            = var.runbooks_url
  kms_key_arns            = module.security.kms_key_arns
  monthly_budget_usd      = var.monthly_budget_usd
  alb_arn_suffix          = module.app.alb_arn_suffix
  target_group_arn_suffix = module.app.target_group_arn_suffix
  cluster_name            = module.app.cluster_name
  web_service_name        = module.app.web_service_name
  worker_service_name     = module.app.worker_service_name
  web_log_group_name      = module.app.web_log_group_name
  database_identifier     = module.data.database_identifier
  database_storage_gib    = local.tier.database.storage_gib
  cache_cluster_ids       = [for node in range(local.tier.cache.nodes) : format("%s-%03d", module.data.cache_replication_group_id, node + 1)]
  delivery_queue_name     = module.events.delivery_queue_name
  delivery_dlq_name       = module.events.delivery_dlq_name
  delivery_function_name  = module.events.delivery_function_name
  distribution_id         = module.edge.distribution_id
}

locals {
  tags = {
    Project   = var.name
    ManagedBy = "terraform"
  }

  # Everything the two tiers differ in. Nothing here changes a name, so that small becomes
  # production in place.
  tiers = {
    small = {
      nat_per_az = false
      endpoints  = [] # NAT is there anyway; each endpoint would cost as much as a small database
      database   = { class = "db.t4g.micro", storage_gib = 20, max_storage_gib = 100, multi_az = false, backup_days = 7 }
      cache      = { node_type = "cache.t4g.micro", nodes = 1 }
      tasks = {
        web     = { cpu = 512, memory = 1024, min = 1, max = 2 }
        worker  = { cpu = 256, memory = 2048, min = 1, max = 2 } # two decoders, one of a large picture: 1.9 GB (docs/files.md)
        migrate = { cpu = 256, memory = 512 }
      }
      container_insights = "disabled"
      log_retention_days = 30
      access_log_days    = 30
      price_class        = "PriceClass_100"
    }
    production = {
      nat_per_az = true
      endpoints  = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "kms", "sqs"]
      database   = { class = "db.m7g.large", storage_gib = 100, max_storage_gib = 1000, multi_az = true, backup_days = 30 }
      cache      = { node_type = "cache.t4g.small", nodes = 2 }
      tasks = {
        web     = { cpu = 1024, memory = 2048, min = 2, max = 10 }
        worker  = { cpu = 512, memory = 2048, min = 2, max = 6 }
        migrate = { cpu = 512, memory = 1024 }
      }
      container_insights = "enhanced"
      log_retention_days = 90
      access_log_days    = 90
      price_class        = "PriceClass_100"
    }
  }
  tier = local.tiers[var.tier]

  site_url = "https://${var.domain}"

  # RDS shows a certificate of its own authority; the image holds that authority's bundle.
  database_url = format(
    "postgres://market@%s:%d/%s?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds.pem",
    module.data.database_address, module.data.database_port, module.data.database_name,
  )

  # What .env.example describes, for web, worker and migrate alike.
  environment = {
    ENVIRONMENT         = var.name
    METRICS             = "1"
    TRACES_RATIO        = tostring(var.traces_ratio)
    SITE_URL            = local.site_url
    ALLOWED_HOSTS       = var.domain
    EDGE_ONLY           = "1"
    DATABASE_URL        = local.database_url
    DATABASE_AUTH       = "iam"
    MEDIA_BUCKET        = module.data.media_bucket
    MAIL_FROM           = var.mail_from
    DELIVERY_QUEUE_URL  = module.events.delivery_queue_url
    MULTIBANCO          = var.multibanco ? "1" : "0"
    COGNITO_CLIENT_ID   = module.identity.client_id
    COGNITO_ISSUER      = module.identity.issuer
    COGNITO_DOMAIN      = module.identity.hosted_domain
    COGNITO_GOOGLE      = module.identity.has_google ? "1" : "0"
    COGNITO_GROUP_ROLES = "operators-support=support,operators-moderator=moderator,operators-finance=finance,operators-admin=admin"
    MARKET_LEGAL_NAME   = var.market.legal_name
    MARKET_ADDRESS      = var.market.address
    MARKET_EMAIL        = var.market.email
    MARKET_NIF          = var.market.nif
  }

  secrets = merge(module.secrets.arns, {
    CACHE_URL             = module.data.cache_url_secret_arn
    COGNITO_CLIENT_SECRET = module.identity.client_secret_arn
    EDGE_SECRETS          = module.dns.edge_secrets_secret_arn
  })
}

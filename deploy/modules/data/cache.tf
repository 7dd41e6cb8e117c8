# Ephemeral: in no plan and in no state file. Both stay within URL-safe letters and digits.
ephemeral "random_password" "cache" {
  length  = 48
  special = false
}

ephemeral "random_password" "cache_nobody" {
  length  = 48
  special = false
}

resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = var.data_subnet_ids
  tags        = var.tags
}

# A cache and nothing else: when it is full the page nobody asked for goes.
resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-valkey8"
  family      = "valkey8"
  description = "Forget the least used first"
  tags        = var.tags

  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_user" "shop" {
  user_id   = "${var.name}-shop"
  user_name = "shop"
  engine    = "valkey"
  # Every key, no command that reads the server's affairs or stops it.
  access_string        = "on ~* &* +@all -@admin -@dangerous"
  passwords_wo         = ephemeral.random_password.cache.result
  passwords_wo_version = var.cache_password_version
  tags                 = var.tags
}

# The user of whoever gives no name: switched off, with a password that nobody knows.
resource "aws_elasticache_user" "nobody" {
  user_id              = "${var.name}-default"
  user_name            = "default"
  engine               = "valkey"
  access_string        = "off ~* -@all"
  passwords_wo         = ephemeral.random_password.cache_nobody.result
  passwords_wo_version = 1
  tags                 = var.tags
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.shop.user_id, aws_elasticache_user.nobody.user_id]
  tags          = var.tags
}

# Sessions, baskets, limits and jobs are in PostgreSQL: losing all of this loses nothing, so it
# keeps no snapshots.
resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Kept pages of ${var.name}"
  engine               = "valkey"
  engine_version       = "8.1"
  node_type            = var.cache.node_type
  port                 = 6379
  parameter_group_name = aws_elasticache_parameter_group.this.name

  num_cache_clusters         = var.cache.nodes
  automatic_failover_enabled = var.cache.nodes > 1
  multi_az_enabled           = var.cache.nodes > 1

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = [var.cache_security_group_id]
  user_group_ids     = [aws_elasticache_user_group.this.user_group_id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arns["data"]
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"

  snapshot_retention_limit   = 0
  auto_minor_version_upgrade = true
  maintenance_window         = "mon:04:15-mon:05:15"
  tags                       = merge(var.tags, { Name = var.name })
}

resource "aws_secretsmanager_secret" "cache_url" {
  name                    = "${var.name}/cache-url"
  description             = "Environment variable CACHE_URL of the shop"
  kms_key_id              = var.kms_key_arns["secrets"]
  recovery_window_in_days = 7
  tags                    = var.tags
}

# The same password as the user's, because both are written in the same apply. If that stops
# between the two, cache_password_version makes a new one for both.
resource "aws_secretsmanager_secret_version" "cache_url" {
  secret_id = aws_secretsmanager_secret.cache_url.id
  secret_string_wo = format(
    "rediss://%s:%s@%s:6379/0",
    aws_elasticache_user.shop.user_name,
    ephemeral.random_password.cache.result,
    aws_elasticache_replication_group.this.primary_endpoint_address,
  )
  secret_string_wo_version = var.cache_password_version
}

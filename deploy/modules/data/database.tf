data "aws_caller_identity" "here" {}

locals {
  # Only changed when the major version is: minor ones come by themselves in the maintenance window.
  postgres_major = "18"
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = var.data_subnet_ids
  tags        = var.tags
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-postgres${local.postgres_major}"
  family      = "postgres${local.postgres_major}"
  description = "TLS only; no person's data in the log"
  tags        = var.tags

  # Statements carry people's names and addresses (Django writes the values into them), and so do
  # the details of an error ("Key (email)=(…) already exists"). Slow statements are found in
  # Database Insights, which keeps them without values.
  dynamic "parameter" {
    for_each = {
      "rds.force_ssl"                       = "1"
      "log_min_duration_statement"          = "-1"
      "log_min_error_statement"             = "panic"
      "log_error_verbosity"                 = "terse"
      "log_parameter_max_length"            = "0"
      "log_parameter_max_length_on_error"   = "0"
      "log_statement"                       = "none"
      "log_lock_waits"                      = "1"
      "idle_in_transaction_session_timeout" = "60000"
    }
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "immediate"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Made before the database writes: RDS would make them without an end and without our key.
resource "aws_cloudwatch_log_group" "database" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arns["logs"]
  tags              = var.tags
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = local.postgres_major
  instance_class = var.database.class
  db_name        = "market"
  port           = 5432
  multi_az       = var.database.multi_az

  storage_type          = "gp3"
  allocated_storage     = var.database.storage_gib
  max_allocated_storage = var.database.max_storage_gib
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arns["data"]

  # RDS makes this password, keeps it in Secrets Manager and changes it every week. Only the
  # migrate task reads it; web and worker sign in as the role "market" by IAM, without a password.
  username                            = "market_owner"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arns["secrets"]
  iam_database_authentication_enabled = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.database_security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period   = var.database.backup_days
  backup_window             = "02:00-02:45"
  maintenance_window        = "mon:03:15-mon:04:00"
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"
  copy_tags_to_snapshot     = true

  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  # The standard mode with seven days of history costs nothing.
  database_insights_mode                = "standard"
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arns["data"]
  performance_insights_retention_period = 7

  tags       = merge(var.tags, { Name = var.name })
  depends_on = [aws_cloudwatch_log_group.database]

  lifecycle {
    prevent_destroy = true
  }
}

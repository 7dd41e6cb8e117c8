output "database_address" {
  description = "PostgreSQL's host name."
  value       = aws_db_instance.this.address
}

output "database_port" {
  description = "PostgreSQL's port."
  value       = aws_db_instance.this.port
}

output "database_name" {
  description = "The database's name."
  value       = aws_db_instance.this.db_name
}

output "database_resource_id" {
  description = "What rds-db:connect names the instance by."
  value       = aws_db_instance.this.resource_id
}

output "database_identifier" {
  description = "What CloudWatch names the instance by."
  value       = aws_db_instance.this.identifier
}

output "database_master_secret_arn" {
  description = "The secret RDS keeps its administrator's password in: for the migrate task alone."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "database_multi_az" {
  description = "Whether a standby waits in a second zone."
  value       = aws_db_instance.this.multi_az
}

output "cache_address" {
  description = "Valkey's host name."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "cache_url_secret_arn" {
  description = "The secret that holds CACHE_URL."
  value       = aws_secretsmanager_secret.cache_url.arn
}

output "cache_replication_group_id" {
  description = "The replication group's id; its nodes are called ID-001, ID-002 …"
  value       = aws_elasticache_replication_group.this.id
}

output "cache_multi_az" {
  description = "Whether a second node can take over."
  value       = aws_elasticache_replication_group.this.multi_az_enabled
}

output "media_bucket" {
  description = "MEDIA_BUCKET of the shop."
  value       = aws_s3_bucket.media.id
}

output "media_bucket_arn" {
  description = "Its ARN."
  value       = aws_s3_bucket.media.arn
}

output "media_bucket_domain" {
  description = "Its host name in this region, CloudFront's origin."
  value       = aws_s3_bucket.media.bucket_regional_domain_name
}

output "media_bucket_policy_json" {
  description = "The part of its policy that names no distribution."
  value       = data.aws_iam_policy_document.media_tls_only.json
}

output "log_bucket_arn" {
  description = "The bucket of access logs."
  value       = aws_s3_bucket.logs.arn
  # Whoever writes there is refused until the policy is in place.
  depends_on = [aws_s3_bucket_policy.logs]
}

output "kms_key_arns" {
  description = "Keys by what they encrypt: data, logs, secrets, events."
  value       = { for use, key in aws_kms_key.this : use => key.arn }
}

output "alb_security_group_id" {
  description = "The load balancer's own group: its way to the tasks, and whom they admit."
  value       = aws_security_group.this["alb"].id
}

output "alb_security_group_ids" {
  description = "Every group the load balancer must carry: its own, and CloudFront's where it is public."
  value       = concat([aws_security_group.this["alb"].id], aws_security_group.cloudfront[*].id)
}

output "app_security_group_id" {
  description = "The tasks' group."
  value       = aws_security_group.this["app"].id
}

output "database_security_group_id" {
  description = "PostgreSQL's group."
  value       = aws_security_group.this["database"].id
}

output "cache_security_group_id" {
  description = "Valkey's group."
  value       = aws_security_group.this["cache"].id
}

output "endpoints_security_group_id" {
  description = "The interface endpoints' group."
  value       = aws_security_group.this["endpoints"].id
}

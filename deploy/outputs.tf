output "site_url" {
  description = "Where the shop answers."
  value       = local.site_url
}

output "name_servers" {
  description = "What the registrar must be told, if the zone was made here."
  value       = module.dns.name_servers
}

output "secrets_to_fill" {
  description = "Secrets that are empty until somebody fills them, by the name of their variable."
  value       = { for name in module.secrets.given_names : name => module.secrets.arns[name] }
}

output "ecr_repository_url" {
  description = "Where images are pushed."
  value       = module.app.ecr_repository_url
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = module.app.cluster_name
}

output "web_service_name" {
  description = "The service that answers requests."
  value       = module.app.web_service_name
}

output "worker_service_name" {
  description = "The service that does jobs."
  value       = module.app.worker_service_name
}

output "migrate_task_definition_arn" {
  description = "The one-off task of each deployment."
  value       = module.app.migrate_task_definition_arn
}

output "migrate_subnet_ids" {
  description = "Where that task runs."
  value       = module.app.migrate_network.subnets
}

output "migrate_security_group_ids" {
  description = "What that task may reach."
  value       = module.app.migrate_network.security_groups
}

output "distribution_id" {
  description = "The CloudFront distribution."
  value       = module.edge.distribution_id
}

output "user_pool_id" {
  description = "The Cognito user pool."
  value       = module.identity.user_pool_id
}

output "media_bucket" {
  description = "The bucket of pictures."
  value       = module.data.media_bucket
}

output "database_identifier" {
  description = "The RDS instance."
  value       = module.data.database_identifier
}

output "alarm_names" {
  description = "The alarms; each has a page in docs/runbooks."
  value       = module.observe.alarm_names
}

output "dashboard_name" {
  description = "The CloudWatch dashboard."
  value       = module.observe.dashboard_name
}

output "nat_count" {
  description = "How many NAT gateways there are."
  value       = module.network.nat_count
}

output "web_task_family" {
  description = "The family of web's task definitions."
  value       = module.app.web_task_family
}

output "worker_task_family" {
  description = "The family of worker's task definitions."
  value       = module.app.worker_task_family
}

output "migrate_task_family" {
  description = "The family of the migration's task definitions."
  value       = module.app.migrate_task_family
}

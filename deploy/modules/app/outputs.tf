output "cluster_name" {
  description = "The ECS cluster."
  value       = aws_ecs_cluster.shop.name
}

output "web_service_name" {
  description = "The service that answers requests."
  value       = aws_ecs_service.web.name
}

output "worker_service_name" {
  description = "The service that does the jobs."
  value       = aws_ecs_service.worker.name
}

output "web_task_family" {
  description = "The family whose newest revision deploy.sh starts from."
  value       = aws_ecs_task_definition.shop["web"].family
}

output "worker_task_family" {
  description = "The family whose newest revision deploy.sh starts from."
  value       = aws_ecs_task_definition.shop["worker"].family
}

output "migrate_task_family" {
  description = "The family whose newest revision deploy.sh starts from."
  value       = aws_ecs_task_definition.shop["migrate"].family
}

output "migrate_task_definition_arn" {
  description = "Terraform's own revision of the one-off migration."
  value       = aws_ecs_task_definition.shop["migrate"].arn
}

output "migrate_network" {
  description = "Where the one-off migration runs: subnets and security groups."
  value       = { subnets = var.app_subnet_ids, security_groups = [var.app_security_group_id] }
}

output "alb_arn" {
  description = "The load balancer."
  value       = aws_lb.shop.arn
}

output "alb_arn_suffix" {
  description = "How CloudWatch names the load balancer."
  value       = aws_lb.shop.arn_suffix
}

output "alb_dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.shop.dns_name
}

output "alb_zone_id" {
  description = "The zone of the load balancer's own name, for alias records."
  value       = aws_lb.shop.zone_id
}

output "alb_is_internal" {
  description = "Whether the load balancer has private addresses only."
  value       = aws_lb.shop.internal
}

output "tasks_have_public_addresses" {
  description = "Whether any task could be reached from the internet; always false."
  value = anytrue([
    for service in [aws_ecs_service.web, aws_ecs_service.worker] :
    service.network_configuration[0].assign_public_ip
  ])
}

output "target_group_arn_suffix" {
  description = "How CloudWatch names the web tasks' group."
  value       = aws_lb_target_group.web.arn_suffix
}

output "ecr_repository_url" {
  description = "Where images are pushed."
  value       = aws_ecr_repository.shop.repository_url
}

output "ecr_repository_arn" {
  description = "The repository of images."
  value       = aws_ecr_repository.shop.arn
}

output "web_log_group_name" {
  description = "The web tasks' logs."
  value       = aws_cloudwatch_log_group.task["web"].name
}

output "worker_log_group_name" {
  description = "The worker tasks' logs."
  value       = aws_cloudwatch_log_group.task["worker"].name
}

output "task_role_arn" {
  description = "The role of web and worker."
  value       = aws_iam_role.shop["task"].arn
}

output "execution_role_arn" {
  description = "The role that starts the containers; deploy.sh passes it on."
  value       = aws_iam_role.shop["execution"].arn
}

output "migrate_role_arn" {
  description = "The role of the one-off migration; deploy.sh passes it on."
  value       = aws_iam_role.shop["migrate"].arn
}

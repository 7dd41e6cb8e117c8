output "zone_id" {
  description = "The zone that holds the domain."
  value       = local.zone_id
}

output "name_servers" {
  description = "What the registrar must be told when the zone is ours; empty for a given zone."
  value       = one(aws_route53_zone.shop[*].name_servers)
}

output "certificate_arn" {
  description = "The load balancer's certificate, proven."
  value       = aws_acm_certificate_validation.origin.certificate_arn
}

output "edge_certificate_arn" {
  description = "CloudFront's certificate in us-east-1, proven."
  value       = aws_acm_certificate_validation.edge.certificate_arn
}

output "edge_secret" {
  description = "The word that CloudFront sends in X-Origin-Secret."
  value       = local.words[0]
  sensitive   = true
}

output "edge_secrets" {
  description = "The words that are taken: today's, the one before and the next."
  value       = local.words
  sensitive   = true
}

output "edge_secrets_secret_arn" {
  description = "The secret EDGE_SECRETS of the tasks."
  value       = aws_secretsmanager_secret.edge.arn
}

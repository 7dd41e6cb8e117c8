output "distribution_id" {
  description = "The CloudFront distribution."
  value       = aws_cloudfront_distribution.shop.id
}

output "distribution_arn" {
  description = "The CloudFront distribution."
  value       = aws_cloudfront_distribution.shop.arn
}

output "distribution_domain" {
  description = "The distribution's own name, for a first look before the domain leads there."
  value       = aws_cloudfront_distribution.shop.domain_name
}

output "web_acl_arn" {
  description = "The firewall in front of the distribution."
  value       = aws_wafv2_web_acl.edge.arn
}

output "rate_limits" {
  description = "Requests of one address in five minutes."
  value       = var.rate_limits
}

data "aws_region" "here" {}

output "user_pool_id" {
  description = "The pool's id."
  value       = aws_cognito_user_pool.this.id
}

output "user_pool_arn" {
  description = "The pool's ARN."
  value       = aws_cognito_user_pool.this.arn
}

output "client_id" {
  description = "COGNITO_CLIENT_ID of the shop."
  value       = aws_cognito_user_pool_client.web.id
}

output "client_secret_arn" {
  description = "The secret that holds COGNITO_CLIENT_SECRET."
  value       = aws_secretsmanager_secret.client.arn
}

output "issuer" {
  description = "COGNITO_ISSUER of the shop."
  value       = "https://cognito-idp.${data.aws_region.here.region}.amazonaws.com/${aws_cognito_user_pool.this.id}"
}

output "hosted_domain" {
  description = "COGNITO_DOMAIN of the shop."
  value       = "https://${aws_cognito_user_pool_domain.this.domain}.auth.${data.aws_region.here.region}.amazoncognito.com"
}

output "has_google" {
  description = "Whether Google is one of the pool's providers."
  value       = length(aws_cognito_identity_provider.google) > 0
}

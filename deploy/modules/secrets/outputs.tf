output "arns" {
  description = "Each secret's ARN, by the name of its environment variable."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "given_names" {
  description = "Variables whose secret is empty until somebody fills it."
  value       = sort(local.given_names)
}

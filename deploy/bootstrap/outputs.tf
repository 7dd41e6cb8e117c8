output "state_bucket" {
  description = "bucket in envs/TIER.s3.tfbackend."
  value       = aws_s3_bucket.state.id
}

output "state_key_arn" {
  description = "kms_key_id in envs/TIER.s3.tfbackend."
  value       = aws_kms_key.state.arn
}

output "workload_boundary_arn" {
  description = "permissions_boundary_arn of deploy/."
  value       = aws_iam_policy.workload_boundary.arn
}

output "plan_role_arn" {
  description = "The role of pull requests and of main."
  value       = aws_iam_role.ci["plan"].arn
}

output "apply_role_arn" {
  description = "The role of the apply workflow."
  value       = aws_iam_role.ci["apply"].arn
}

output "deploy_role_arn" {
  description = "The role of the deploy workflow."
  value       = aws_iam_role.ci["deploy"].arn
}

"""Check the Terraform of deploy/ with no AWS account and no provider download; see README.md."""

variable "name" {
  description = "The shop's name, the same as in deploy/: CI may make and change only what begins with it."
  type        = string
  default     = "makers-market"
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 22
    error_message = "name is 2 to 22 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "The AWS region of the state and of the shop."
  type        = string
  default     = "eu-west-1"
  validation {
    condition     = can(regex("^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[1-9]$", var.region))
    error_message = "region must be an AWS region such as eu-west-1."
  }
}

# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
variable "github_repository" {
  description = "OWNER/REPOSITORY as GitHub's tokens name it. For repositories made after June 18, 2026 that has numbers in it; the repository's OIDC settings show it."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9@-]*/[A-Za-z0-9._@-]+$", var.github_repository))
    error_message = "github_repository must look like owner/repository, with no wildcard."
  }
}

variable "apply_environment" {
  description = "The GitHub environment whose approval an apply needs."
  type        = string
  default     = "infrastructure"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.apply_environment))
    error_message = "apply_environment has lower-case letters, digits and hyphens, with no wildcard."
  }
}

variable "deploy_environment" {
  description = "The GitHub environment whose approval a deployment needs."
  type        = string
  default     = "production"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.deploy_environment)) && var.deploy_environment != var.apply_environment
    error_message = "deploy_environment has lower-case letters, digits and hyphens, and is not the environment of apply."
  }
}

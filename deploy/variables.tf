variable "name" {
  description = "Begins the name of everything made here. The tier is no part of it: a shop that grows keeps its name."
  type        = string
  default     = "makers-market"
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 22
    error_message = "name is 2 to 22 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "tier" {
  description = "small: near the free tier, one of each. production: two zones for everything."
  type        = string
  validation {
    condition     = contains(["small", "production"], var.tier)
    error_message = "tier is small or production."
  }
}

variable "region" {
  description = "The AWS region of everything but what CloudFront wants in us-east-1."
  type        = string
  default     = "eu-west-1"
  validation {
    condition     = can(regex("^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[1-9]$", var.region))
    error_message = "region must be an AWS region such as eu-west-1."
  }
}

variable "account_id" {
  description = "The only AWS account this may be applied to; empty: whichever one is signed in."
  type        = string
  default     = ""
  validation {
    condition     = var.account_id == "" || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is twelve digits, or empty."
  }
}

variable "cidr" {
  description = "The network's addresses, a block of /16 to /20."
  type        = string
  default     = "10.40.0.0/16"
  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "cidr must be an IPv4 block from /16 to /20, for instance 10.40.0.0/16."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached without NAT, by short names such as ecr.api; null for the tier's own list. Each costs about 8 USD a month in each zone."
  type        = list(string)
  default     = null
  validation {
    condition     = var.interface_endpoints == null || alltrue([for service in coalesce(var.interface_endpoints, []) : can(regex("^[a-z][a-z0-9.-]+$", service))])
    error_message = "interface_endpoints holds short service names such as ecr.api, ecr.dkr, logs, secretsmanager, kms, sqs."
  }
}

variable "image_digest" {
  description = "The image the first tasks run, by its digest in the repository made here. Later ones are rolled out by scripts/deploy.sh."
  type        = string
  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest must be sha256: and 64 hexadecimal digits: a tag could be moved."
  }
}

variable "deletion_protection" {
  description = "False lets the database, the user pool and the load balancer be deleted: only before taking a shop down for good."
  type        = bool
  default     = true
}

variable "cache_password_version" {
  description = "Raise by one for a new password of the cache, or when an apply stopped between the cache's user and its secret."
  type        = number
  default     = 1
  validation {
    condition     = var.cache_password_version >= 1 && floor(var.cache_password_version) == var.cache_password_version
    error_message = "cache_password_version is a whole number from 1 on."
  }
}

variable "edge_secret_generation" {
  description = "Raise by one to rotate the word CloudFront shows the load balancer; then deploy."
  type        = number
  default     = 1
  validation {
    condition     = var.edge_secret_generation >= 1 && floor(var.edge_secret_generation) == var.edge_secret_generation
    error_message = "edge_secret_generation is a whole number from 1 on."
  }
}

variable "permissions_boundary_arn" {
  description = "The boundary of every role made here (bootstrap's output workload_boundary_arn); null where an administrator applies."
  type        = string
  default     = null
  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of an IAM policy of your account, or null."
  }
}

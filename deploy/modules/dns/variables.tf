variable "name" {
  description = "What every name begins with, such as makers-market."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,21}$", var.name))
    error_message = "name is 2 to 22 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "tags" {
  description = "Tags beyond the provider's default_tags."
  type        = map(string)
  default     = {}
}

variable "domain" {
  description = "Where the shop answers, such as makersmarket.example."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain is a lower-case host name with at least one dot, without scheme or path."
  }
}

variable "hosted_zone_id" {
  description = "The Route 53 zone that holds the domain; empty makes a new zone."
  type        = string
  default     = ""
  validation {
    condition     = var.hosted_zone_id == "" || can(regex("^Z[A-Z0-9]{1,31}$", var.hosted_zone_id))
    error_message = "hosted_zone_id is empty or begins with Z."
  }
}

variable "secrets_kms_key_arn" {
  description = "The key that encrypts secrets."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.secrets_kms_key_arn))
    error_message = "secrets_kms_key_arn is the ARN of a KMS key."
  }
}

variable "edge_secret_generation" {
  description = "Which edge secret CloudFront sends. One more, applied and then deployed, is a rotation."
  type        = number
  default     = 1
  validation {
    condition     = var.edge_secret_generation >= 1 && floor(var.edge_secret_generation) == var.edge_secret_generation
    error_message = "edge_secret_generation is a whole number from 1."
  }
}

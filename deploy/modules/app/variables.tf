variable "name" {
  description = "Begins the name of everything here; the load balancer allows 32 characters."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,21}$", var.name))
    error_message = "name is 2 to 22 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "permissions_boundary_arn" {
  description = "The boundary of every role made here; null for none."
  type        = string
  default     = null
}

variable "region" {
  description = "The region of everything here, such as eu-west-1."
  type        = string
}

variable "environment_name" {
  description = "The shop's ENVIRONMENT: the dimension of its metrics, such as small or production."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment_name))
    error_message = "environment_name is up to 31 lower-case letters, digits and hyphens."
  }
}

variable "image_digest" {
  description = "The digest of the shop's image in its repository: sha256 and 64 hexadecimal digits."
  type        = string
  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest must be sha256: and 64 hexadecimal digits; a tag may move."
  }
}

variable "collector_image" {
  description = "The OpenTelemetry collector beside web and worker, pinned by version or digest."
  type        = string
  default     = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
  validation {
    condition     = can(regex("(:v[0-9]+\\.[0-9]+\\.[0-9]+|@sha256:[0-9a-f]{64})$", var.collector_image))
    error_message = "collector_image must end in a full version or a digest, never in latest."
  }
}

variable "sizes" {
  description = "Fargate units of CPU, MiB of memory (128 of them the collector's), how many tasks."
  type = object({
    web     = object({ cpu = number, memory = number, min = number, max = number })
    worker  = object({ cpu = number, memory = number, min = number, max = number })
    migrate = object({ cpu = number, memory = number })
  })
  validation {
    condition = alltrue([
      for size in [var.sizes.web, var.sizes.worker] : size.min >= 1 && size.max >= size.min
    ])
    error_message = "There is at least one task of each service, and max is not below min."
  }
  validation {
    condition = alltrue([
      for size in [var.sizes.web, var.sizes.worker, var.sizes.migrate] :
      contains([256, 512, 1024, 2048, 4096], size.cpu) && size.memory >= 2 * size.cpu && size.memory <= 8 * size.cpu
    ])
    error_message = "cpu is 256, 512, 1024, 2048 or 4096; memory is 2 to 8 MiB for each of its units."
  }
}

variable "environment" {
  description = "Plain variables of web, worker and migrate: nothing secret."
  type        = map(string)
  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("(SECRET|PASSWORD|API_KEY|TOKEN)", name))])
    error_message = "A name with SECRET, PASSWORD, API_KEY or TOKEN belongs in secrets, not in plain sight."
  }
}

variable "secrets" {
  description = "Variables that come from Secrets Manager when a task starts: name to ARN."
  type        = map(string)
  validation {
    condition     = alltrue([for arn in values(var.secrets) : can(regex("^arn:[a-z-]+:secretsmanager:", arn))])
    error_message = "Each secret is the ARN of a secret in Secrets Manager."
  }
}

variable "log_retention_days" {
  description = "How many days the containers' logs are kept."
  type        = number
  default     = 30
  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_retention_days)
    error_message = "log_retention_days is 7, 14, 30, 60, 90, 180 or 365."
  }
}

variable "container_insights" {
  description = "ECS metrics of single tasks: disabled, enabled or enhanced; they cost by metric."
  type        = string
  default     = "disabled"
  validation {
    condition     = contains(["disabled", "enabled", "enhanced"], var.container_insights)
    error_message = "container_insights is disabled, enabled or enhanced."
  }
}

variable "deletion_protection" {
  description = "True keeps the load balancer and the images from being deleted."
  type        = bool
}

variable "rollback_alarm_names" {
  description = "Alarms that undo a deployment; null takes the usual ones of modules/observe."
  type        = object({ web = list(string), worker = list(string) })
  default     = null
}

variable "cpu_architecture" {
  description = "What the image was built for: X86_64 or ARM64."
  type        = string
  default     = "X86_64"
  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is X86_64 or ARM64."
  }
}

variable "requests_per_task_and_minute" {
  description = "How many requests a minute one web task answers before another is started."
  type        = number
  default     = 600
  validation {
    condition     = var.requests_per_task_and_minute >= 60
    error_message = "requests_per_task_and_minute is at least 60, one a second."
  }
}

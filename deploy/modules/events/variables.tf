variable "name" {
  description = "Begins the name of everything here."
  type        = string
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

variable "kms_key_arns" {
  description = "The keys of data, logs, secrets and events."
  type        = object({ data = string, logs = string, secrets = string, events = string })
}

variable "callback_url" {
  description = "Where the carrier tells its news, such as https://makersmarket.example/callbacks/delivery/."
  type        = string
  validation {
    condition     = can(regex("^https://[a-z0-9.-]+/callbacks/delivery/$", var.callback_url))
    error_message = "callback_url is https, the shop's domain and /callbacks/delivery/."
  }
}

variable "callback_secret_arn" {
  description = "The secret DELIVERY_CALLBACK_SECRETS, whose first key signs the news."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:", var.callback_secret_arn))
    error_message = "callback_secret_arn is the ARN of a secret in Secrets Manager."
  }
}

variable "lambda_source_dir" {
  description = "The folder of the delivery Lambda's Python files."
  type        = string
}

variable "reserved_concurrency" {
  description = "How many deliveries are told at once; -1 where the account's own limit of 10 leaves nothing to reserve."
  type        = number
  default     = 1
  validation {
    condition     = var.reserved_concurrency == -1 || (var.reserved_concurrency >= 1 && var.reserved_concurrency <= 10)
    error_message = "reserved_concurrency is 1 to 10, or -1 for none."
  }
}

variable "handler_seconds" {
  description = "How long one call of the Lambda may take; the queue waits six times as long."
  type        = number
  default     = 30
  validation {
    condition     = var.handler_seconds >= 10 && var.handler_seconds <= 120
    error_message = "handler_seconds is 10 to 120: one call of the shop may take five."
  }
}

variable "max_receive_count" {
  description = "How often a parcel's command is tried before it is laid aside. Waiting parcels and a busy Lambda count too."
  type        = number
  default     = 20
  validation {
    condition     = var.max_receive_count >= 5 && var.max_receive_count <= 1000
    error_message = "max_receive_count is 5 to 1000."
  }
}

variable "probe_minutes" {
  description = "How often the schedule asks whether news would be taken."
  type        = number
  default     = 5
  validation {
    condition     = var.probe_minutes >= 2 && var.probe_minutes <= 60
    error_message = "probe_minutes is 2 to 60."
  }
}

variable "log_retention_days" {
  description = "How many days the Lambda's log is kept."
  type        = number
  default     = 30
}

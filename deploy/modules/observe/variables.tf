variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "The region of everything here but CloudFront's figures."
  type        = string
}

variable "environment_name" {
  description = "The shop's ENVIRONMENT: the dimension of its own metrics."
  type        = string
}

variable "alert_email" {
  description = "Who hears of alarms and of the budget; the address must confirm it once."
  type        = string
  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[a-z]{2,}$", var.alert_email))
    error_message = "alert_email is an e-mail address."
  }
}

variable "runbooks_url" {
  description = "Where the runbooks can be read: a page for each alarm lies below."
  type        = string
  validation {
    condition     = can(regex("[^/]$", var.runbooks_url))
    error_message = "runbooks_url ends without a slash."
  }
}

variable "kms_key_arns" {
  description = "The keys of data, logs, secrets and events; alarms may use the last."
  type        = object({ data = string, logs = string, secrets = string, events = string })
}

variable "monthly_budget_usd" {
  description = "What a month may cost, in US dollars, before somebody hears of it."
  type        = number
  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "monthly_budget_usd is more than nothing."
  }
}

variable "alb_arn_suffix" {
  description = "How CloudWatch names the load balancer."
  type        = string
}

variable "target_group_arn_suffix" {
  description = "How CloudWatch names the web tasks' group."
  type        = string
}

variable "cluster_name" {
  description = "The ECS cluster."
  type        = string
}

variable "web_service_name" {
  description = "The service that answers requests."
  type        = string
}

variable "worker_service_name" {
  description = "The service that does the jobs."
  type        = string
}

variable "web_log_group_name" {
  description = "The web tasks' logs."
  type        = string
}

variable "database_identifier" {
  description = "The database's name."
  type        = string
}

variable "database_storage_gib" {
  description = "How much the database may store, in GiB."
  type        = number
}

variable "cache_cluster_ids" {
  description = "The nodes of the cache, such as makers-market-001."
  type        = list(string)
  validation {
    condition     = length(var.cache_cluster_ids) >= 1 && length(var.cache_cluster_ids) <= 9
    error_message = "There are one to nine cache nodes: an alarm compares ten metrics at most."
  }
}

variable "delivery_queue_name" {
  description = "The queue of posted parcels."
  type        = string
}

variable "delivery_dlq_name" {
  description = "The queue of parcels whose news could not be told."
  type        = string
}

variable "delivery_function_name" {
  description = "The delivery Lambda."
  type        = string
}

variable "distribution_id" {
  description = "The CloudFront distribution."
  type        = string
}

variable "traces_rate" {
  description = "What part of requests X-Ray keeps when it decides; the shop's own TRACES_RATIO decides otherwise."
  type        = number
  default     = 0.05
  validation {
    condition     = var.traces_rate >= 0 && var.traces_rate <= 1
    error_message = "traces_rate is 0 to 1."
  }
}

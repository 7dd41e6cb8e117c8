variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "domain_prefix" {
  description = "The pool's own pages live at https://PREFIX.auth.REGION.amazoncognito.com."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$", var.domain_prefix)) && !can(regex("aws|amazon|cognito", var.domain_prefix))
    error_message = "domain_prefix has 3 to 63 letters, digits and hyphens, and none of the words aws, amazon, cognito."
  }
}

variable "google_client_id" {
  description = "The OAuth client at Google; empty for a pool without Google."
  type        = string
  default     = ""
}

variable "google_client_secret" {
  description = "That client's secret. Cognito's API takes it in no other way, so the state file holds it: the state is encrypted."
  type        = string
  default     = ""
  sensitive   = true
}

variable "callback_urls" {
  description = "Where people come back from signing in. Compared letter by letter."
  type        = list(string)
  validation {
    condition     = length(var.callback_urls) > 0 && alltrue([for url in var.callback_urls : startswith(url, "https://")])
    error_message = "callback_urls holds at least one https address."
  }
}

variable "logout_urls" {
  description = "Where people come back from signing out. Compared letter by letter."
  type        = list(string)
  validation {
    condition     = length(var.logout_urls) > 0 && alltrue([for url in var.logout_urls : startswith(url, "https://")])
    error_message = "logout_urls holds at least one https address."
  }
}

variable "secrets_key_arn" {
  description = "The KMS key of the client's secret."
  type        = string
}

variable "deletion_protection" {
  description = "True: the pool cannot be deleted until this is false."
  type        = bool
  default     = true
}

variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "key_arn" {
  description = "The KMS key that encrypts the secrets."
  type        = string
}

variable "optional_names" {
  description = "Further secrets that people give, by the name of their environment variable."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.optional_names : name == "SECRET_KEY_FALLBACKS"])
    error_message = "optional_names holds SECRET_KEY_FALLBACKS or nothing."
  }
}

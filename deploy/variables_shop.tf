variable "cognito_domain_prefix" {
  description = "The user pool's pages live at https://PREFIX.auth.REGION.amazoncognito.com; no other AWS customer may have it."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.cognito_domain_prefix)) && !can(regex("aws|amazon|cognito", var.cognito_domain_prefix))
    error_message = "cognito_domain_prefix has 3 to 63 letters, digits and hyphens, and none of the words aws, amazon, cognito."
  }
}

variable "google_client_id" {
  description = "The OAuth client at Google that the user pool uses; empty: no Google."
  type        = string
  default     = ""
  validation {
    condition     = var.google_client_id == "" || endswith(var.google_client_id, ".apps.googleusercontent.com")
    error_message = "google_client_id ends in .apps.googleusercontent.com, or is empty."
  }
}

variable "google_client_secret" {
  description = "That client's secret, by TF_VAR_google_client_secret and never in a file."
  type        = string
  default     = ""
  sensitive   = true
  validation {
    condition     = (var.google_client_id == "") == (var.google_client_secret == "")
    error_message = "google_client_id and google_client_secret are given together or not at all."
  }
}

variable "mail_from" {
  description = "The sender of the shop's mails, at a domain that Resend has verified."
  type        = string
  validation {
    condition     = can(regex("^[^<>\r\n]+ <[^@<> ]+@[^@<> ]+\\.[^@<> ]+>$", var.mail_from))
    error_message = "mail_from must look like Makers Market <orders@makersmarket.example>."
  }
}

variable "market" {
  description = "What the law wants named on every page and bill: the company, its address, mail address and VAT number."
  type = object({
    legal_name = string
    address    = string
    email      = string
    nif        = string
  })
  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.market.email)) && alltrue([for text in values(var.market) : trimspace(text) != ""])
    error_message = "market needs legal_name, address, email (with an @) and nif, none of them empty."
  }
}

variable "multibanco" {
  description = "True offers Multibanco beside cards."
  type        = bool
  default     = false
}

variable "optional_secrets" {
  description = "Further secrets to make, empty, for you to fill: SECRET_KEY_FALLBACKS while SECRET_KEY is rotated."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.optional_secrets : name == "SECRET_KEY_FALLBACKS"])
    error_message = "optional_secrets holds SECRET_KEY_FALLBACKS or nothing."
  }
}

variable "traces_ratio" {
  description = "Which part of the requests is traced, from 0 to 1."
  type        = number
  default     = 0.05
  validation {
    condition     = var.traces_ratio >= 0 && var.traces_ratio <= 1
    error_message = "traces_ratio is from 0 to 1."
  }
}

variable "alert_email" {
  description = "Who is told when an alarm rings; the address gets a mail to confirm."
  type        = string
  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alert_email))
    error_message = "alert_email must be a mail address."
  }
}

variable "runbooks_url" {
  description = "Where docs/runbooks can be read: alarms link to their page there."
  type        = string
  validation {
    condition     = can(regex("^https://[^ ]+[^/ ]$", var.runbooks_url))
    error_message = "runbooks_url is an https address without a slash at its end."
  }
}

variable "monthly_budget_usd" {
  description = "Above which month's bill, in US dollars, somebody is told."
  type        = number
  validation {
    condition     = var.monthly_budget_usd >= 10 && var.monthly_budget_usd <= 100000
    error_message = "monthly_budget_usd is 10 to 100000."
  }
}

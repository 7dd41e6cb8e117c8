variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "domain" {
  description = "Where the shop answers."
  type        = string
}

variable "zone_id" {
  description = "The Route 53 zone that holds the domain."
  type        = string
}

variable "edge_certificate_arn" {
  description = "The domain's certificate in us-east-1, the only place CloudFront takes one from."
  type        = string
}

variable "edge_secret" {
  description = "What CloudFront sends in X-Origin-Secret, and nobody else knows."
  type        = string
  sensitive   = true
}

variable "origin_mode" {
  description = "How CloudFront reaches the load balancer: vpc_origin (internal) or prefix_list."
  type        = string
  validation {
    condition     = contains(["vpc_origin", "prefix_list"], var.origin_mode)
    error_message = "origin_mode is vpc_origin or prefix_list."
  }
}

variable "vpc_id" {
  description = "The network of the load balancer."
  type        = string
}

variable "alb_arn" {
  description = "The load balancer."
  type        = string
}

variable "alb_dns_name" {
  description = "The load balancer's own name."
  type        = string
}

variable "alb_zone_id" {
  description = "The zone of the load balancer's own name."
  type        = string
}

variable "alb_security_group_id" {
  description = "The load balancer's group, which lets CloudFront's network interfaces in."
  type        = string
}

variable "media_bucket" {
  description = "The bucket of pictures."
  type        = string
}

variable "media_bucket_arn" {
  description = "The bucket of pictures."
  type        = string
}

variable "media_bucket_domain" {
  description = "The regional name of the bucket of pictures."
  type        = string
}

variable "media_bucket_policy_json" {
  description = "What the bucket of pictures demands of everybody: TLS."
  type        = string
}

variable "log_bucket_arn" {
  description = "The bucket of access logs, under cloudfront/."
  type        = string
}

variable "price_class" {
  description = "In which parts of the world CloudFront answers; 100 is Europe and North America."
  type        = string
  default     = "PriceClass_100"
  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "log_retention_days" {
  description = "How many days the firewall's log is kept."
  type        = number
  default     = 30
}

variable "public_paths" {
  description = "Pages that are the same for everybody, in English; each has a twin below /pt. What is not listed here is never cached."
  type        = list(string)
  default = [
    "/",
    "/c/*",
    "/p/*",
    "/m/*",
    "/makers/",
    "/new/",
    "/search/*",
    "/collections/*",
    "/pages/*",
    "/sell/",
  ]
  validation {
    condition     = alltrue([for path in var.public_paths : can(regex("^/([a-z]+/(\\*)?)?$", path))])
    error_message = "Each public path is /, /word/ or /word/*."
  }
  validation {
    condition     = length(var.public_paths) <= 10
    error_message = "A distribution has 25 behaviours: at most ten public paths in two languages."
  }
}

variable "rate_limits" {
  description = "Requests of one address in five minutes: pages, sign-in, the API, other machines' calls."
  type        = object({ site = number, sign_in = number, api = number, machines = number })
  default     = { site = 2000, sign_in = 200, api = 1500, machines = 10000 }
  validation {
    condition     = alltrue([for limit in values(var.rate_limits) : limit >= 10 && limit <= 2000000])
    error_message = "The firewall counts from 10 to 2,000,000 requests."
  }
  validation {
    condition     = var.rate_limits.sign_in < var.rate_limits.site
    error_message = "Sign-in is limited more tightly than the site."
  }
}

variable "upload_max_megabytes" {
  description = "How much a form with pictures may weigh, in steps of ten million bytes; the shop's own limit is core/upload_limits.py."
  type        = number
  default     = 160
  validation {
    condition     = var.upload_max_megabytes >= 100 && var.upload_max_megabytes <= 890 && var.upload_max_megabytes % 10 == 0
    error_message = "upload_max_megabytes is 100 to 890 in steps of ten."
  }
}

variable "domain" {
  description = "Where the shop lives: https://DOMAIN/."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain)) && length(var.domain) <= 200
    error_message = "domain must be a host name in lower case such as makersmarket.example, without https:// and without a slash."
  }
}

variable "hosted_zone_id" {
  description = "The Route 53 zone the domain lies in; empty makes one, whose name servers the registrar must then be told."
  type        = string
  default     = ""
  validation {
    condition     = var.hosted_zone_id == "" || can(regex("^Z[A-Z0-9]{5,31}$", var.hosted_zone_id))
    error_message = "hosted_zone_id begins with Z, such as Z0123456789ABCDEFGHIJ, or is empty."
  }
}

variable "origin_mode" {
  description = "vpc_origin: the load balancer has no public address. prefix_list: it has, and admits CloudFront alone; for regions without VPC origins."
  type        = string
  default     = "vpc_origin"
  validation {
    condition     = contains(["vpc_origin", "prefix_list"], var.origin_mode)
    error_message = "origin_mode is vpc_origin or prefix_list."
  }
}

variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "vpc_id" {
  description = "The network of the security groups."
  type        = string
}

variable "origin_mode" {
  description = "vpc_origin: CloudFront reaches an internal load balancer. prefix_list: a public one that admits CloudFront's addresses only."
  type        = string
  validation {
    condition     = contains(["vpc_origin", "prefix_list"], var.origin_mode)
    error_message = "origin_mode is vpc_origin or prefix_list."
  }
}

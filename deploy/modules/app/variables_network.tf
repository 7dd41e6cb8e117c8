# Where the tasks run and what they may reach.

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Subnets of an internet-facing load balancer, one in each zone."
  type        = list(string)
  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "A load balancer needs subnets in two zones."
  }
}

variable "app_subnet_ids" {
  description = "Private subnets of the tasks and of an internal load balancer, one in each zone."
  type        = list(string)
  validation {
    condition     = length(var.app_subnet_ids) >= 2
    error_message = "Tasks run in two zones."
  }
}

variable "alb_security_group_ids" {
  description = "Security groups of the load balancer."
  type        = list(string)
}

variable "app_security_group_id" {
  description = "Security group of the tasks."
  type        = string
}

variable "origin_mode" {
  description = "How CloudFront reaches the load balancer: vpc_origin (internal) or prefix_list."
  type        = string
  validation {
    condition     = contains(["vpc_origin", "prefix_list"], var.origin_mode)
    error_message = "origin_mode is vpc_origin or prefix_list."
  }
}

variable "domain" {
  description = "Where the shop answers: the load balancer forwards this Host alone."
  type        = string
}

variable "certificate_arn" {
  description = "The load balancer's certificate."
  type        = string
}

variable "edge_secrets" {
  description = "The words in X-Origin-Secret that let a request in: before, now and next."
  type        = list(string)
  sensitive   = true
  validation {
    condition     = length(var.edge_secrets) >= 1 && length(var.edge_secrets) <= 4
    error_message = "There are one to four edge secrets: a listener rule holds five values, and the Host is one."
  }
}

variable "kms_key_arns" {
  description = "The keys of data (media bucket, images), logs, secrets and events."
  type        = object({ data = string, logs = string, secrets = string, events = string })
}

variable "media_bucket_arn" {
  description = "The bucket of pictures: media/ for everybody, private/ for the shop alone."
  type        = string
}

variable "database_resource_id" {
  description = "The database's DbiResourceId, which names it in rds-db:connect."
  type        = string
}

variable "database_master_secret_arn" {
  description = "The secret of the database's master password, which RDS rotates; for migrate alone."
  type        = string
}

variable "delivery_queue_arn" {
  description = "The queue that posted parcels are put on."
  type        = string
}

variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "cidr" {
  description = "The network's addresses, a block of /16 to /20: it is cut into sixteen equal subnets."
  type        = string
  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "cidr must be an IPv4 block from /16 to /20, for instance 10.40.0.0/16."
  }
}

variable "az_count" {
  description = "In how many availability zones each kind of subnet lies."
  type        = number
  default     = 2
  validation {
    condition     = var.az_count >= 2 && var.az_count <= 3 && floor(var.az_count) == var.az_count
    error_message = "az_count must be 2 or 3: a load balancer and a database need two zones."
  }
}

variable "nat_per_az" {
  description = "True gives each zone a NAT gateway of its own; false lets all zones share the first one's."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services reached by an interface endpoint instead of NAT, for instance ecr.api, logs."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z][a-z0-9.-]+$", service))])
    error_message = "interface_endpoints holds short service names such as ecr.api, ecr.dkr, logs, secretsmanager, kms, sqs."
  }
}

variable "endpoints_security_group_id" {
  description = "The security group of the interface endpoints."
  type        = string
}

variable "logs_key_arn" {
  description = "The KMS key of the flow log's log group."
  type        = string
}

variable "log_retention_days" {
  description = "How many days the flow log is kept."
  type        = number
}

variable "permissions_boundary_arn" {
  description = "The boundary of the roles made here; null for none."
  type        = string
  default     = null
}

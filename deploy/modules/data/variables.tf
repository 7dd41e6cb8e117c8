variable "name" {
  description = "Begins the name of everything here."
  type        = string
}

variable "tags" {
  description = "Tags beside the provider's default tags."
  type        = map(string)
  default     = {}
}

variable "database" {
  description = "PostgreSQL: instance class, storage in GiB and how far it may grow, a standby in a second zone, days of backups."
  type = object({
    class           = string
    storage_gib     = number
    max_storage_gib = number
    multi_az        = bool
    backup_days     = number
  })
  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database.class))
    error_message = "database.class must look like db.t4g.micro."
  }
  validation {
    condition     = var.database.storage_gib >= 20 && var.database.max_storage_gib > var.database.storage_gib
    error_message = "database.storage_gib is at least 20 (gp3's least), and max_storage_gib more than that."
  }
  validation {
    condition     = var.database.backup_days >= 7 && var.database.backup_days <= 35
    error_message = "database.backup_days is 7 to 35: RDS keeps no more, and we keep no less."
  }
}

variable "cache" {
  description = "Valkey: node type and number of nodes; from two on, a second takes over when the first is lost."
  type = object({
    node_type = string
    nodes     = number
  })
  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.[a-z0-9]+$", var.cache.node_type)) && var.cache.nodes >= 1 && var.cache.nodes <= 6
    error_message = "cache.node_type must look like cache.t4g.micro, and cache.nodes is 1 to 6."
  }
}

variable "data_subnet_ids" {
  description = "Subnets of the database and the cache, at least two."
  type        = list(string)
}

variable "database_security_group_id" {
  description = "PostgreSQL's security group."
  type        = string
}

variable "cache_security_group_id" {
  description = "Valkey's security group."
  type        = string
}

variable "kms_key_arns" {
  description = "Keys by what they encrypt; used here: data, logs, secrets."
  type        = map(string)
}

variable "deletion_protection" {
  description = "True: the database cannot be deleted until this is false."
  type        = bool
}

variable "log_retention_days" {
  description = "How many days the database's log lines are kept."
  type        = number
}

variable "access_log_days" {
  description = "How many days access logs are kept in the log bucket."
  type        = number
}

variable "cache_password_version" {
  description = "Raise by one to give the cache a new password, also when an apply stopped half-way."
  type        = number
  default     = 1
}

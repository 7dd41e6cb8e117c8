# Is there room where things are kept?

locals {
  bytes_per_gib = 1024 * 1024 * 1024
  cache_nodes   = { for index, id in var.cache_cluster_ids : "node${index + 1}" => id }

  store_alarms = {
    "rds-cpu" = {
      meaning = "The database's processors are busy at more than 85 %, or it tells nothing any more."
      metrics = {
        busy = { namespace = "AWS/RDS", name = "CPUUtilization", stat = "Average", dimensions = { DBInstanceIdentifier = var.database_identifier } }
      }
      expression = null
      comparison = "GreaterThanThreshold"
      threshold  = 85
      period     = 300
      of         = 3
      needed     = 3
      missing    = "breaching"
    }

    "rds-storage" = {
      meaning = "Less than 15 % of the database's storage is free; full, it stops."
      metrics = {
        free = { namespace = "AWS/RDS", name = "FreeStorageSpace", stat = "Minimum", dimensions = { DBInstanceIdentifier = var.database_identifier } }
      }
      expression = null
      comparison = "LessThanThreshold"
      threshold  = floor(15 * var.database_storage_gib * local.bytes_per_gib / 100)
      period     = 300
      of         = 2
      needed     = 2
      missing    = "ignore"
    }

    "cache-memory" = {
      meaning = "The cache is more than 90 % full: pages are thrown out before their time."
      metrics = {
        for node, id in local.cache_nodes : node => {
          namespace  = "AWS/ElastiCache", name = "DatabaseMemoryUsagePercentage", stat = "Maximum"
          dimensions = { CacheClusterId = id }
        }
      }
      expression = "MAX([${join(", ", keys(local.cache_nodes))}])"
      comparison = "GreaterThanThreshold"
      threshold  = 90
      period     = 300
      of         = 3
      needed     = 3
      # The shop works without its cache.
      missing = "notBreaching"
    }
  }
}

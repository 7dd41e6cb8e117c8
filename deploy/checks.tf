check "at_most_ten_alarms" {
  assert {
    condition     = length(module.observe.alarm_names) <= 10
    error_message = "There are more than ten alarms: each further one costs money and attention (docs/adr/0008)."
  }
}

check "production_stands_in_two_zones" {
  assert {
    condition     = var.tier != "production" || (module.network.nat_count >= 2 && module.data.database_multi_az && module.data.cache_multi_az)
    error_message = "production needs a NAT in each zone, a standby of the database and a second node of the cache."
  }
}

check "production_has_two_tasks_of_each" {
  assert {
    condition     = var.tier != "production" || (local.tier.tasks.web.min >= 2 && local.tier.tasks.worker.min >= 2)
    error_message = "production needs two tasks of web and of worker: one zone may fail."
  }
}

check "tasks_are_private" {
  assert {
    condition     = !module.app.tasks_have_public_addresses
    error_message = "A task has a public address: whoever finds it passes CloudFront, WAF and the load balancer by."
  }
}

check "load_balancer_is_private" {
  assert {
    condition     = var.origin_mode != "vpc_origin" || module.app.alb_is_internal
    error_message = "With origin_mode vpc_origin the load balancer must be internal."
  }
}

check "database_outlives_mistakes" {
  assert {
    condition     = var.tier != "production" || var.deletion_protection
    error_message = "deletion_protection is off in production: on purpose only while a shop is taken down."
  }
}

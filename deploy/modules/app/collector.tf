# Traces go over OTLP to a collector in the same task, which signs them and sends them to X-Ray.
# It is not essential: without it the shop serves as before and traces are lost.

locals {
  collector_config = {
    receivers = {
      otlp = { protocols = { http = { endpoint = "127.0.0.1:${local.collector_port}" } } }
    }
    processors = {
      memory_limiter = { check_interval = "1s", limit_mib = 80, spike_limit_mib = 20 }
      batch          = { timeout = "5s", send_batch_size = 50 }
    }
    exporters = {
      awsxray = { region = var.region, indexed_attributes = ["request_id", "http.route", "job"] }
    }
    extensions = {
      health_check = { endpoint = "127.0.0.1:13133" }
    }
    service = {
      extensions = ["health_check"]
      telemetry  = { logs = { level = "warn" }, metrics = { level = "none" } }
      pipelines = {
        traces = { receivers = ["otlp"], processors = ["memory_limiter", "batch"], exporters = ["awsxray"] }
      }
    }
  }

  collector = {
    name                   = "collector"
    image                  = var.collector_image
    essential              = false
    memory                 = 128
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    environment            = [{ name = "AOT_CONFIG_CONTENT", value = yamlencode(local.collector_config) }]
    healthCheck = {
      command     = ["CMD", "/healthcheck"]
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 10
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.task["collector"].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "collector"
        mode                  = "non-blocking"
      }
    }
  }
}

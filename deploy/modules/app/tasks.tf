locals {
  image          = "${aws_ecr_repository.shop.repository_url}@${var.image_digest}"
  collector_port = 4318

  environment = merge(var.environment, { AWS_REGION = var.region, ENVIRONMENT = var.environment_name })
  traced      = { OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:${local.collector_port}" }

  # What differs between the commands of the one image.
  tasks = {
    web = {
      size        = var.sizes.web
      role        = "task"
      environment = merge(local.environment, local.traced)
      traced      = true
      container = {
        portMappings = [{ containerPort = 8000, protocol = "tcp" }]
        healthCheck = {
          # ECS does not read the image's own HEALTHCHECK.
          command     = ["CMD", "python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
          interval    = 15
          timeout     = 5
          retries     = 4
          startPeriod = 90
        }
      }
    }
    worker = {
      size        = var.sizes.worker
      role        = "task"
      environment = merge(local.environment, local.traced)
      traced      = true
      container   = {}
    }
    migrate = {
      size        = var.sizes.migrate
      role        = "migrate"
      environment = merge(local.environment, { DATABASE_ADMIN_SECRET_ARN = var.database_master_secret_arn })
      traced      = false
      container   = {}
    }
  }

  containers = {
    for name, task in local.tasks : name => merge({
      name                   = name
      image                  = local.image
      command                = [name]
      essential              = true
      user                   = "10001:10001"
      readonlyRootFilesystem = true
      # Longer than the shop's own 25 s, so that nothing is ever killed in mid-job.
      stopTimeout = 30
      linuxParameters = {
        initProcessEnabled = true
        capabilities       = { drop = ["ALL"] }
      }
      mountPoints = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
      environment = [for key in sort(keys(task.environment)) : { name = key, value = task.environment[key] }]
      secrets     = [for key in sort(keys(var.secrets)) : { name = key, valueFrom = var.secrets[key] }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.task[name].name
          awslogs-region        = var.region
          awslogs-stream-prefix = name
          # A slow log service must never stop the shop: lines wait in memory, then are lost.
          mode            = "non-blocking"
          max-buffer-size = "4m"
        }
      }
    }, task.container)
  }
}

resource "aws_ecs_task_definition" "shop" {
  for_each = local.tasks

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.size.cpu
  memory                   = each.value.size.memory
  execution_role_arn       = aws_iam_role.shop["execution"].arn
  task_role_arn            = aws_iam_role.shop[each.value.role].arn
  # A revision that services still run or may roll back to stays registered.
  skip_destroy = true
  tags         = var.tags

  container_definitions = jsonencode(concat(
    [local.containers[each.key]],
    each.value.traced ? [local.collector] : [],
  ))

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  # Fargate has no tmpfs. An empty volume takes the folder's owner and mode from the image when
  # the Dockerfile names it in VOLUME; otherwise only root could write there.
  # Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
  volume {
    name = "tmp"
  }
}

locals {
  is_internal = var.origin_mode == "vpc_origin"
  # Where the image's web listens; its security group says the same.
  port = 8000
}

# It keeps no access log: that would hold whole addresses, among them those that open an order, and
# no field can be left out. CloudFront's log and the shop's own are joined by the request's id
# instead (docs/observability.md).
resource "aws_lb" "shop" {
  name               = var.name
  load_balancer_type = "application"
  internal           = local.is_internal
  subnets            = local.is_internal ? var.app_subnet_ids : var.public_subnet_ids
  security_groups    = var.alb_security_group_ids
  # CloudFront drops idle connections after 30 s, the shop after more than this: whoever sends
  # the next request must be the first to close.
  idle_timeout               = 60
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  # Nobody else's X-Forwarded-For: what the viewer's address is, CloudFront says in its own header.
  xff_header_processing_mode = "remove"
  enable_deletion_protection = var.deletion_protection
  tags                       = var.tags
}

resource "aws_lb_target_group" "web" {
  # The port is in the name: a group that replaces this one exists beside it for a while.
  name        = "${var.name}-web-${local.port}"
  port        = local.port
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = var.vpc_id
  # Below the tasks' stopTimeout of 30 s: connections are drained before a task may be killed.
  deregistration_delay          = 20
  load_balancing_algorithm_type = "least_outstanding_requests"
  tags                          = var.tags

  # Alive, not ready: ECS kills what fails here, and a database that is away must not make ECS
  # kill every task.
  health_check {
    path                = "/healthz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  # Another port makes a new group, which must be there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

# TLS 1.2 and 1.3 with forward secrecy only. There is no listener on port 80: CloudFront alone
# comes here, and it comes by TLS.
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  certificate_arn   = var.certificate_arn
  tags              = var.tags

  # The prefix list lets every CloudFront customer in: without our word nobody gets further.
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "Forbidden"
      status_code  = "403"
    }
  }
}

resource "aws_lb_listener_rule" "edge" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10
  tags         = var.tags

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  condition {
    http_header {
      http_header_name = "X-Origin-Secret"
      values           = var.edge_secrets
    }
  }
  condition {
    host_header {
      values = [var.domain]
    }
  }
}

locals {
  # Who may call whom: the one side gets a way out, the other a way in.
  calls = {
    alb-app       = { from = "alb", to = "app", port = 8000, about = "Requests and health checks" }
    app-database  = { from = "app", to = "database", port = 5432, about = "SQL" }
    app-cache     = { from = "app", to = "cache", port = 6379, about = "Kept pages" }
    app-endpoints = { from = "app", to = "endpoints", port = 443, about = "AWS services" }
  }
}

resource "aws_vpc_security_group_egress_rule" "calls" {
  for_each = local.calls

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = "${each.value.about}, out"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "calls" {
  for_each = local.calls

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = "${each.value.about}, in"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = var.tags
}

# Stripe, Resend, Google, Cognito and S3 have addresses that change: one port, to anywhere.
resource "aws_vpc_security_group_egress_rule" "web" {
  security_group_id = aws_security_group.this["app"].id
  description       = "HTTPS to Stripe, Resend, Google and AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

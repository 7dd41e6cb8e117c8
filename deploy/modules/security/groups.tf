locals {
  groups = {
    alb       = "Load balancer: takes requests, passes them to the tasks"
    app       = "Tasks: web, worker, migrate"
    database  = "PostgreSQL"
    cache     = "Valkey"
    endpoints = "Interface endpoints of AWS services"
  }
}

# Rules are resources of their own: written inside a group they would undo each other.
resource "aws_security_group" "this" {
  for_each = local.groups

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# CloudFront's list of addresses counts as 55 of the 60 rules a group may have, so it gets a
# group and one port to itself. It admits every customer of CloudFront: the listener therefore
# asks for the secret header as well.
resource "aws_security_group" "cloudfront" {
  count = var.origin_mode == "prefix_list" ? 1 : 0

  name        = "${var.name}-cloudfront"
  description = "Load balancer: from addresses of CloudFront only"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-cloudfront" })
}

data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = var.origin_mode == "prefix_list" ? 1 : 0

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  count = var.origin_mode == "prefix_list" ? 1 : 0

  security_group_id = aws_security_group.cloudfront[0].id
  description       = "HTTPS from CloudFront"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront[0].id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

data "aws_availability_zones" "open" {
  state = "available"
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = slice(data.aws_availability_zones.open.names, 0, var.az_count)
  # Sixteen parts of the block: 0–3 public, 4–7 app, 8–11 data, the rest free.
  subnets = merge([
    for kind, first in { public = 0, app = 4, data = 8 } : {
      for number, zone in local.zones : "${kind}-${number}" => {
        kind   = kind
        number = number
        zone   = zone
        cidr   = cidrsubnet(var.cidr, 4, first + number)
      }
    }
  ]...)
  nat_numbers = var.nat_per_az ? range(var.az_count) : [0]
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # interface endpoints answer under AWS's own names only with it
  tags                 = merge(var.tags, { Name = var.name })
}

# The group that things get which name none: it lets nothing in and nothing out.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-closed" })
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value.cidr
  availability_zone       = each.value.zone
  map_public_ip_on_launch = false # NAT and load balancer ask for their addresses themselves
  tags                    = merge(var.tags, { Name = "${var.name}-${each.key}", Kind = each.value.kind })
}

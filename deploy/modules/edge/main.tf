# The domain's own names: CloudFront answers for the shop.

locals {
  is_vpc_origin = var.origin_mode == "vpc_origin"
  origin_domain = "origin.${var.domain}"
}

resource "aws_route53_record" "shop" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = aws_cloudfront_distribution.shop.domain_name
    zone_id                = aws_cloudfront_distribution.shop.hosted_zone_id
    evaluate_target_health = false
  }
}

# The load balancer's name on its certificate. CloudFront looks it up in the mode prefix_list; with
# a VPC origin it compares it only, and what others look up are addresses of a private network.
resource "aws_route53_record" "origin" {
  zone_id = var.zone_id
  name    = local.origin_domain
  type    = "A"

  alias {
    name                   = var.alb_dns_name
    zone_id                = var.alb_zone_id
    evaluate_target_health = false
  }
}

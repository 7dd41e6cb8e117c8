# What must exist before either the load balancer or CloudFront can: the zone, the certificates
# and the words by which our edge is known.

locals {
  # CloudFront forwards the viewer's Host and compares it with the origin's certificate; the
  # origin's own name is what CloudFront looks up in the mode prefix_list.
  origin_domain = "origin.${var.domain}"
  zone_id       = var.hosted_zone_id != "" ? var.hosted_zone_id : aws_route53_zone.shop[0].zone_id
}

resource "aws_route53_zone" "shop" {
  count = var.hosted_zone_id == "" ? 1 : 0

  name    = var.domain
  comment = "${var.name}: the shop's names"
  tags    = var.tags

  # A new zone has new name servers: the registrar would point at nothing.
  lifecycle {
    prevent_destroy = true
  }
}

# Only Amazon may issue certificates for the domain (RFC 8659).
resource "aws_route53_record" "caa" {
  count = var.hosted_zone_id == "" ? 1 : 0

  zone_id = local.zone_id
  name    = var.domain
  type    = "CAA"
  ttl     = 3600
  records = ["0 issue \"amazon.com\"", "0 issuewild \"amazon.com\""]
}

resource "aws_acm_certificate" "origin" {
  domain_name               = var.domain
  subject_alternative_names = [local.origin_domain]
  validation_method         = "DNS"
  tags                      = merge(var.tags, { Name = "${var.name}-origin" })

  lifecycle {
    create_before_destroy = true
  }
}

# CloudFront takes certificates from us-east-1 only.
resource "aws_acm_certificate" "edge" {
  provider = aws.edge

  domain_name       = var.domain
  validation_method = "DNS"
  tags              = merge(var.tags, { Name = "${var.name}-edge" })

  lifecycle {
    create_before_destroy = true
  }
}

# Both certificates prove the domain by the same record: it depends on account and name alone.
# Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
locals {
  proofs = {
    for name in [var.domain, local.origin_domain] : name => one([
      for option in aws_acm_certificate.origin.domain_validation_options : option if option.domain_name == name
    ])
  }
}

resource "aws_route53_record" "proof" {
  # The names, not ACM's answer: what is not known before it is made cannot be a key.
  for_each = toset([var.domain, local.origin_domain])

  zone_id         = local.zone_id
  name            = local.proofs[each.key].resource_record_name
  type            = local.proofs[each.key].resource_record_type
  ttl             = 300
  records         = [local.proofs[each.key].resource_record_value]
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "origin" {
  certificate_arn         = aws_acm_certificate.origin.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}

resource "aws_acm_certificate_validation" "edge" {
  provider = aws.edge

  certificate_arn         = aws_acm_certificate.edge.arn
  validation_record_fqdns = [aws_route53_record.proof[var.domain].fqdn]
}

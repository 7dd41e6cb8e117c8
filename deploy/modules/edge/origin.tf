resource "aws_cloudfront_vpc_origin" "alb" {
  count = local.is_vpc_origin ? 1 : 0

  tags = var.tags

  vpc_origin_endpoint_config {
    name                   = var.name
    arn                    = var.alb_arn
    http_port              = 80
    https_port             = 443
    origin_protocol_policy = "https-only"

    origin_ssl_protocols {
      items    = ["TLSv1.2"]
      quantity = 1
    }
  }

  # CloudFront refuses to give up an origin that a distribution still uses: the distribution is
  # changed first.
  lifecycle {
    create_before_destroy = true
  }
}

# CloudFront makes this group in the network when the first VPC origin is made.
# Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
data "aws_security_group" "cloudfront" {
  count = local.is_vpc_origin ? 1 : 0

  name   = "CloudFront-VPCOrigins-Service-SG"
  vpc_id = var.vpc_id

  depends_on = [aws_cloudfront_vpc_origin.alb]
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  count = local.is_vpc_origin ? 1 : 0

  security_group_id            = var.alb_security_group_id
  description                  = "CloudFront's network interfaces to the load balancer"
  referenced_security_group_id = data.aws_security_group.cloudfront[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = var.tags
}

resource "aws_cloudfront_origin_access_control" "media" {
  name                              = "${var.name}-media"
  description                       = "CloudFront signs its requests for pictures"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

data "aws_iam_policy_document" "media" {
  source_policy_documents = [var.media_bucket_policy_json]

  # Public pictures only; what makers sent lies under private/ and no distribution reads it.
  statement {
    sid       = "OurDistributionReadsPublicPictures"
    actions   = ["s3:GetObject"]
    resources = ["${var.media_bucket_arn}/media/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudfront_distribution.shop.arn]
    }
  }
}

resource "aws_s3_bucket_policy" "media" {
  bucket = var.media_bucket
  policy = data.aws_iam_policy_document.media.json
}

data "aws_region" "here" {}
data "aws_caller_identity" "here" {}

# Free, and it keeps pictures and image layers off the NAT's bill.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.here.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.app[*].id
  policy            = data.aws_iam_policy_document.s3_endpoint.json
  tags              = merge(var.tags, { Name = "${var.name}-s3" })
}

# A task that is taken over can carry nothing off to a stranger's bucket by this way.
data "aws_iam_policy_document" "s3_endpoint" {
  statement {
    sid       = "OurBuckets"
    actions   = ["s3:*"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
  # ECR keeps image layers in a bucket of AWS's own
  # (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html).
  statement {
    sid       = "ImageLayers"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::prod-${data.aws_region.here.region}-starport-layer-bucket/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = toset(var.interface_endpoints)

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.here.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for number in range(var.az_count) : aws_subnet.this["app-${number}"].id]
  security_group_ids  = [var.endpoints_security_group_id]
  tags                = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# Access logs by standard logging v2: the older kind needs a bucket with access control lists.
# CloudFront's log deliveries are set up in us-east-1.

resource "aws_cloudwatch_log_delivery_source" "cloudfront" {
  provider = aws.edge

  name         = "${var.name}-cloudfront"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.shop.arn
  tags         = var.tags
}

resource "aws_cloudwatch_log_delivery_destination" "bucket" {
  provider = aws.edge

  name          = "${var.name}-cloudfront"
  output_format = "json"
  tags          = var.tags

  delivery_destination_configuration {
    destination_resource_arn = "${var.log_bucket_arn}/cloudfront"
  }
}

resource "aws_cloudwatch_log_delivery" "cloudfront" {
  provider = aws.edge

  delivery_source_name     = aws_cloudwatch_log_delivery_source.cloudfront.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.bucket.arn
  tags                     = var.tags
  # No cookies, no query and no path: each can hold what opens somebody's order. What was asked
  # for stands in the shop's own log under the same id, with the secret part left out.
  record_fields = [
    "date", "time", "x-edge-location", "c-ip", "cs-method", "cs(Host)", "sc-status", "sc-bytes",
    "time-taken", "x-edge-result-type", "x-edge-detailed-result-type", "x-edge-request-id", "ssl-protocol", "cs-protocol-version",
  ]

  s3_delivery_configuration = [{
    suffix_path                 = "/{yyyy}/{MM}/{dd}"
    enable_hive_compatible_path = false
  }]
}

# WAF insists on the beginning of the name.
resource "aws_cloudwatch_log_group" "firewall" {
  provider = aws.edge

  name              = "aws-waf-logs-${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_wafv2_web_acl_logging_configuration" "edge" {
  provider = aws.edge

  resource_arn            = aws_wafv2_web_acl.edge.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]

  # As in CloudFront's log: path and referrer hold the links that open an order. Which rule refused
  # is told, and the request's id is CloudFront's.
  redacted_fields {
    uri_path {}
  }
  redacted_fields {
    single_header {
      name = "referer"
    }
  }
  redacted_fields {
    single_header {
      name = "cookie"
    }
  }
  redacted_fields {
    single_header {
      name = "authorization"
    }
  }
  redacted_fields {
    query_string {}
  }

  # What was let through stands in CloudFront's own log.
  logging_filter {
    default_behavior = "DROP"
    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"
      condition {
        action_condition {
          action = "BLOCK"
        }
      }
    }
  }
}

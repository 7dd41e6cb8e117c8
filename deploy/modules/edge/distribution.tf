locals {
  every_method = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
  reading      = ["GET", "HEAD"]

  public_paths = flatten([for path in var.public_paths : [path, "/pt${path}"]])

  # Doors of machines. A redirect would lose what they send.
  machine_behaviors = ["/webhooks/*", "/callbacks/*"]

  # In the order in which CloudFront tries them; the first that fits decides.
  cached_behaviors = concat(
    [
      { path = "/static/*", origin = "shop", cache = aws_cloudfront_cache_policy.files.id, request = aws_cloudfront_origin_request_policy.public.id, headers = aws_cloudfront_response_headers_policy.shop.id },
      { path = "/media/*", origin = "media", cache = aws_cloudfront_cache_policy.files.id, request = null, headers = aws_cloudfront_response_headers_policy.media.id },
    ],
    [
      for path in local.public_paths :
      { path = path, origin = "shop", cache = aws_cloudfront_cache_policy.pages.id, request = aws_cloudfront_origin_request_policy.public.id, headers = aws_cloudfront_response_headers_policy.shop.id }
    ],
  )
}

resource "aws_cloudfront_function" "request_id" {
  name    = "${var.name}-request-id"
  comment = "Gives each request CloudFront's own id, no trace of the viewer's"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/request_id.js")
}

resource "aws_cloudfront_distribution" "shop" {
  comment         = "${var.name}: ${var.domain}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  aliases         = [var.domain]
  web_acl_id      = aws_wafv2_web_acl.edge.arn
  tags            = var.tags

  origin {
    origin_id           = "shop"
    domain_name         = aws_route53_record.origin.name
    connection_attempts = 2
    connection_timeout  = 5

    # CloudFront keeps names beginning with X-Edge- and X-Amz- for itself and refuses them here.
    custom_header {
      name  = "X-Origin-Secret"
      value = var.edge_secret
    }

    dynamic "vpc_origin_config" {
      for_each = aws_cloudfront_vpc_origin.alb
      content {
        vpc_origin_id            = vpc_origin_config.value.id
        origin_keepalive_timeout = 30
        origin_read_timeout      = 30
      }
    }
    dynamic "custom_origin_config" {
      for_each = local.is_vpc_origin ? [] : [local.origin_domain]
      content {
        http_port                = 80
        https_port               = 443
        origin_protocol_policy   = "https-only"
        origin_ssl_protocols     = ["TLSv1.2"]
        origin_keepalive_timeout = 30
        origin_read_timeout      = 30
      }
    }
  }

  origin {
    origin_id                = "media"
    domain_name              = var.media_bucket_domain
    origin_access_control_id = aws_cloudfront_origin_access_control.media.id
  }

  # Whatever is not named below is somebody's own: never kept.
  default_cache_behavior {
    target_origin_id           = "shop"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = local.every_method
    cached_methods             = local.reading
    cache_policy_id            = data.aws_cloudfront_cache_policy.never.id
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.personal.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.shop.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.request_id.arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.machine_behaviors
    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = "shop"
      viewer_protocol_policy     = "https-only"
      allowed_methods            = local.every_method
      cached_methods             = local.reading
      cache_policy_id            = data.aws_cloudfront_cache_policy.never.id
      origin_request_policy_id   = aws_cloudfront_origin_request_policy.personal.id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.shop.id

      function_association {
        event_type   = "viewer-request"
        function_arn = aws_cloudfront_function.request_id.arn
      }
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.cached_behaviors
    content {
      path_pattern               = ordered_cache_behavior.value.path
      target_origin_id           = ordered_cache_behavior.value.origin
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = local.reading
      cached_methods             = local.reading
      compress                   = true
      cache_policy_id            = ordered_cache_behavior.value.cache
      origin_request_policy_id   = ordered_cache_behavior.value.request
      response_headers_policy_id = ordered_cache_behavior.value.headers

      dynamic "function_association" {
        for_each = ordered_cache_behavior.value.origin == "shop" ? [aws_cloudfront_function.request_id.arn] : []
        content {
          event_type   = "viewer-request"
          function_arn = function_association.value
        }
      }
    }
  }

  # CloudFront keeps errors for 10 s of its own accord, also "private, no-store" ones: a form that
  # was refused, a page that is not ready yet. None is kept.
  # Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
  dynamic "custom_error_response" {
    for_each = toset([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504])
    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.edge_certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

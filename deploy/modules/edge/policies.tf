# What CloudFront keeps, what it keeps apart, and what it passes on.

data "aws_cloudfront_cache_policy" "never" {
  name = "Managed-CachingDisabled"
}

# Pages for everybody: for as long as the shop's s-maxage says, 0 s when it says nothing.
# Cookies are not in the key and are not passed on either (the request policy below), so that a
# cached page cannot hold a person's bytes even if a view went wrong.
resource "aws_cloudfront_cache_policy" "pages" {
  name        = "${var.name}-pages"
  comment     = "Pages that are the same for everybody; the shop's Cache-Control decides"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 3600

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true
    cookies_config {
      cookie_behavior = "none"
    }
    # The shop answers HTMX with a part of the page (Vary; core/public_pages.py).
    headers_config {
      header_behavior = "whitelist"
      headers {
        items = ["HX-Request", "HX-Target"]
      }
    }
    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

# Names hold the content's hash: what they name never changes.
resource "aws_cloudfront_cache_policy" "files" {
  name        = "${var.name}-files"
  comment     = "Static files and pictures"
  min_ttl     = 0
  default_ttl = 86400
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# Everything of the viewer's, and the address that CloudFront saw.
resource "aws_cloudfront_origin_request_policy" "personal" {
  name    = "${var.name}-personal"
  comment = "All of the request and the viewer's address"

  cookies_config {
    cookie_behavior = "all"
  }
  headers_config {
    header_behavior = "allViewerAndWhitelistCloudFront"
    headers {
      items = ["CloudFront-Viewer-Address"]
    }
  }
  query_strings_config {
    query_string_behavior = "all"
  }
}

# The Host, because the shop and the load balancer know their name; nothing of a person.
resource "aws_cloudfront_origin_request_policy" "public" {
  name    = "${var.name}-public"
  comment = "No cookies"

  cookies_config {
    cookie_behavior = "none"
  }
  headers_config {
    header_behavior = "whitelist"
    headers {
      items = ["CloudFront-Viewer-Address", "Host", "Origin", "Referer", "X-Request-Id"]
    }
  }
  query_strings_config {
    query_string_behavior = "all"
  }
}

# The shop sets its own headers; these stand where it does not answer itself.
resource "aws_cloudfront_response_headers_policy" "shop" {
  name    = "${var.name}-shop"
  comment = "Where the shop has set none"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = true
      override                   = false
    }
    content_type_options {
      override = true
    }
    referrer_policy {
      referrer_policy = "same-origin"
      override        = false
    }
    frame_options {
      frame_option = "DENY"
      override     = false
    }
  }
}

# Pictures come from the bucket, which sets no such headers: nothing in them may run.
resource "aws_cloudfront_response_headers_policy" "media" {
  name    = "${var.name}-media"
  comment = "Pictures, and nothing but pictures"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
    content_type_options {
      override = true
    }
    content_security_policy {
      content_security_policy = "default-src 'none'; sandbox"
      override                = true
    }
  }
  remove_headers_config {
    items {
      header = "x-amz-server-side-encryption"
    }
    items {
      header = "x-amz-server-side-encryption-aws-kms-key-id"
    }
  }
}

# What stands in front of the shop: names, certificates, firewall, CloudFront.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "edge"
  source = "./tests/mocks"
}

variables {
  name                     = "makers-market"
  domain                   = "makersmarket.example"
  secrets_kms_key_arn      = "arn:aws:kms:eu-west-1:123456789012:key/secrets"
  zone_id                  = "Z0123456789ABCDEFGHIJ"
  edge_certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/edge"
  edge_secret              = "the word of the day, which nobody knows"
  origin_mode              = "vpc_origin"
  vpc_id                   = "vpc-0123456789abcdef0"
  alb_arn                  = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/makers-market/0123456789abcdef"
  alb_dns_name             = "internal-makers-market.eu-west-1.elb.amazonaws.com"
  alb_zone_id              = "Z32O12XQLNTSW2"
  alb_security_group_id    = "sg-00000000000000001"
  media_bucket             = "makers-market-media"
  media_bucket_arn         = "arn:aws:s3:::makers-market-media"
  media_bucket_domain      = "makers-market-media.s3.eu-west-1.amazonaws.com"
  media_bucket_policy_json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  log_bucket_arn           = "arn:aws:s3:::makers-market-logs"
}

# One plan for all that is true with a VPC origin: the firewall makes each plan slow.
run "edge_of_a_shop_with_a_vpc_origin" {
  command = plan
  module {
    source = "./modules/edge"
  }

  assert {
    condition     = data.aws_cloudfront_cache_policy.never.name == "Managed-CachingDisabled" && length(aws_cloudfront_distribution.shop.default_cache_behavior) == 1
    error_message = "What is not named is not kept."
  }
  assert {
    condition = alltrue([
      for policy in [aws_cloudfront_cache_policy.pages, aws_cloudfront_cache_policy.files] :
      policy.parameters_in_cache_key_and_forwarded_to_origin[0].cookies_config[0].cookie_behavior == "none" && policy.min_ttl == 0
    ])
    error_message = "Cookies are in no key, and no-store is obeyed."
  }
  assert {
    condition     = aws_cloudfront_origin_request_policy.public.cookies_config[0].cookie_behavior == "none"
    error_message = "A page that may be kept is made without knowing whose browser asks."
  }
  assert {
    condition = toset([
      for response in aws_cloudfront_distribution.shop.custom_error_response : response.error_code if response.error_caching_min_ttl == 0
    ]) == toset([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504])
    error_message = "Errors are not kept either: CloudFront would, for ten seconds, whatever the shop says."
  }
  assert {
    condition     = aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].query_strings_config[0].query_string_behavior == "all"
    error_message = "Another query is another page."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.shop.ordered_cache_behavior) == 4 + 2 * length(var.public_paths) && length(aws_cloudfront_distribution.shop.ordered_cache_behavior) < 25
    error_message = "Machines' two doors, static files, pictures, and each public page in two languages."
  }
  assert {
    condition = alltrue([
      for behavior in concat(aws_cloudfront_distribution.shop.default_cache_behavior, aws_cloudfront_distribution.shop.ordered_cache_behavior) :
      behavior.viewer_protocol_policy == (contains(["/webhooks/*", "/callbacks/*"], try(behavior.path_pattern, "")) ? "https-only" : "redirect-to-https")
    ])
    error_message = "Nothing goes over the wire in clear: browsers are led to TLS, machines refused without."
  }
  assert {
    condition = toset([
      for behavior in aws_cloudfront_distribution.shop.ordered_cache_behavior : behavior.path_pattern
      if contains(behavior.allowed_methods, "POST")
    ]) == toset(["/webhooks/*", "/callbacks/*"])
    error_message = "What machines send is taken; paths that may be kept are for reading."
  }
  assert {
    condition     = [for behavior in aws_cloudfront_distribution.shop.ordered_cache_behavior : behavior.path_pattern if behavior.target_origin_id == "media"] == ["/media/*"]
    error_message = "Only /media/ comes from the bucket."
  }

  assert {
    condition     = length(aws_cloudfront_vpc_origin.alb) == 1
    error_message = "The load balancer is reached through the network."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.cloudfront[0].from_port == 443 && aws_vpc_security_group_ingress_rule.cloudfront[0].cidr_ipv4 == null
    error_message = "CloudFront's group is let in, no address is."
  }
  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.shop.origin :
      length(origin.custom_origin_config) == 0
    ])
    error_message = "No origin is reached through the internet."
  }

  assert {
    condition = [
      for origin in aws_cloudfront_distribution.shop.origin : [for header in origin.custom_header : header.name] if origin.origin_id == "shop"
    ] == [["X-Origin-Secret"]]
    error_message = "The shop knows our CloudFront by its word."
  }
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
  assert {
    condition = alltrue(flatten([
      for origin in aws_cloudfront_distribution.shop.origin : [
        for header in origin.custom_header : !can(regex("^x-(amz|edge)-|^x-real-ip$", lower(header.name)))
      ]
    ]))
    error_message = "CloudFront refuses to send headers of its own families."
  }

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.edge.rule : rule.name => rule.statement[0].rate_based_statement[0].limit
      if length(rule.statement[0].rate_based_statement) > 0
    } == { rate-site = 2000, rate-sign-in = 200, rate-api = 1500, rate-machines = 10000 }
    error_message = "Site, sign-in, API and machines have their rates."
  }
  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.edge.rule : [for group in rule.statement[0].managed_rule_group_statement : group.name]
      ])) == toset([
      "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet",
      "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet",
    ])
    error_message = "Four managed groups."
  }
  assert {
    condition = contains(flatten([
      for rule in aws_wafv2_web_acl.edge.rule : [
        for group in rule.statement[0].managed_rule_group_statement : [
          for override in group.rule_action_override : override.name if length(override.action_to_use[0].count) == 1
        ]
      ]
    ]), "SizeRestrictions_BODY")
    error_message = "A body of more than 8 KB is only counted, or no photo would pass."
  }
  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.edge.rule : alltrue([
        for group in rule.statement[0].managed_rule_group_statement :
        group.scope_down_statement[0].label_match_statement[0].key == "kind:browser"
      ])
    ])
    error_message = "Stripe's webhooks are judged by their signature, not by a browser's rules."
  }
  assert {
    condition     = length(distinct([for rule in aws_wafv2_web_acl.edge.rule : rule.priority])) == length(aws_wafv2_web_acl.edge.rule)
    error_message = "Each rule has its turn."
  }

  assert {
    condition = {
      for length in ["157286400", "159999999", "160000000", "200000000", "999999999", "1000000000"] :
      length => can(regex(local.too_large["at_work"].regex, length))
    } == { "157286400" = false, "159999999" = false, "160000000" = true, "200000000" = true, "999999999" = true, "1000000000" = true }
    error_message = "Below /workshop/ and /admin/ twelve pictures of twelve megabytes pass, more does not."
  }
  assert {
    condition     = !can(regex(local.too_large["elsewhere"].regex, "999999")) && can(regex(local.too_large["elsewhere"].regex, "1000000"))
    error_message = "Elsewhere a million bytes are too many."
  }

  assert {
    condition = alltrue([
      for path in ["/webhooks/stripe/", "/callbacks/delivery/"] : can(regex(local.machine_paths, path))
      ]) && alltrue([
      for path in ["/", "/accounts/login/", "/pt/webhooks/", "/p/callbacks/"] : !can(regex(local.machine_paths, path))
    ])
    error_message = "Machines have their own doors, and only those."
  }
  assert {
    condition     = can(regex(local.rates["sign-in"].path, "/pt/accounts/login/")) && !can(regex(local.rates["sign-in"].path, "/account/security/"))
    error_message = "Sign-in is counted in both languages."
  }
}

run "prefix_list_mode_looks_the_origin_up" {
  command = plan
  module {
    source = "./modules/edge"
  }
  variables {
    origin_mode = "prefix_list"
  }

  assert {
    condition     = length(aws_cloudfront_vpc_origin.alb) == 0 && aws_route53_record.origin.name == "origin.makersmarket.example"
    error_message = "CloudFront finds the load balancer by its name."
  }
  assert {
    condition = one([
      for origin in aws_cloudfront_distribution.shop.origin :
      origin.custom_origin_config[0].origin_protocol_policy if origin.origin_id == "shop"
    ]) == "https-only"
    error_message = "CloudFront speaks TLS to the load balancer."
  }
}

run "certificates_and_words_exist_before_the_balancer" {
  command = plan
  module {
    source = "./modules/dns"
  }

  assert {
    condition     = aws_acm_certificate.origin.subject_alternative_names == toset(["origin.makersmarket.example"]) && aws_acm_certificate.edge.domain_name == "makersmarket.example"
    error_message = "The balancer's certificate knows both names, CloudFront's the domain."
  }
  assert {
    condition     = local.generations == ["1", "0", "2"] && alltrue([for word in values(random_password.edge) : word.length == 48 && !word.special && !word.upper])
    error_message = "Today's word, the one before and the next; the balancer knows no case and takes * for a wildcard."
  }
  assert {
    condition     = length(aws_route53_zone.shop) == 1
    error_message = "Without a given zone one is made."
  }
}

run "given_zone_is_used" {
  command = plan
  module {
    source = "./modules/dns"
  }
  variables {
    hosted_zone_id = "Z0123456789ABCDEFGHIJ"
  }

  assert {
    condition     = length(aws_route53_zone.shop) == 0 && output.zone_id == "Z0123456789ABCDEFGHIJ"
    error_message = "A zone that exists is not made again."
  }
}

run "impossible_names_are_refused" {
  command = plan
  module {
    source = "./modules/dns"
  }
  variables {
    name                   = "1 Market"
    domain                 = "https://makersmarket.example"
    hosted_zone_id         = "makersmarket.example"
    secrets_kms_key_arn    = "alias/secrets"
    edge_secret_generation = 0
  }
  expect_failures = [var.name, var.domain, var.hosted_zone_id, var.secrets_kms_key_arn, var.edge_secret_generation]
}

run "impossible_limits_are_refused" {
  command = plan
  module {
    source = "./modules/edge"
  }
  variables {
    origin_mode          = "public"
    price_class          = "PriceClass_0"
    upload_max_megabytes = 30
    rate_limits          = { site = 100, sign_in = 200, api = 5, machines = 10000 }
    public_paths         = ["/account/orders/?page=1"]
  }
  expect_failures = [var.origin_mode, var.price_class, var.upload_max_megabytes, var.rate_limits, var.public_paths]
}

# What stops at the edge. Rules are tried from the lowest priority; the first that blocks, blocks.
# They are the coarse net: the shop's own limits (makers_market/core/limits.py) know people,
# accounts and baskets, and the API's tokens have theirs.

# CloudFront's firewall lives in us-east-1, wherever the shop does.
resource "aws_wafv2_web_acl" "edge" {
  provider = aws.edge

  name        = var.name
  description = "Rates, sizes and known attacks, before the shop sees them"
  scope       = "CLOUDFRONT"
  tags        = var.tags

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = local.kinds
    content {
      name     = "kind-${rule.key}"
      priority = rule.value.priority
      action {
        count {}
      }
      rule_label {
        name = "kind:${rule.key}"
      }
      statement {
        not_statement {
          statement {
            regex_match_statement {
              regex_string = rule.value.others_than
              field_to_match {
                uri_path {}
              }
              text_transformation {
                priority = 0
                type     = "URL_DECODE"
              }
            }
          }
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = false
        metric_name                = "kind-${rule.key}"
        sampled_requests_enabled   = false
      }
    }
  }

  # A body of unknown length (no Content-Length) is read by nobody: Django takes it for empty.
  dynamic "rule" {
    for_each = local.too_large
    content {
      name     = "size-${replace(rule.key, "_", "-")}"
      priority = rule.value.at_work ? 11 : 10
      action {
        block {
          custom_response {
            response_code = 413
          }
        }
      }
      statement {
        and_statement {
          statement {
            regex_match_statement {
              regex_string = rule.value.regex
              field_to_match {
                single_header {
                  name = "content-length"
                }
              }
              text_transformation {
                priority = 0
                type     = "NONE"
              }
            }
          }
          dynamic "statement" {
            for_each = rule.value.at_work ? [local.at_work_paths] : []
            content {
              regex_match_statement {
                regex_string = statement.value
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "URL_DECODE"
                }
              }
            }
          }
          dynamic "statement" {
            for_each = rule.value.at_work ? [] : [local.at_work_paths]
            content {
              not_statement {
                statement {
                  regex_match_statement {
                    regex_string = statement.value
                    field_to_match {
                      uri_path {}
                    }
                    text_transformation {
                      priority = 0
                      type     = "URL_DECODE"
                    }
                  }
                }
              }
            }
          }
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "size-${replace(rule.key, "_", "-")}"
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = local.rates
    content {
      name     = "rate-${rule.key}"
      priority = rule.value.priority
      action {
        block {
          custom_response {
            response_code = 429
            response_header {
              name  = "Retry-After"
              value = "300"
            }
          }
        }
      }
      statement {
        rate_based_statement {
          limit                 = rule.value.limit
          evaluation_window_sec = 300
          aggregate_key_type    = "IP"

          scope_down_statement {
            dynamic "regex_match_statement" {
              for_each = rule.value.path == null ? [] : [rule.value.path]
              content {
                regex_string = regex_match_statement.value
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "URL_DECODE"
                }
              }
            }
            dynamic "label_match_statement" {
              for_each = rule.value.kind == null ? [] : [rule.value.kind]
              content {
                scope = "LABEL"
                key   = label_match_statement.value
              }
            }
          }
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "rate-${rule.key}"
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = local.managed
    content {
      name     = rule.key
      priority = rule.value.priority
      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.value.group

          dynamic "rule_action_override" {
            for_each = rule.value.counted
            content {
              name = rule_action_override.value
              action_to_use {
                count {}
              }
            }
          }
          # Stripe and the carrier come from data centres and send what no browser would.
          scope_down_statement {
            label_match_statement {
              scope = "LABEL"
              key   = "kind:browser"
            }
          }
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  rule {
    name     = "bodies"
    priority = 40
    action {
      block {}
    }
    statement {
      and_statement {
        statement {
          or_statement {
            dynamic "statement" {
              for_each = local.blocked_labels
              content {
                label_match_statement {
                  scope = "LABEL"
                  key   = statement.value
                }
              }
            }
          }
        }
        statement {
          not_statement {
            statement {
              regex_match_statement {
                regex_string = local.at_work_paths
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "URL_DECODE"
                }
              }
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "bodies"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }
}

# The numbers, paths and rule groups of the firewall.

locals {
  # WAF compares a header's text, not its number: 160 MB is "nine digits, from 16 upwards".
  first_digit  = floor(var.upload_max_megabytes / 100)
  second_digit = floor(var.upload_max_megabytes / 10) % 10
  too_large = {
    # Nobody sends files but from the workshop, the desk and with a review: a million bytes and more.
    elsewhere = { at_work = false, regex = "^[0-9]{7,}$" }
    # Twelve pictures of twelve megabytes are one form (makers_market/core/upload_limits.py).
    at_work = {
      at_work = true
      regex = join("|", [
        "^${local.first_digit}[${local.second_digit}-9][0-9]{7}$", "^[${local.first_digit + 1}-9][0-9]{8}$", "^[0-9]{10,}$",
      ])
    }
  }

  # With a review go four pictures (orders/views/review.py).
  at_work_paths = "^/(workshop|admin)/|^(/pt)?/order/[^/]+/review/"
  # Machines that sign their calls: what they send is none of a browser's business.
  machine_paths = "^/(webhooks|callbacks)/"

  # Scopes are told by label: what a request is NOT cannot be said where a rule narrows its scope.
  kinds = {
    browser = { priority = 1, others_than = local.machine_paths }
    # Files are not counted: a page of pictures is a hundred of them.
    page = { priority = 2, others_than = "^/(static|media|webhooks|callbacks)/" }
  }

  rates = {
    sign-in  = { priority = 20, limit = var.rate_limits.sign_in, path = "^(/pt)?/accounts/", kind = null }
    api      = { priority = 21, limit = var.rate_limits.api, path = "^(/pt)?/api/", kind = null }
    machines = { priority = 22, limit = var.rate_limits.machines, path = local.machine_paths, kind = null }
    site     = { priority = 23, limit = var.rate_limits.site, path = null, kind = "kind:page" }
  }

  # Rules that read bodies are only counted: a photo's bytes look like anything. What they found is
  # a label, and the rule `bodies` blocks by label wherever no photos are sent.
  managed = {
    reputation = { priority = 30, group = "AWSManagedRulesAmazonIpReputationList", counted = [] }
    known-bad  = { priority = 31, group = "AWSManagedRulesKnownBadInputsRuleSet", counted = [] }
    common     = { priority = 32, group = "AWSManagedRulesCommonRuleSet", counted = ["SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY"] }
    sql        = { priority = 33, group = "AWSManagedRulesSQLiRuleSet", counted = ["SQLi_BODY", "SQLiExtendedPatterns_BODY"] }
  }
  blocked_labels = [
    "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
    "awswaf:managed:aws:core-rule-set:GenericRFI_Body",
    "awswaf:managed:aws:sql-database:SQLi_Body",
    "awswaf:managed:aws:sql-database:SQLiExtendedPatterns_Body",
  ]
}

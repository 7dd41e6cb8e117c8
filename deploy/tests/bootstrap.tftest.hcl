# Whom CI's roles trust, and what bootstrap/ refuses.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name              = "makers-market"
  github_repository = "makers-123/market-456"
}

run "roles_trust_one_repository_and_exact_subjects" {
  command = plan
  module {
    source = "./bootstrap"
  }

  assert {
    condition     = !anytrue([for subject in flatten(values(local.subjects)) : strcontains(subject, "*") || strcontains(subject, "?")])
    error_message = "A wildcard in a subject lets other branches or repositories in."
  }
  assert {
    condition     = local.subjects["apply"] == ["repo:makers-123/market-456:environment:infrastructure"] && local.subjects["deploy"] == ["repo:makers-123/market-456:environment:production"]
    error_message = "Apply and deploy each need their environment's approval."
  }
  assert {
    condition     = !contains(local.subjects["plan"], local.subjects["apply"][0]) && length(local.subjects["plan"]) == 2
    error_message = "A pull request may plan and nothing else."
  }
  assert {
    condition     = aws_iam_role.ci["plan"].permissions_boundary == null && toset(keys(aws_iam_role.ci)) == toset(["plan", "apply", "deploy"])
    error_message = "There are three roles."
  }
}

run "the_state_is_private_and_has_versions" {
  command = plan
  module {
    source = "./bootstrap"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_public_access_block.state.restrict_public_buckets && aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "The state's bucket must be private and keep old states."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms" && aws_kms_key.state.enable_key_rotation
    error_message = "The state must lie under a key of its own."
  }
}

run "refuses_a_wildcard_repository" {
  command = plan
  module {
    source = "./bootstrap"
  }
  variables {
    github_repository = "makers/*"
  }

  expect_failures = [var.github_repository]
}

run "refuses_a_wrong_name_of_the_shop" {
  command = plan
  module {
    source = "./bootstrap"
  }
  variables {
    name = "*"
  }

  expect_failures = [var.name]
}

run "refuses_a_wrong_region_of_the_state" {
  command = plan
  module {
    source = "./bootstrap"
  }
  variables {
    region = "ireland"
  }

  expect_failures = [var.region]
}

run "refuses_a_wildcard_environment_for_apply" {
  command = plan
  module {
    source = "./bootstrap"
  }
  variables {
    apply_environment = "*"
  }

  expect_failures = [var.apply_environment]
}

run "refuses_one_environment_for_both" {
  command = plan
  module {
    source = "./bootstrap"
  }
  variables {
    deploy_environment = "infrastructure"
  }

  expect_failures = [var.deploy_environment]
}

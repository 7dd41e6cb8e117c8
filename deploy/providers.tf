provider "aws" {
  region = var.region
  # A wrong profile stops here instead of making a second shop in somebody else's account.
  allowed_account_ids = var.account_id == "" ? null : [var.account_id]
  default_tags {
    tags = local.tags
  }
}

# CloudFront takes its certificate, its web ACL and their log delivery from here and nowhere else.
provider "aws" {
  alias               = "edge"
  region              = "us-east-1"
  allowed_account_ids = var.account_id == "" ? null : [var.account_id]
  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Project = var.name, ManagedBy = "terraform", Part = "bootstrap" }
  }
}

data "aws_caller_identity" "here" {}

locals {
  account = data.aws_caller_identity.here.account_id
  # What CI's own roles and policies begin with: what CI applies may touch none of them.
  ci = "${var.name}-ci"
}

terraform {
  required_version = ">= 1.11" # write-only arguments and S3's own lock files
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Before 6.26 a plan read the value of every secret made here, which CI's plan role may not.
      version = "~> 6.26"
    }
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
}

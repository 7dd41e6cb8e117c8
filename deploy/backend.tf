# Where the state lies is said by envs/TIER.s3.tfbackend; bootstrap/ makes that bucket.
terraform {
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

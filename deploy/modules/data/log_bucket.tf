# Access logs of CloudFront and the media bucket. S3 writes its own only to a bucket under S3's own
# key (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
resource "aws_s3_bucket" "logs" {
  bucket = "${var.name}-logs-${data.aws_caller_identity.here.account_id}"
  tags   = var.tags
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# Access logs hold addresses of people: they end.
resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "end"
    status = "Enabled"
    filter {
      prefix = "" # everything
    }
    expiration {
      days = var.access_log_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 7
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.logs]
}

locals {
  account = data.aws_caller_identity.here.account_id
  # Who writes where: the service, the folders, and what it must say it is writing for.
  log_writers = {
    CloudFront = {
      service = "delivery.logs.amazonaws.com"
      folders = ["cloudfront/*", "AWSLogs/${local.account}/*"]
      sources = ["arn:aws:logs:us-east-1:${local.account}:delivery-source:*"]
    }
    Buckets = {
      service = "logging.s3.amazonaws.com"
      folders = ["s3/*"]
      sources = [aws_s3_bucket.media.arn]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  dynamic "statement" {
    for_each = local.log_writers
    content {
      sid       = statement.key
      actions   = ["s3:PutObject"]
      resources = [for folder in statement.value.folders : "${aws_s3_bucket.logs.arn}/${folder}"]
      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = statement.value.sources
      }
    }
  }
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket     = aws_s3_bucket.logs.id
  policy     = data.aws_iam_policy_document.logs.json
  depends_on = [aws_s3_bucket_public_access_block.logs]
}

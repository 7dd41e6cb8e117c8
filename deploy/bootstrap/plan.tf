# A plan reads how things are set up. A pull request runs it, so it must not read what people
# keep: pictures, log lines, messages, secrets.
resource "aws_iam_role_policy_attachment" "plan_reads" {
  role       = aws_iam_role.ci["plan"].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "State"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.state.arn}/*"]
  }
  statement {
    sid       = "StateLock"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.state.arn}/*.tflock"]
  }
  statement {
    sid       = "StateKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.state.arn]
  }
  statement {
    sid           = "NoContents"
    effect        = "Deny"
    actions       = ["s3:GetObject*"]
    not_resources = ["${aws_s3_bucket.state.arn}/*"]
  }
  statement {
    sid    = "NoData"
    effect = "Deny"
    actions = [
      "cognito-idp:AdminGet*", "cognito-idp:ListUsers*",
      "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
      "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartQuery", "logs:StartLiveTail",
      "rds:DownloadDBLogFilePortion", "rds:DownloadCompleteDBLogFile",
      "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue",
      "sqs:ReceiveMessage",
      "ssm:GetParameter*",
      "xray:BatchGetTraces", "xray:GetTraceSummaries",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "plan" {
  name   = "state-and-no-contents"
  role   = aws_iam_role.ci["plan"].id
  policy = data.aws_iam_policy_document.plan.json
}

# A shop in two zones. Change what is yours; what is secret or changes with
# each build is no line here: image_digest and google_client_secret come as TF_VAR_….
tier   = "production"
name   = "makers-market"
region = "eu-west-1"

domain                = "makersmarket.example"
origin_mode           = "vpc_origin"
cognito_domain_prefix = "makers-market-shop"

mail_from = "Makers Market <orders@makersmarket.example>"
market = {
  legal_name = "Makers Market, Lda."
  address    = "Rua do Poço dos Negros 12, 1200-340 Lisboa, Portugal"
  email      = "hello@makersmarket.example"
  nif        = "PT500000000"
}

alert_email        = "operators@makersmarket.example"
runbooks_url       = "https://github.com/makers-market/makers-market/blob/main/docs/runbooks"
monthly_budget_usd = 900

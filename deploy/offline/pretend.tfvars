# What envs/*.tfvars leave out on purpose, for runs that reach no cloud. Nothing here opens a door.
image_digest         = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
google_client_id     = "0-offline.apps.googleusercontent.com"
google_client_secret = "offline"

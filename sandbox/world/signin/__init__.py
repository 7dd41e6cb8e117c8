"""A user pool that vouches for four people at one click, shaped like Amazon Cognito's.

OpenID Connect with PKCE, for one client; the pool "knows" Google in its turn. Its keys are made
anew at every start.
"""

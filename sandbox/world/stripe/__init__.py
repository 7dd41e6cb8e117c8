"""A stand-in for Stripe: the part of its API, hosted page and webhooks that the shop uses.

Start it with `python -m sandbox.world.stripe --help`. It is never easier than Stripe: requests
are held to the parameter types of the installed SDK, objects carry every key of Stripe's own
examples, and events are signed. No money moves.
"""

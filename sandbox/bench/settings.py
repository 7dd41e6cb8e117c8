"""The shop's settings with one page more: the static one that all others are compared with."""

from makers_market.settings import *  # noqa: F403

ROOT_URLCONF = "sandbox.bench.urls"

"""The desk's own pages in the back rooms: each module registers its rooms."""

from makers_market.desk import (
    audit_page,
    jobs_page,
    market,
    moderating_reviews,
    moderation,
    shops,
    view_as,
    workshop,
)

__all__ = [
    "audit_page",
    "jobs_page",
    "market",
    "moderating_reviews",
    "moderation",
    "shops",
    "view_as",
    "workshop",
]

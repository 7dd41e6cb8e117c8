"""Doors of the shop: pages, feeds and the little forms on them."""

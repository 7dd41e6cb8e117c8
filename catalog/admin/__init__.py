"""Doors for makers and operators into the catalogue."""

from catalog.admin import imports, pieces, reviews, shelves, shop, stock, terms

__all__ = ["imports", "pieces", "reviews", "shelves", "shop", "stock", "terms"]

"""Doors for makers and operators into the catalogue."""

from catalog.admin import pieces, shelves, shop, stock

__all__ = ["pieces", "shelves", "shop", "stock"]

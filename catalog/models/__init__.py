"""The catalogue: shelves, pieces in variants, their stock and their pictures."""

from catalog.models.pictures import Picture, Upload
from catalog.models.products import (
    NEW_FOR_DAYS,
    QUANTITY_MAX,
    Product,
    ProductMove,
    ProductQuerySet,
    Revision,
    RevisionQuerySet,
    Variant,
)
from catalog.models.shelves import Category, CategorySlug, Collection, CollectionPiece, Page
from catalog.models.stock import Stock, StockMovement
from catalog.models.words import counted, in_language, value_label

__all__ = [
    "NEW_FOR_DAYS",
    "QUANTITY_MAX",
    "Category",
    "CategorySlug",
    "Collection",
    "CollectionPiece",
    "Page",
    "Picture",
    "Product",
    "ProductMove",
    "ProductQuerySet",
    "Revision",
    "RevisionQuerySet",
    "Stock",
    "StockMovement",
    "Upload",
    "Variant",
    "counted",
    "in_language",
    "value_label",
]

"""The catalogue: shelves, pieces in variants, their stock, their pictures, and what is said."""

from catalog.models.imports import Import
from catalog.models.listings import Listing
from catalog.models.making import FIELDS_MAX, PersonalField
from catalog.models.pictures import Picture, Upload
from catalog.models.products import (
    NEW_FOR_DAYS,
    QUANTITY_MAX,
    PriceChange,
    Product,
    ProductMove,
    ProductQuerySet,
    ProductSlug,
    Revision,
    RevisionQuerySet,
    Variant,
)
from catalog.models.reviews import MakerRating, Review, ReviewPicture, ReviewReport, ReviewVote
from catalog.models.shelves import Category, CategorySlug, Collection, CollectionPiece, Page
from catalog.models.stock import Stock, StockMovement
from catalog.models.terms import Synonym, Term, Word
from catalog.models.wishes import Follow, SavedList, SavedPiece, StockAlert
from catalog.models.words import counted, in_language, value_label
from catalog.models.workload import Workload, opening_week, room_left, week_of

__all__ = [
    "FIELDS_MAX",
    "NEW_FOR_DAYS",
    "QUANTITY_MAX",
    "Category",
    "CategorySlug",
    "Collection",
    "CollectionPiece",
    "Follow",
    "Import",
    "Listing",
    "MakerRating",
    "Page",
    "PersonalField",
    "Picture",
    "PriceChange",
    "Product",
    "ProductMove",
    "ProductQuerySet",
    "ProductSlug",
    "Review",
    "ReviewPicture",
    "ReviewReport",
    "ReviewVote",
    "Revision",
    "RevisionQuerySet",
    "SavedList",
    "SavedPiece",
    "Stock",
    "StockAlert",
    "StockMovement",
    "Synonym",
    "Term",
    "Upload",
    "Variant",
    "Word",
    "Workload",
    "counted",
    "in_language",
    "opening_week",
    "room_left",
    "value_label",
    "week_of",
]

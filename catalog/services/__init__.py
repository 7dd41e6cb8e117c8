"""The verbs of the catalogue: stock moves in `stocking`, pieces are shown in `showing`."""

from catalog.services.showing import (
    PictureFile,
    add_picture,
    arrange_category,
    list_product,
    make_derivatives,
    offer_variant,
)
from catalog.services.stocking import (
    Holding,
    SoldOut,
    hold_stock,
    receive_stock,
    release_stock,
    return_stock,
    sell_stock,
)

__all__ = [
    "Holding",
    "PictureFile",
    "SoldOut",
    "add_picture",
    "arrange_category",
    "hold_stock",
    "list_product",
    "make_derivatives",
    "offer_variant",
    "receive_stock",
    "release_stock",
    "return_stock",
    "sell_stock",
]

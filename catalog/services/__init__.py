"""The verbs of the catalogue: stock moves in `stocking`, pieces are shown in `showing`.

Makers write pieces in `writing_pieces`, send pictures in `uploading` (the originals lie in
`keeping`) and bring both to shoppers in `publishing`; moderators decide in `reviewing`. What waits
for them is kept in `staging`.
"""

from catalog.services.bannering import begin_banner, prepare_banner
from catalog.services.keeping import (
    NotKept,
    Original,
    drop_original,
    leave_original,
    store_original,
    sweep_originals,
)
from catalog.services.publishing import (
    bring_back_piece,
    retire_piece,
    submit_piece,
    withdraw_piece,
    withdraw_revision,
)
from catalog.services.reviewing import (
    MakerNotApproved,
    ReasonNeeded,
    approve_product,
    approve_revision,
    changes_of,
    reject_product,
    reject_revision,
)
from catalog.services.showing import (
    PictureFile,
    add_picture,
    arrange_category,
    list_product,
    make_derivatives,
    offer_variant,
)
from catalog.services.staging import ChangedMeanwhile, InReview, NotComplete, NotTheirs
from catalog.services.stocking import (
    HeldByOrders,
    Holding,
    Outdated,
    SoldOut,
    TooMany,
    correct_stock,
    hold_stock,
    receive_stock,
    release_stock,
    return_stock,
    sell_stock,
    take_stock_away,
)
from catalog.services.uploading import (
    Placed,
    arrange_gallery,
    begin_uploads,
    discard_upload,
    prepare_upload,
)
from catalog.services.writing_pieces import (
    Choice,
    Offer,
    PriceOutOfBounds,
    change_offers,
    draft_piece,
    save_words,
    set_price,
)

__all__ = [
    "ChangedMeanwhile",
    "Choice",
    "HeldByOrders",
    "Holding",
    "InReview",
    "MakerNotApproved",
    "NotComplete",
    "NotKept",
    "NotTheirs",
    "Offer",
    "Original",
    "Outdated",
    "PictureFile",
    "Placed",
    "PriceOutOfBounds",
    "ReasonNeeded",
    "SoldOut",
    "TooMany",
    "add_picture",
    "approve_product",
    "approve_revision",
    "arrange_category",
    "arrange_gallery",
    "begin_banner",
    "begin_uploads",
    "bring_back_piece",
    "change_offers",
    "changes_of",
    "correct_stock",
    "discard_upload",
    "draft_piece",
    "drop_original",
    "hold_stock",
    "leave_original",
    "list_product",
    "make_derivatives",
    "offer_variant",
    "prepare_banner",
    "prepare_upload",
    "receive_stock",
    "reject_product",
    "reject_revision",
    "release_stock",
    "retire_piece",
    "return_stock",
    "save_words",
    "sell_stock",
    "set_price",
    "store_original",
    "submit_piece",
    "sweep_originals",
    "take_stock_away",
    "withdraw_piece",
    "withdraw_revision",
]

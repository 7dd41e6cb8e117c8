"""Facts of the catalogue; each is sent inside the transaction that makes it true, with ids."""

from django.dispatch import Signal

# told when a moderator put a piece on sale or sent it back; carries move_id
product_decided = Signal()
# told when a moderator accepted or refused a change of a piece; carries revision_id
revision_decided = Signal()
# told when a category was renamed or moved; carries category_id
category_changed = Signal()
# told when a material or colour was renamed or moved; carries term_id
term_changed = Signal()
# told when a maker sent a picture, whose original is stored; carries upload_id
picture_sent = Signal()
# told when a maker sent a wide picture for the shop page; carries upload_id
banner_sent = Signal()
# told when a workshop sent a sheet of pieces, which is stored; carries import_id
import_sent = Signal()
# told when a workshop wants a checked sheet brought in; carries import_id
import_started = Signal()
# told when an import has ended and its sheet is not needed any more; carries import_uuid
sheet_unneeded = Signal()
# told when nobody needs the original of a picture any more; carries upload_uuid
original_unneeded = Signal()
# told when none of a variant were for sale and now some are; carries variant_id
stock_returned = Signal()
# told when a buyer published a review; carries review_id
review_written = Signal()
# told when a maker answered a review for the first time; carries review_id
review_replied = Signal()
# told when a moderator hid a review; carries review_id
review_hidden = Signal()
# told when a review got a picture, whose original is stored; carries picture_id
review_picture_sent = Signal()
# told when a movement took what is on hand of a piece down to the last few; carries movement_id
stock_ran_low = Signal()

"""Facts of the catalogue; each is sent inside the transaction that makes it true, with ids."""

from django.dispatch import Signal

# told when a moderator put a piece on sale or sent it back; carries move_id
product_decided = Signal()
# told when a moderator accepted or refused a change of a piece; carries revision_id
revision_decided = Signal()
# told when a maker sent a picture, whose original is stored; carries upload_id
picture_sent = Signal()
# told when a maker sent a wide picture for the shop page; carries upload_id
banner_sent = Signal()
# told when nobody needs the original of a picture any more; carries upload_uuid
original_unneeded = Signal()

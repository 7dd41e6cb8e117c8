"""Facts of people and workshops; each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

# told when an operator decided about a workshop, with a reason or without; carries move_id
maker_decided = Signal()
# told when a workshop has another name or place than before; carries maker_id
maker_renamed = Signal()
# told when an owner asked somebody by e-mail to join a workshop; carries invitation_id
member_invited = Signal()
# told when an account's person must hear something by mail; carries kind, recipient, language and
# facts (code, old address …), for no row holds them
account_mail_wished = Signal()

"""People join and workshops open."""

from typing import Any

from django.db import transaction

from accounts.models import Maker, Membership, User
from accounts.services.joining import vouch_for_address
from accounts.signals import maker_renamed


@transaction.atomic
def register_user(*, email: str, password: str, name: str = "", **fields: Any) -> User:
    """Register a person with this password, or renew name and password of one who is there.

    Their address is taken for proven: they can sign in at once.
    """
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, **fields)
        vouch_for_address(user)
        return user
    if not user.check_password(password):
        user.set_password(password)
    user.name = name
    for field, value in fields.items():
        setattr(user, field, value)
    user.save()
    vouch_for_address(user)
    return user


@transaction.atomic
def open_workshop(*, slug: str, team: list[User], **fields: Any) -> Maker:
    """Open an approved workshop with its owners, or renew the description of one that is there."""
    fields = fields | {"status": Maker.APPROVED, "is_open": True}
    before = Maker.objects.filter(slug=slug).values_list("name", "place").first()
    maker, _created = Maker.objects.update_or_create(slug=slug, defaults=fields)
    if before not in {None, (maker.name, maker.place)}:
        maker_renamed.send(Maker, maker_id=maker.pk)
    for user in team:
        Membership.objects.get_or_create(maker=maker, user=user)
    return maker

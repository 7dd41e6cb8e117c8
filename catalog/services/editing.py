"""Rows that operators edit: saved only as they were seen, with what changed for the audit log."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection
from makers_market.core.errors import Refusal


class EditedMeanwhile(Refusal):
    """Somebody else saved it after this page was opened."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else changed this meanwhile. Open it again and compare."))


def seen_of(row: Any) -> str:
    """Name the state of a row (32 hexadecimal digits); the empty word for one not saved yet."""
    if row is None or row.pk is None:
        return ""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    if isinstance(row, Collection):
        fields["pieces"] = list(row.pieces.values_list("product_id", flat=True))
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:32]


def locked_as_seen[Row: Model](model: type[Row], pk: int | None, seen: str) -> Row:
    """Lock a row and refuse if it is not what was seen; a new one is made of nothing."""
    if pk is None:
        return model()
    row: Row = model._default_manager.select_for_update().get(pk=pk)
    if seen_of(row) != seen:
        raise EditedMeanwhile
    return row


def set_fields(row: Any, fields: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set fields and give those that changed, as (before, after)."""
    changes = {
        name: (getattr(row, name), value)
        for name, value in fields.items()
        if getattr(row, name) != value
    }
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    return changes

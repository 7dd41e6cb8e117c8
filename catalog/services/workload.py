"""Room in a workshop's week: taken by made-to-order pieces, given back when they are not made.

Workloads are locked after all stock, in primary-key order, and changed by one conditional UPDATE
that begins a new week by itself: a clock that runs behind never brings an old week back.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.models import Workload, week_of

# The lock is taken by the SELECT inside, in order; the UPDATE then reads what was locked.
TAKE = """
WITH locked AS MATERIALIZED (
    SELECT maker_id FROM catalog_workload WHERE maker_id = ANY(%(makers)s::bigint[])
    ORDER BY maker_id FOR NO KEY UPDATE
), wish AS (
    SELECT * FROM unnest(%(makers)s::bigint[], %(quantities)s::int[]) AS w (maker_id, quantity)
    JOIN locked USING (maker_id)
)
UPDATE catalog_workload AS load
SET taken = wish.quantity + CASE WHEN load.week >= %(week)s::date THEN load.taken ELSE 0 END,
    week = GREATEST(load.week, %(week)s::date)
FROM wish
WHERE load.maker_id = wish.maker_id AND (
    load.per_week IS NULL OR load.per_week >=
    wish.quantity + CASE WHEN load.week >= %(week)s::date THEN load.taken ELSE 0 END
)
RETURNING load.maker_id, load.week
"""
GIVE_BACK = """
UPDATE catalog_workload AS load SET taken = load.taken - back.quantity
FROM unnest(%s::bigint[], %s::int[], %s::date[]) AS back (maker_id, quantity, week)
WHERE load.maker_id = back.maker_id AND load.week = back.week
"""


def take_room(wishes: Mapping[int, int], *, at: datetime) -> dict[int, date]:
    """Take room in this week (maker id → pieces); gives the Monday for each maker who had room.

    Locks the workloads in primary-key order, making those that are not there yet. The caller
    rolls back when a maker is missing in the answer: that week is full.
    """
    week = week_of(timezone.localdate(at))
    taken = _take(wishes, week)
    if len(taken) < len(wishes):
        short = {pk: wishes[pk] for pk in sorted(wishes.keys() - taken.keys())}
        rows = [Workload(maker_id=pk) for pk in short]
        Workload.objects.bulk_create(rows, ignore_conflicts=True)
        taken |= _take(short, week)
    return taken


def _take(wishes: Mapping[int, int], week: date) -> dict[int, date]:
    ids = sorted(wishes)
    asked: dict[str, Any] = {"makers": ids, "quantities": [wishes[pk] for pk in ids], "week": week}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, asked)
        return dict(cursor.fetchall())


def give_room_back(taken: Counter[tuple[int, date]]) -> None:
    """Give room back ((maker id, Monday) → pieces), in those weeks that are still the latest.

    Locks the workloads in primary-key order.
    """
    if not taken:
        return
    makers = {maker for maker, _week in taken}
    loads = Workload.objects.filter(pk__in=makers).order_by("pk").select_for_update(no_key=True)
    for _load in loads:
        pass
    rows = sorted(taken.items())
    with connection.cursor() as cursor:
        cursor.execute(
            GIVE_BACK,
            [
                [maker for (maker, _week), _quantity in rows],
                [quantity for _key, quantity in rows],
                [week for (_maker, week), _quantity in rows],
            ],
        )

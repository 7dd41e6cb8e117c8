"""Limits: how often something may be tried, counted in PostgreSQL whatever else is down.

A counter is a row in the table of the database cache, changed by one statement, so that of any
number of tries at once exactly as many are let through as the limit says. The library's own
limiter reads, computes and writes under a lock that is itself a cache row: it holds too, but turns
real people away while it waits (docs/adr/0006).
"""

import ipaddress
from typing import Literal, NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from makers_market.core.db import as_app
from makers_market.core.errors import TooMany
from makers_market.core.http import address_of

# One household or one rented server holds a whole network of this size.
IPV6_PREFIX = 64
TABLE = settings.CACHES["default"]["LOCATION"]
COUNT = f"""
INSERT INTO {TABLE} AS kept (cache_key, value, expires)
VALUES (%(key)s, '1', clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (cache_key) DO UPDATE SET
    value = CASE WHEN kept.expires > clock_timestamp() THEN (kept.value::bigint + 1)::text
            ELSE '1' END,
    expires = CASE WHEN kept.expires > clock_timestamp() THEN kept.expires
              ELSE excluded.expires END
RETURNING value::bigint, ceil(extract(epoch FROM expires - clock_timestamp()))::int
"""  # noqa: S608  # the table's name is a setting
GIVE_BACK = f"""
UPDATE {TABLE} SET value = (value::bigint - 1)::text
WHERE cache_key = %s AND expires > clock_timestamp() AND value::bigint > 0
"""  # noqa: S608
FORGET = f"DELETE FROM {TABLE} WHERE cache_key = %s"  # noqa: S608
SWEEP = f"DELETE FROM {TABLE} WHERE expires < clock_timestamp()"  # noqa: S608


class Room(NamedTuple):
    """How many tries are left, and in how many seconds all of them are there again."""

    left: int
    seconds: int


def take(request: HttpRequest, action: str, *, per: Literal["user", "address"]) -> Room:
    """Count one try of this request's person or address; raises TooMany above the limit.

    For doors, before their service: `take(request, "uploads", per="user")`. The amounts are
    `settings.LIMITS[action]`. Somebody who is not signed in counts by address.
    """
    is_known = per == "user" and request.user.is_authenticated
    return spend(action, f"user:{request.user.pk}" if is_known else place_of(request))


def place_of(request: HttpRequest) -> str:
    """Give the address a request counts for: of IPv6 the /64 network that one line is given."""
    address = address_of(request)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


def spend(action: str, who: str) -> Room:
    """Count one try of `who`; raises TooMany when it is more than `settings.LIMITS[action]` allows.

    The time begins with the first try and is over for all of them at once. Call it outside a
    transaction: rolled back, it would not have counted. In the workshop, whose requests are one
    transaction, it counts unless the request ends in an error of ours.
    """
    amount, seconds = settings.LIMITS[action]
    with as_app(), connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": _key(action, who), "seconds": seconds})
        count, remaining = cursor.fetchone()
    if count > amount:
        raise TooMany(max(remaining, 1))
    return Room(amount - count, remaining)


def give_back(action: str, who: str) -> None:
    """Take one counted try back: it turned out to be rightful."""
    _run(GIVE_BACK, [_key(action, who)])


def forget(action: str, who: str) -> None:
    """Begin anew for `who`."""
    _run(FORGET, [_key(action, who)])


def sweep() -> None:
    """Delete whatever of the database cache is over: the cache itself does so only when read."""
    _run(SWEEP, [])


def _run(statement: str, values: list[str]) -> None:
    with as_app(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def _key(action: str, who: str) -> str:
    """Name the row; whose it is can be recomputed but not read."""
    return f"limits:{action}:{salted_hmac('limits', who, algorithm='sha256').hexdigest()}"

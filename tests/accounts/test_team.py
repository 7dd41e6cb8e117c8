"""The team of a workshop: roles, invitations by e-mail, and who may not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Maker, Membership, User
from accounts.queries import invitation_path
from accounts.services import teaming
from accounts.signals import member_invited
from makers_market.core.audit_log import personal
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
TEAM = "/workshop/team/"
WANTED = {"email": "Ada@Example.com", "role": "packer"}


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def zed(db: None) -> Maker:
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def told() -> Any:
    heard: list[int] = []

    def hear(invitation_id: int, **kwargs: Any) -> None:
        heard.append(invitation_id)

    member_invited.connect(hear)
    yield heard
    member_invited.disconnect(hear)


def join(maker: Maker, role: str, email: str = "") -> Membership:
    return Membership.objects.create(maker=maker, user=factories.user(email), role=role)


def invite(maker: Maker, **fields: Any) -> Invitation:
    by = f"user:{maker.memberships.order_by('pk')[0].user_id}"
    sent = {"email": "ada@example.com", "role": "packer", "by": by, "at": timezone.now()}
    return teaming.invite_member(maker.pk, **(sent | fields))


def team_of(maker: Maker) -> set[tuple[str, str]]:
    return set(maker.memberships.values_list("user__email", "role"))


def test_team_page_lists_members_and_invitations(at_mo_s: Client, mo: Maker, zed: Maker):
    join(mo, "packer", "pia@example.com")
    invite(mo)
    invite(zed, email="zoe@example.com")

    page = at_mo_s.get(TEAM).text

    for email in ("mo@example.com", "pia@example.com", "ada@example.com"):
        assert email in page
    for email in ("zed@example.com", "zoe@example.com"):
        assert email not in page


def test_invite_asks_once_by_mail(at_mo_s: Client, mo: Maker, told: list[int]):
    for _again in range(2):
        at_mo_s.post(f"{TEAM}invite/", WANTED)

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.maker) == (
        "ada@example.com",
        "packer",
        mo,
    )
    assert invitation.invited_by == mo.members.get()
    assert invitation.expires_at - invitation.invited_at == timedelta(days=7)
    assert told == [invitation.pk]
    entry = AuditEntry.objects.get(action="team.invited")
    assert entry.changes["email"] == ["", personal("ada@example.com")]


def test_invite_as_something_else_makes_a_new_link(mo: Maker, shopper: Client, told: list[int]):
    first = invite(mo)
    old = invitation_path(first)

    second = invite(mo, role="writer")

    assert list(Invitation.objects.values_list("role", flat=True)) == ["writer"]
    assert told == [first.pk, second.pk]
    ada = factories.user("ada@example.com")
    assert signed_in(ada).post(old).status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [{"email": "no"}, {"email": ""}, {"email": "a\x00@example.com"}, {"role": "admin"},
     {"role": ""}, {"email": f"{'x' * 250}@example.com"}],
)  # fmt: skip
def test_invite_of_nobody_or_as_nothing_is_refused(
    at_mo_s: Client, mo: Maker, told: list[int], wanted: dict[str, str]
):
    answer = at_mo_s.post(f"{TEAM}invite/", WANTED | wanted)

    assert answer.status_code == 422
    assert not Invitation.objects.exists()
    assert told == []


def test_invite_of_a_member_is_refused(at_mo_s: Client, mo: Maker):
    join(mo, "packer", "pia@example.com")

    answer = at_mo_s.post(f"{TEAM}invite/", WANTED | {"email": "PIA@example.com"}, follow=True)

    assert "in your team already" in answer.text
    assert not Invitation.objects.exists()


def test_invite_beyond_twenty_is_refused(mo: Maker):
    for number in range(19):
        invite(mo, email=f"p{number}@example.com")

    with pytest.raises(teaming.TeamFull):
        invite(mo)

    assert Invitation.objects.count() == 19


def test_invite_has_a_daily_limit(at_mo_s: Client, mo: Maker, settings: Any, told: list[int]):
    settings.LIMITS = settings.LIMITS | {"invitations": (2, 60)}

    for number in range(3):
        at_mo_s.post(f"{TEAM}invite/", {"email": f"p{number}@example.com", "role": "packer"})

    assert len(told) == 2


def test_invite_takes_the_workshop_from_the_session(at_mo_s: Client, mo: Maker, zed: Maker):
    forged = {"maker": zed.pk, "maker_id": zed.pk, "accepted_at": "2026-01-01", "invited_by": "1"}

    at_mo_s.post(f"{TEAM}invite/", WANTED | forged)

    invitation = Invitation.objects.get()
    assert (invitation.maker, invitation.accepted_at) == (mo, None)


def test_accept_makes_a_member_once(mo: Maker, ada: User):
    path = invitation_path(invite(mo))
    at_ada_s = signed_in(ada)

    page = at_ada_s.get(path)
    assert "Join the team of Mo" in page.text
    assert team_of(mo) == {("mo@example.com", "owner")}
    for _again in range(2):
        answer = at_ada_s.post(path)
        assert answer.headers["Location"] == "/workshop/"

    assert team_of(mo) == {("mo@example.com", "owner"), ("ada@example.com", "packer")}
    assert AuditEntry.objects.filter(action="team.joined").count() == 1


def test_accept_needs_the_verified_address(mo: Maker, eve: User):
    path = invitation_path(invite(mo))
    EmailAddress.objects.create(user=eve, email="ada@example.com", verified=False)
    unverified = factories.user("ada@example.com")
    EmailAddress.objects.filter(user=unverified).update(verified=False)

    for person in (eve, unverified):
        at_theirs = signed_in(person)
        for answer in (at_theirs.get(path), at_theirs.post(path)):
            assert answer.status_code == 403
            assert "another e-mail address" in answer.text
            assert "Mo" not in answer.text.replace("Mon", "")

    assert team_of(mo) == {("mo@example.com", "owner")}


def test_accept_asks_to_sign_in(mo: Maker, shopper: Client):
    path = invitation_path(invite(mo))

    for answer in (shopper.get(path), shopper.post(path)):
        assert answer.status_code == 302
        assert "/accounts/login/" in answer.headers["Location"]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_accept_is_over_after_seven_days(mo: Maker, ada: User, late: timedelta):
    invitation = invite(mo, at=timezone.now() - timedelta(days=7) - late)

    answer = signed_in(ada).post(invitation_path(invitation))

    assert answer.status_code == 403
    assert "This invitation is over." in answer.text
    assert team_of(mo) == {("mo@example.com", "owner")}


def test_accept_does_not_bring_a_removed_member_back(at_mo_s: Client, mo: Maker, ada: User):
    path = invitation_path(invite(mo))
    at_ada_s = signed_in(ada)
    at_ada_s.post(path)
    at_mo_s.post(f"{TEAM}{Membership.objects.get(user=ada).pk}/remove/")

    assert at_ada_s.post(path).status_code == 403
    assert team_of(mo) == {("mo@example.com", "owner")}


def test_accept_leaves_the_role_of_a_member(mo: Maker):
    invitation = invite(mo, role="owner")
    ada = join(mo, "packer", "ada@example.com").user

    signed_in(ada).post(invitation_path(invitation))

    assert ("ada@example.com", "packer") in team_of(mo)


@pytest.mark.parametrize("token", ["x", "a:b:c", "x" * 500])
def test_forged_invitation_is_404(ada: User, token: str):
    assert signed_in(ada).post(f"/sell/join/{token}/").status_code == 404


def test_invitation_signed_for_another_purpose_is_404(mo: Maker, ada: User):
    invitation = invite(mo)

    forged = signing.dumps(str(invitation.uuid), salt="something.else")

    assert signed_in(ada).post(f"/sell/join/{forged}/").status_code == 404
    assert team_of(mo) == {("mo@example.com", "owner")}


def test_cancelled_invitation_leads_nowhere(at_mo_s: Client, mo: Maker, ada: User):
    invitation = invite(mo)
    path = invitation_path(invitation)

    at_mo_s.post(f"{TEAM}invitations/{invitation.pk}/cancel/")

    assert signed_in(ada).post(path).status_code == 404
    assert team_of(mo) == {("mo@example.com", "owner")}


def test_role_changes_count_at_the_next_request(at_mo_s: Client, mo: Maker):
    member = join(mo, "writer")
    at_theirs = signed_in(member.user)
    assert at_theirs.get("/workshop/shop/").status_code == 200

    at_mo_s.post(f"{TEAM}{member.pk}/role/", {"role": "packer"})

    assert at_theirs.get("/workshop/shop/").status_code == 403
    entry = AuditEntry.objects.get(action="team.role_changed")
    assert entry.changes == {"role": ["writer", "packer"]}


def test_removed_member_loses_the_workshop_at_the_next_request(at_mo_s: Client, mo: Maker):
    member = join(mo, "writer")
    at_theirs = signed_in(member.user)

    at_mo_s.post(f"{TEAM}{member.pk}/remove/")

    assert at_theirs.get("/workshop/shop/").status_code in {302, 403}
    assert team_of(mo) == {("mo@example.com", "owner")}


@pytest.mark.parametrize("role", ["packer", "writer"])
def test_team_is_the_owner_s(mo: Maker, role: str):
    helper = join(mo, role)
    other = join(mo, "packer")
    invitation = invite(mo)
    before = team_of(mo)
    at_theirs = signed_in(helper.user)

    assert at_theirs.get(TEAM).status_code == 403
    for path, sent in (
        ("invite/", WANTED | {"email": "new@example.com"}),
        (f"{helper.pk}/role/", {"role": "owner"}),
        (f"{other.pk}/remove/", {}),
        (f"invitations/{invitation.pk}/cancel/", {}),
    ):
        assert at_theirs.post(f"{TEAM}{path}", sent).status_code == 403

    assert team_of(mo) == before
    assert list(Invitation.objects.values_list("email", flat=True)) == ["ada@example.com"]


def test_ids_of_another_workshop_are_404(at_mo_s: Client, mo: Maker, zed: Maker):
    theirs = zed.memberships.get()
    invitation = invite(zed)
    before = team_of(zed)

    for pk in (str(theirs.pk), "0", "9" * 30):
        assert at_mo_s.post(f"{TEAM}{pk}/role/", {"role": "packer"}).status_code == 404
        assert at_mo_s.post(f"{TEAM}{pk}/remove/").status_code == 404
    for pk in (str(invitation.pk), "9" * 30):
        assert at_mo_s.post(f"{TEAM}invitations/{pk}/cancel/").status_code == 404

    assert team_of(zed) == before
    assert Invitation.objects.filter(pk=invitation.pk).exists()


def test_service_refuses_ids_of_another_workshop(mo: Maker, zed: Maker):
    """The services scope by themselves, whatever a door has let through."""
    theirs, invitation = zed.memberships.get(), invite(zed)
    said = {"by": "user:1", "at": timezone.now()}

    with pytest.raises(Membership.DoesNotExist):
        teaming.remove_member(mo.pk, theirs.pk, **said)
    with pytest.raises(Membership.DoesNotExist):
        teaming.change_role(mo.pk, theirs.pk, role="packer", **said)
    with pytest.raises(Invitation.DoesNotExist):
        teaming.cancel_invitation(mo.pk, invitation.pk, **said)

    assert team_of(zed) == {("zed@example.com", "owner")}


def test_last_owner_stays(at_mo_s: Client, mo: Maker):
    owner = mo.memberships.get()
    join(mo, "packer")
    gone = join(mo, "owner")
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    before = team_of(mo)

    for answer in (
        at_mo_s.post(f"{TEAM}{owner.pk}/role/", {"role": "packer"}, follow=True),
        at_mo_s.post(f"{TEAM}{owner.pk}/remove/", follow=True),
        at_mo_s.post(f"{TEAM}leave/", follow=True),
    ):
        assert "A workshop needs an owner" in answer.text

    assert team_of(mo) == before


@pytest.mark.parametrize("role", ["packer", "writer", "owner"])
def test_leave_takes_one_out_oneself(mo: Maker, role: str):
    member = join(mo, role)
    at_theirs = signed_in(member.user)

    assert at_theirs.get(f"{TEAM}leave/").status_code == 200
    answer = at_theirs.post(f"{TEAM}leave/")

    assert answer.headers["Location"] == "/"
    assert team_of(mo) == {("mo@example.com", "owner")}
    assert AuditEntry.objects.get(action="team.left").actor == f"user:{member.user_id}"


def test_owner_who_goes_takes_open_invitations_along(at_mo_s: Client, mo: Maker):
    eve = join(mo, "owner", "eve@example.com")
    invite(mo, email="eve-again@example.com", role="owner", by=f"user:{eve.user_id}")
    invite(mo, by=f"user:{mo.members.first().pk}")

    at_mo_s.post(f"{TEAM}{eve.pk}/role/", {"role": "packer"})

    assert list(Invitation.objects.values_list("email", flat=True)) == ["ada@example.com"]


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one():
    maker = factories.maker("duo")
    one, two = join(maker, "owner"), join(maker, "owner")

    def remove(pair: tuple[Membership, Membership]) -> str:
        by, gone = pair
        try:
            teaming.remove_member(maker.pk, gone.pk, by=f"user:{by.user_id}", at=timezone.now())
        except teaming.LastOwner:
            return "refused"
        finally:
            connection.close()
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(remove, [(one, two), (two, one)]))

    assert outcomes == ["refused", "removed"]
    assert maker.memberships.count() == 1

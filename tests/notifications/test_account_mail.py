"""Mails about accounts: words for each kind, codes in no job, log or finished row."""

from importlib.resources import files

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from notifications import services
from notifications.account_mail import KINDS, queue_account_mail, write_account_mail
from notifications.models import Mail
from tests.accounts.mailbox import code_for
from tests.stand_ins import Resend
from tests.worker import run_jobs, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
FACTS = {
    "code": "BCDF-GHJK", "from_email": "old@example.com", "to_email": "new@example.com",
    "deleted_email": "gone@example.com", "provider": "Google",
}  # fmt: skip
# Written by the library for shops that confirm by link instead of by code.
BY_LINK = {"email_confirm", "password_reset_key"}


def queue(kind: str = "login_code", recipient: str = "ada@example.com") -> Mail:
    pk = queue_account_mail(
        kind=kind, recipient=recipient, language="en", facts=FACTS, at=timezone.now()
    )
    return Mail.objects.get(pk=pk)


def test_has_words_for_every_mail_of_the_library():
    folders = [files("allauth") / "templates" / app / "email" for app in
               ("account", "mfa", "socialaccount")]  # fmt: skip
    names = {file.name for folder in folders for file in folder.iterdir()}

    kinds = {name.removesuffix("_subject.txt") for name in names if name.endswith("_subject.txt")}

    assert set(KINDS) == kinds - BY_LINK


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_says_the_same_in_both_bodies(kind: str):
    mail = write_account_mail(kind, FACTS, language="en")

    for part in (mail.subject, mail.html, mail.text):
        assert part
        assert "%(" not in part
    assert ("BCDF-GHJK" in mail.html) == ("BCDF-GHJK" in mail.text)
    assert "BCDF" not in mail.subject
    assert len(kind) <= 32


def test_escapes_what_people_chose():
    mail = write_account_mail("account_connected", {"provider": "<b onload=x>"}, language="en")

    assert "<b onload" not in mail.html


def test_links_to_pages_of_the_mail_s_language():
    english, portuguese = (
        write_account_mail("unknown_account", {}, language=code) for code in ("en", "pt")
    )

    assert "http://testserver/accounts/signup/" in english.text
    assert "http://testserver/pt/accounts/signup/" in portuguese.text


def test_job_carries_the_mail_s_id_and_no_code(shopper: Client, ada: User):
    shopper.post("/accounts/login/code/", {"email": "ada@example.com"})

    assert waiting() == [("notifications.send_mail", {"mail_id": Mail.objects.get().pk})]


def test_code_is_sent_and_then_forgotten(
    shopper: Client, ada: User, inbox: Resend, caplog: pytest.LogCaptureFixture
):
    shopper.post("/accounts/login/code/", {"email": "ada@example.com"})
    code = code_for("ada@example.com")

    run_jobs()

    [sent] = inbox.mails(to="ada@example.com")
    assert sent["subject"] == "Your code to sign in"
    assert code in sent["text"]
    mail = Mail.objects.get()
    assert (mail.state, mail.content, mail.is_secret) == ("sent", None, True)
    assert code not in caplog.text


def test_code_is_kept_until_resend_answers(inbox: Resend):
    mail = queue()
    inbox.tell("knobs", fault={"kind": "500_after", "times": 1})

    with pytest.raises(services.MailUnanswered):
        services.send_mail(mail.pk, at=timezone.now())
    between = Mail.objects.get().content
    services.send_mail(mail.pk, at=timezone.now())

    assert between == mail.content
    assert Mail.objects.get().content is None
    assert len(inbox.mails(to="ada@example.com")) == 1


def test_code_that_resend_refuses_for_good_is_forgotten(inbox: Resend):
    mail = queue(recipient="not an address")

    services.send_mail(mail.pk, at=timezone.now())

    mail.refresh_from_db()
    assert (mail.state, mail.content) == ("refused", None)


def test_two_codes_are_two_mails():
    assert queue().pk != queue().pk


def test_news_without_a_code_keep_their_words(inbox: Resend):
    pk = queue_account_mail(
        kind="password_changed", recipient="ada@example.com", language="en", facts={},
        at=timezone.now(),
    )  # fmt: skip

    services.send_mail(pk, at=timezone.now())

    assert Mail.objects.get().content["subject"] == "Your password was changed"

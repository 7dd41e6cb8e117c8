"""Mails go out once, whatever stumbles or dies in between."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import services
from notifications.models import Mail
from orders import services as orders
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_id(inbox) -> int:
    order = factories.order()
    orders.mark_paid(order.pk, at=timezone.now())
    [queued] = services.queue_order_mail("order_paid", order.pk, at=timezone.now())
    return queued


def test_send_mail_sends_once(inbox, mail_id: int):
    services.send_mail(mail_id, at=timezone.now())
    services.send_mail(mail_id, at=timezone.now())

    [mail] = inbox.mails(to="ada@example.com")
    assert mail["subject"].startswith("Paid: order MM-")
    assert Mail.objects.get().state == "sent"


def test_send_mail_again_after_dying_before_writing_it_down(inbox, mail_id: int):
    services.send_mail(mail_id, at=timezone.now())
    long_ago = timezone.now() - timedelta(minutes=5)
    Mail.objects.update(state="sending", claimed_at=long_ago, provider_id="", sent_at=None)

    services.send_mail(mail_id, at=timezone.now())

    assert Mail.objects.get().state == "sent"
    assert len(inbox.mails(to="ada@example.com")) == 1


def test_queue_twice_is_one_mail(mail_id: int):
    order_mail = Mail.objects.get()
    order = factories.Order.objects.get()

    again = services.queue_order_mail("order_paid", order.pk, at=timezone.now())

    assert again == [order_mail.pk]


def test_claimed_mail_is_left_to_its_worker(inbox, mail_id: int):
    Mail.objects.update(state="sending", claimed_at=timezone.now())

    with pytest.raises(services.MailUnanswered):
        services.send_mail(mail_id, at=timezone.now())

    assert inbox.mails(to="ada@example.com") == []


@pytest.mark.parametrize("kind", ["500", "429", "reset", "500_after", "reset_after"])
def test_send_mail_heals_when_resend_stumbles(inbox, mail_id: int, kind: str):
    inbox.tell("knobs", fault={"kind": kind, "times": 1})

    with pytest.raises(services.MailUnanswered):
        services.send_mail(mail_id, at=timezone.now())
    services.send_mail(mail_id, at=timezone.now())

    assert Mail.objects.get().state == "sent"
    assert len(inbox.mails(to="ada@example.com")) == 1


def test_mail_that_resend_refuses_for_good_is_kept(inbox, mail_id: int):
    Mail.objects.update(recipient="not an address")

    services.send_mail(mail_id, at=timezone.now())

    mail = Mail.objects.get()
    assert (mail.state, mail.provider_id) == ("refused", "")
    assert mail.last_error.startswith("422")

"""What else a supervisor or a person may send to the web: twice, impatiently, or by habit."""

import signal
import time

import pytest

from tests import world
from tests.faults.commands import Commands, answers
from tests.faults.commands import commands as commands
from tests.faults.test_stopping import hung_request, seconds_to_end
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_hangup_renews_the_workers_and_the_second_term_ends_the_drain(commands: Commands):
    port = world.free_port()
    web = commands.web(port, WEB_WORKERS="1", DRAIN_SECONDS="40", LOG_LEVEL="INFO")

    web.send_signal(signal.SIGHUP)
    wait_until(lambda: commands.logged("web").count("Booting worker") == 2, seconds=20)
    wait_until(lambda: "Worker exiting" in commands.logged("web"), seconds=20)
    is_up = answers(port, "/readyz")
    web.send_signal(signal.SIGTERM)
    wait_until(lambda: not answers(port, "/readyz"), seconds=2, what="not ready")
    time.sleep(1)
    still = answers(port, "/healthz")
    web.send_signal(signal.SIGTERM)

    assert seconds_to_end(web) < 8
    assert (is_up, still, web.returncode) == (True, True, 0)


def test_interrupt_ends_at_once_beside_a_stuck_request(commands: Commands):
    port = world.free_port()
    web = commands.web(port, WEB_WORKERS="1", GRACE_SECONDS="10", DRAIN_SECONDS="40")
    with hung_request(port):
        time.sleep(0.5)

        web.send_signal(signal.SIGINT)

        assert seconds_to_end(web) < 4
    assert web.returncode == 0

"""Drives the real Lambda handler as SQS would: in batches, again and again until told."""

import importlib.util
import json
import logging
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from sandbox.world.carrier.queue import Message, Queue

HANDLER = Path(__file__).resolve().parents[3] / "deploy" / "lambda" / "delivery" / "handler.py"
TICK_SECONDS = 0.5
BATCH = 10  # SQS's own size of a batch for Lambda
log = logging.getLogger("carrier")


def load_handler(path: Path = HANDLER) -> ModuleType:
    """Import the Lambda's file; deploy/ is no package, and Lambda imports it the same way.

    As in Lambda, its folder is where it finds its neighbours.
    """
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location("delivery_handler", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


class Driver:
    """The queue's side of the Lambda: invokes, deletes what is done, keeps what comes back."""

    def __init__(self, queue: Queue, handler: ModuleType) -> None:
        self.queue = queue
        self.handler = handler
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """Invoke the handler every half second, in a thread that ends with the process."""
        threading.Thread(target=self._run, daemon=True).start()

    def tick(self) -> None:
        """Offer every waiting message to the handler once."""
        with self._one_at_a_time:
            for batch in self.queue.receive(BATCH):
                self._invoke(batch)

    def booking(self, message: Message) -> Any:
        """Return the handler's reading of a message, or None when it is no booking."""
        try:
            return self.handler.Booking.parse(message.body, message.sent_at)
        except self.handler.BadMessage:
            return None

    def push(self, shipment: str) -> bool:
        """Let a parcel's next piece of news be due now; says whether there was one."""
        for message in self.queue.all():
            booking = self.booking(message)
            if message.state != "waiting" or booking is None or booking.shipment != shipment:
                continue
            if message.told < len(booking.steps):
                after: float = booking.steps[message.told].told_after
                self.queue.age(message.id, time.time() - after / booking.speed - 0.001)
                self.tick()
                return True
        return False

    def _run(self) -> None:
        while True:
            try:
                self.tick()
            except Exception:
                log.exception("a tick failed")
            time.sleep(TICK_SECONDS)

    def _invoke(self, batch: list[Message]) -> None:
        event = {"Records": [message.record() for message in batch]}
        try:
            # Lambda hands JSON over, so nothing but JSON may go in or come out.
            answer = json.loads(json.dumps(self.handler.handler(event, None)))
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        except Exception:
            log.exception("the handler raised: the whole batch comes back")
            return
        for message in batch:
            booking = self.booking(message)
            if booking is None:
                self.queue.bury(message.id)
                continue
            told = self.handler.told_steps(booking)
            self.queue.note(message.id, told=told, done=message.id not in failed)

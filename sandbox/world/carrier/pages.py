"""What people and tests see of the carrier: parcels on their way, and the hand on their fate."""

import math
import time
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response as AnyResponse

from sandbox.world.carrier.driver import Driver
from sandbox.world.carrier.queue import Message
from sandbox.world.serving import Fault, Faults


@dataclass(frozen=True)
class Piece:
    """One piece of news of a parcel; `due_in` seconds from now, negative when past."""

    status: str
    sequence: int
    told: bool
    due_in: float


@dataclass(frozen=True)
class Parcel:
    """A booked parcel; `state` is waiting, done or dead."""

    shipment: str
    tracking_number: str
    scenario: str
    speed: float
    state: str
    receives: int
    news: list[Piece]


def pages(driver: Driver, faults: Faults) -> Blueprint:
    """Return the page for people, with its forms."""
    desk = Blueprint("desk", __name__)

    @desk.get("/")
    def _overview() -> str:
        queue = driver.queue
        return render_template(
            "parcels.html",
            parcels=parcels(driver),
            dead=dead_letters(driver),
            scenarios=list(driver.handler.SCENARIOS),
            scenario=queue.setting("scenario", "normal"),
            speed=queue.setting("speed", 1.0),
        )

    @desk.post("/knobs")
    def _knobs() -> AnyResponse:
        turn_knobs(driver, faults, request.form.to_dict())
        return redirect("/", 303)

    @desk.post("/parcels/<uuid:shipment>/push")
    def _push(shipment: object) -> AnyResponse:
        driver.push(str(shipment))
        return redirect("/", 303)

    return desk


def controls(driver: Driver, faults: Faults) -> Blueprint:
    """Return the same for tests, as JSON."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")

    @control.get("/parcels")
    def _parcels() -> Response:
        return jsonify({"parcels": parcels(driver), "dead": dead_letters(driver)})

    @control.post("/parcels/<uuid:shipment>/push")
    def _push(shipment: object) -> Response:
        if not driver.push(str(shipment)):
            raise NotFound("No such parcel is waiting for news.")
        return jsonify({"ok": True})

    @control.post("/knobs")
    def _knobs() -> Response:
        turn_knobs(driver, faults, request.get_json(force=True))
        return jsonify({name: driver.queue.setting(name, None) for name in ("scenario", "speed")})

    @control.post("/reset")
    def _reset() -> Response:
        driver.queue.clear()
        faults.clear()
        return jsonify({"ok": True})

    return control


def turn_knobs(driver: Driver, faults: Faults, wish: Any) -> None:
    """Keep the scenario and the speed for the next parcels, and order a fault of the queue.

    Raises BadRequest without having changed anything.
    """
    if not isinstance(wish, dict):
        raise BadRequest("Send a JSON object.")
    try:
        scenario = wish.get("scenario", driver.queue.setting("scenario", "normal"))
        speed = float(wish.get("speed", driver.queue.setting("speed", 1.0)))
        fault = Fault.parse(wish["fault"]) if wish.get("fault") else None
    except (TypeError, ValueError) as error:
        raise BadRequest(str(error)) from error
    if scenario not in driver.handler.SCENARIOS:
        raise BadRequest(f"scenario must be one of {', '.join(driver.handler.SCENARIOS)}")
    if not math.isfinite(speed) or not 0 < speed <= 10_000:
        raise BadRequest("speed must be above 0 and at most 10000")
    driver.queue.set("scenario", scenario)
    driver.queue.set("speed", speed)
    if fault:
        faults.order(fault)
    elif "fault" in wish:
        faults.clear()


def dead_letters(driver: Driver) -> list[Message]:
    """Return the messages that can never be handled, newest first."""
    return [message for message in driver.queue.all() if message.state == "dead"]


def parcels(driver: Driver) -> list[Parcel]:
    """Return the booked parcels, newest first."""
    found = [_parcel(driver, message) for message in driver.queue.all()]
    return [parcel for parcel in found if parcel is not None]


def _parcel(driver: Driver, message: Message) -> Parcel | None:
    booking = driver.booking(message)
    if booking is None:
        return None
    now = time.time()
    news = [
        Piece(
            step.status,
            step.sequence,
            index < message.told,
            round(booking.booked_at + step.told_after / booking.speed - now, 1),
        )
        for index, step in enumerate(booking.steps)
    ]
    return Parcel(
        booking.shipment,
        driver.handler.tracking_number(booking.shipment),
        booking.scenario,
        booking.speed,
        message.state,
        message.receives,
        news,
    )

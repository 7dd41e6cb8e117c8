"""What may be done with a parcel: from a list, for several, or by a button on its own page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from makers_market.core.admin import ReadOnlyAdmin
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal
from orders import services
from orders.models import Shipment
from orders.parcels import ParcelShown


@dataclass(frozen=True, kw_only=True)
class Act:
    """One verb of a parcel as a door offers it; `offered_in` are the states it makes sense in."""

    name: str
    label: Any
    done: Any
    verb: Callable[..., None]
    offered_in: frozenset[str]
    method: str = ""
    asks: bool = False

    def fits(self, shipment: Shipment) -> bool:
        """Tell whether to offer it for this parcel; the service decides whether it is done."""
        return shipment.status in self.offered_in and self.method in {"", shipment.method}


ACTS = {
    act.name: act
    for act in (
        Act(
            name="accept",
            label=_("Accept: we start packing"),
            done=ngettext_lazy(
                "%(count)d parcel is being packed.", "%(count)d parcels are being packed.", "count"
            ),
            verb=services.accept_shipment,
            offered_in=frozenset({Shipment.NEW}),
        ),
        Act(
            name="ship",
            label=_("Mark as posted"),
            done=ngettext_lazy(
                "%(count)d parcel is posted; the shopper has been told.",
                "%(count)d parcels are posted; the shoppers have been told.",
                "count",
            ),
            verb=services.ship_shipment,
            offered_in=frozenset({Shipment.ACCEPTED}),
            method=Shipment.TRACKED,
        ),
        Act(
            name="hand_over",
            label=_("Handed over to the shopper"),
            done=ngettext_lazy(
                "%(count)d parcel was handed over.", "%(count)d parcels were handed over.", "count"
            ),
            verb=services.hand_over_shipment,
            offered_in=frozenset({Shipment.ACCEPTED}),
            method=Shipment.COLLECTION,
        ),
        Act(
            name="cancel",
            label=_("Cancel and pay back"),
            done=ngettext_lazy(
                "%(count)d parcel is cancelled; its money goes back to the shopper.",
                "%(count)d parcels are cancelled; their money goes back to the shoppers.",
                "count",
            ),
            verb=services.cancel_shipment,
            offered_in=frozenset({Shipment.NEW, Shipment.ACCEPTED}),
            asks=True,
        ),
    )
}


def _action(act: Act) -> Any:
    """Make an admin action of an act; one that asks shows the parcels by name first."""

    @admin.action(description=act.label, permissions=[act.name])
    def run(page: "ParcelActs", request: HttpRequest, chosen: Any) -> HttpResponse | None:
        parcels = list(chosen.order_by("order_id", "pk"))
        if act.asks and "confirmed" not in request.POST:
            return page.ask(request, act, parcels)
        page.do(request, act, parcels)
        return None

    run.__name__ = act.name
    return run


class ParcelActs(ReadOnlyAdmin):
    """A page of parcels with what may be done with them; `act_needs` names the power of each."""

    act_needs: dict[str, str] = {}
    actions = [_action(act) for act in ACTS.values()]
    change_form_template = "admin/orders/shipment/parcel.html"

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: Any = ActionLocation.CHANGE_LIST,
    ) -> Any:
        """Offer what may be done under a plain word of ours."""
        first: Any = [("", _("Choose…"))] if default_choices is None else default_choices
        return super().get_action_choices(request, first, action_location=action_location)

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.act_needs["accept"])

    def has_ship_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.act_needs["ship"])

    def has_hand_over_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.act_needs["hand_over"])

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.act_needs["cancel"])

    def get_urls(self) -> list[Any]:
        gate = self.admin_site.admin_view
        own = path("<str:object_id>/act/<slug:name>/", gate(self.act), name="orders_shipment_act")
        return [own, *super().get_urls()]

    def act(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The button on a parcel's page; one that asks answers a GET with its question."""
        act = ACTS.get(name)
        if act is None:
            raise Http404
        if not self.may(request, self.act_needs[name]):
            raise PermissionDenied(name)
        shipment = self.get_object(request, object_id)
        if request.method == "POST":
            self.do(request, act, [shipment])
            return redirect(self._page_of(shipment))
        if act.asks and request.method == "GET":
            return self.ask(request, act, [shipment], back=self._page_of(shipment))
        return HttpResponseNotAllowed(["POST"])

    def do(self, request: HttpRequest, act: Act, parcels: Iterable[Shipment]) -> None:
        """Call the service for each parcel; say how many it worked for and why not for others."""
        done = 0
        for shipment in parcels:
            try:
                with as_app():
                    act.verb(shipment.pk, by=f"user:{request.user.pk}", at=timezone.now())
                done += 1
            except Refusal as refusal:
                self.message_user(request, f"{shipment}: {refusal}", messages.WARNING)
        if done:
            self.message_user(request, act.done % {"count": done}, messages.SUCCESS)

    def ask(
        self, request: HttpRequest, act: Act, parcels: list[Shipment], *, back: str = ""
    ) -> HttpResponse:
        """Ask once more, naming those parcels it can be done to; the answer comes back here."""
        at = timezone.now()
        back = back or reverse(f"{self.admin_site.name}:orders_shipment_changelist")
        fitting = [ParcelShown(shipment, at) for shipment in parcels if act.fits(shipment)]
        if not fitting:
            self.message_user(request, _("It is too late for that."), messages.WARNING)
            return redirect(back)
        context = self.admin_site.each_context(request) | {
            "title": act.label,
            "act": act,
            "opts": self.opts,
            "parcels": fitting,
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/orders/shipment/ask.html", context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Add to a parcel's page the parcel in words and the buttons that make sense now."""
        shipment = kwargs["obj"]
        allowed = [
            (act, reverse(f"{self.admin_site.name}:orders_shipment_act", args=[shipment.pk, name]))
            for name, act in ACTS.items()
            if act.fits(shipment) and self.may(request, self.act_needs[name])
        ]
        context |= {"title": str(shipment), "subtitle": None, "acts": allowed}
        return super().render_change_form(request, context, *args, **kwargs)

    def _page_of(self, shipment: Shipment) -> str:
        return reverse(f"{self.admin_site.name}:orders_shipment_change", args=[shipment.pk])

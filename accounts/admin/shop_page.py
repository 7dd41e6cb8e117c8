"""Doors of the shop page in the workshop: words and sections, delivery prices, the seller."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms_maker import (
    DeliveryForm,
    SectionForm,
    SeenForm,
    SellerForm,
    ShopPageForm,
    StepForm,
)
from accounts.models import Maker, ShopDraft
from accounts.queries import SHOP_WORDS, as_drafted
from accounts.services import shop_page as services
from makers_market.core.admin import workshop_site
from makers_market.core.rooms import act, page

either = require_http_methods(["GET", "HEAD", "POST"])
CHANGED = _("Saved.")


@workshop_site.room(
    "shop/", name="shop_page", title=_("Shop page"), needs="write_shop", position=80
)
@either
def shop_page(request: Any) -> HttpResponse:
    """The words of the shop page, as its draft has them; what is sent goes into the draft."""
    maker: Maker = request.workplace.maker
    draft = ShopDraft.objects.filter(maker=maker).first()
    if request.method == "POST":
        form = ShopPageForm(request.POST)
        if form.is_valid() and _save(request, form):
            return redirect("workshop:shop_page")
    else:
        drafted = as_drafted(maker)
        words = {name: getattr(drafted, name) for name in SHOP_WORDS}
        form = ShopPageForm(initial=words | {"seen": draft and draft.changed_at})
    return _shop_page(request, form, draft)


def _save(request: Any, form: ShopPageForm) -> bool:
    """Save the words; a refusal stands above the form, which keeps what was typed."""
    maker, seen = request.workplace.maker, form.cleaned_data["seen"]
    done = _("Saved. Shoppers see it once you publish it.") if maker.is_open else CHANGED
    return act(request, services.save_shop_page, maker.pk, form.words(), seen=seen, done=done)


def _shop_page(request: Any, form: ShopPageForm, draft: ShopDraft | None) -> HttpResponse:
    maker: Maker = request.workplace.maker
    return page(
        request,
        "accounts/shop_page.html",
        title=_("Shop page"),
        status=422 if form.is_bound else 200,
        maker=maker,
        form=form,
        draft=draft,
        seen=SeenForm(initial={"seen": draft and draft.changed_at}, auto_id=False),
        sections=list(maker.sections.all()),
        section_form=SectionForm(auto_id="new_%s"),
        banner=as_drafted(maker).wide_picture,
        sent=maker.uploads.filter(product=None).order_by("pk").last(),
    )


def _of_draft(request: Any, verb: Callable[..., Any], done: Any) -> HttpResponse:
    """Act on the draft that the person has seen, and go back to the editor."""
    form = SeenForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else None
    act(request, verb, request.workplace.maker.pk, seen=seen, done=done)
    return redirect("workshop:shop_page")


@workshop_site.room("shop/publish/", name="publish_shop", title=_("Publish"), needs="write_shop")
@require_POST
def publish(request: Any) -> HttpResponse:
    """Put the draft on the shop page."""
    return _of_draft(request, services.publish_shop_page, _("Your shop page is published."))


@workshop_site.room("shop/discard/", name="discard_shop", title=_("Discard"), needs="write_shop")
@require_POST
def discard(request: Any) -> HttpResponse:
    """Throw the draft away."""
    return _of_draft(request, services.discard_shop_draft, _("The draft is gone."))


@workshop_site.room(
    "shop/sections/add/", name="add_section", title=_("Add a section"), needs="write_shop"
)
@require_POST
def add_section(request: Any) -> HttpResponse:
    """Add a section at the end."""
    return _of_section(request, SectionForm, services.add_section)


@workshop_site.room(
    "shop/sections/<int:pk>/rename/", name="rename_section", title=_("Rename"), needs="write_shop"
)
@require_POST
def rename_section(request: Any, pk: int) -> HttpResponse:
    """Rename a section of this workshop."""
    return _of_section(request, SectionForm, services.rename_section, pk)


@workshop_site.room(
    "shop/sections/<int:pk>/move/", name="move_section", title=_("Move"), needs="write_shop"
)
@require_POST
def move_section(request: Any, pk: int) -> HttpResponse:
    """Move a section of this workshop a step up or down."""
    return _of_section(request, StepForm, services.move_section, pk)


@workshop_site.room(
    "shop/sections/<int:pk>/remove/", name="remove_section", title=_("Remove"), needs="write_shop"
)
@require_POST
def remove_section(request: Any, pk: int) -> HttpResponse:
    """Remove a section of this workshop."""
    return _of_section(request, forms.Form, services.remove_section, pk)


def _of_section(
    request: Any, shape: type[forms.Form], verb: Callable[..., Any], *pk: int
) -> HttpResponse:
    """Act on the sections at once; a section of another workshop is 404."""
    maker: Maker = request.workplace.maker
    for one in pk:
        get_object_or_404(maker.sections, pk=one)
    form = shape(request.POST)
    if form.is_valid():
        act(request, verb, maker.pk, *pk, done=CHANGED, **form.cleaned_data)
        return redirect("workshop:shop_page")
    context: dict[str, Any] = {"form": form, "back": "workshop:shop_page", "status": 422}
    return page(request, "accounts/form.html", title=_("Section"), **context)


@workshop_site.room(
    "delivery/", name="delivery", title=_("Delivery prices"), needs="see_money", position=70
)
@either
def delivery(request: Any) -> HttpResponse:
    """Delivery prices and posting time, changed at once."""
    maker: Maker = request.workplace.maker
    initial = {name: getattr(maker, name) for name in DeliveryForm.base_fields}
    form = DeliveryForm(request.POST or None, initial=initial)
    if form.is_valid() and act(
        request, services.set_delivery, maker.pk, done=CHANGED, **form.prices()
    ):
        return redirect("workshop:delivery")
    return _form(request, form, _("Delivery prices"), lead=_("What you change counts at once."))


@workshop_site.room(
    "seller/", name="seller", title=_("Who sells by law"), needs="lead_team", position=85
)
@either
def seller(request: Any) -> HttpResponse:
    """Who sells by law, as the shop page and receipts say it."""
    maker: Maker = request.workplace.maker
    initial = {name: getattr(maker, name) for name in SellerForm.base_fields}
    form = SellerForm(request.POST or None, initial=initial)
    if form.is_valid() and act(
        request, services.set_seller, maker.pk, done=CHANGED, **form.cleaned_data
    ):
        return redirect("workshop:seller")
    lead = _("Your shop page and receipts say it, because shoppers have a right to know.")
    return _form(request, form, _("Who sells by law"), lead=lead)


def _form(request: Any, form: forms.Form, title: Any, *, lead: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    context: dict[str, Any] = {"form": form, "lead": lead, "status": status}
    return page(request, "accounts/form.html", title=title, **context)

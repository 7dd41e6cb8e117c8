"""Shapes of what shoppers and the carrier send to orders."""

import re
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import QUANTITY_MAX
from makers_market.core.countries import COUNTRIES, HOME
from orders.models import Shipment
from orders.queries import Quote
from orders.services.shipping import NEWS


class QuantityForm(forms.Form):
    """A number of pieces: whole, from 1 to what a line may hold."""

    quantity = forms.IntegerField(
        min_value=1,
        max_value=QUANTITY_MAX,
        error_messages={
            "required": _("Say how many pieces you want."),
            "invalid": _("Use a whole number of pieces."),
            "min_value": _("Use a whole number of pieces, 1 or more."),
            "max_value": _("You can order up to 20 of one piece at a time."),
        },
    )


class AddForm(QuantityForm):
    # A workshop's number may have dots and slashes: "RING/18.5".
    variant = forms.CharField(max_length=40)


class LineForm(forms.Form):
    line = forms.IntegerField(min_value=1, max_value=2**63 - 1)


def country_choices() -> list[tuple[str, Promise]]:
    return [(country.code, country.name) for country in COUNTRIES.values()]


class CountryForm(forms.Form):
    country = forms.ChoiceField(choices=country_choices)


class AddressForm(forms.Form):
    """Who buys and where to; the postcode has to fit the country."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("For your receipt and parcel updates."),
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("Enter an email address like name@example.pt"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        error_messages={"required": _("Enter the name for the parcel.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        initial=HOME,
        error_messages={"invalid_choice": _("Choose a country from the list.")},
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    street = forms.CharField(
        label=_("Street and number"),
        max_length=200,
        error_messages={"required": _("Enter the street and number.")},
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=12,
        error_messages={"required": _("Enter the postcode.")},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    city = forms.CharField(
        label=_("Town or city"),
        max_length=100,
        error_messages={"required": _("Enter the town or city.")},
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    phone = forms.RegexField(
        label=_("Phone (optional)"),
        regex=re.compile(r"^\+?[0-9 ()./-]{6,24}\Z", re.ASCII),
        max_length=24,
        required=False,
        help_text=_("Only the courier sees it."),
        error_messages={"invalid": _("Enter a phone number like +351 912 345 678")},
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        """Check the postcode against the chosen country's form."""
        cleaned = super().clean() or {}
        country = COUNTRIES.get(cleaned.get("country", ""))
        postcode = cleaned.get("postcode", "").strip().upper()
        if country and postcode and not country.postcode.fullmatch(postcode):
            example = {"example": country.example}
            self.add_error("postcode", gettext("Enter a postcode like %(example)s") % example)
        cleaned["postcode"] = postcode
        return cleaned


class DeliveryForm(forms.Form):
    """One choice a parcel, in fields named after the maker: `maker_<id>`."""

    def __init__(self, *args: Any, quote: Quote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quote = quote
        for parcel in quote.parcels:
            choices = [(Shipment.TRACKED, _("Tracked parcel"))]
            if parcel.maker.allows_collection:
                choices.append((Shipment.COLLECTION, _("Collect from the workshop")))
            self.fields[f"maker_{parcel.maker.pk}"] = forms.ChoiceField(
                label=parcel.maker.name,
                choices=choices,
                initial=parcel.method,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose how this parcel travels.")},
            )

    def methods(self) -> dict[str, str]:
        """Give the chosen way by maker id, as text for the session."""
        return {name.removeprefix("maker_"): way for name, way in self.cleaned_data.items()}


class PayForm(forms.Form):
    """What the shopper saw when pressing "Order and pay", and the page's one-time word."""

    shown_total_cents = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )
    token = forms.UUIDField(widget=forms.HiddenInput)


class DeliveryNewsForm(forms.Form):
    """The carrier's news; anything else than this shape is refused."""

    shipment = forms.UUIDField()
    status = forms.ChoiceField(choices=[(status, status) for status in sorted(NEWS)])
    sequence = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    occurred_at = forms.DateTimeField()
    tracking_number = forms.RegexField(
        regex=re.compile(r"^[A-Z0-9 -]{4,40}\Z", re.ASCII), required=False
    )

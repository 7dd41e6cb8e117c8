"""Shapes of what makers send: an application, shop words, delivery prices, a team."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Craft, TeamRole
from accounts.queries import SHOP_WORDS
from accounts.services.applying import Application
from accounts.services.shop_page import DELIVERY_CENTS_MAX, POSTS_WITHIN_DAYS_MAX
from makers_market.core.fields import EuroField, MomentField, OneLineField

STORY_MAX = 4_000


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ApplicationForm(forms.Form):
    """What we ask of somebody who wants to sell."""

    name = OneLineField(
        label=_("Name of your shop"),
        max_length=120,
        help_text=_("As it will stand above your pieces."),
        error_messages={"required": _("Enter the name of your shop.")},
    )
    first_name = OneLineField(
        label=_("Your first name"),
        max_length=60,
        error_messages={"required": _("Enter your first name.")},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    craft = forms.ChoiceField(
        label=_("Craft"),
        choices=[("", _("Choose one")), *Craft.choices],
        error_messages={
            "required": _("Choose your craft."),
            "invalid_choice": _("Choose your craft."),
        },
    )
    place = OneLineField(
        label=_("Where you work"),
        max_length=120,
        help_text=_("Town and region, like Redondo, Alentejo."),
        error_messages={"required": _("Enter the town where you work.")},
    )
    sentence = OneLineField(
        label=_("What do you make?"),
        max_length=300,
        help_text=_("One sentence. You can say more later."),
        error_messages={"required": _("Say in a sentence what you make.")},
        widget=_area(3),
    )

    def application(self) -> Application:
        """Give what was entered, for the service."""
        return Application(**self.cleaned_data)


class SeenForm(forms.Form):
    """Which draft the person has read: it must still be that one."""

    seen = MomentField()


class ShopPageForm(SeenForm):
    """The words of a shop page, in English and in Portuguese."""

    place = OneLineField(
        label=_("Where you work"),
        max_length=120,
        error_messages={"required": _("Enter the town where you work.")},
    )
    story = forms.CharField(
        label=_("Your story"),
        max_length=STORY_MAX,
        required=False,
        help_text=_("In your own words: what you make, how, and where."),
        widget=_area(7),
    )
    story_pt = forms.CharField(
        label=_("Your story in Portuguese (optional)"),
        max_length=STORY_MAX,
        required=False,
        widget=_area(7),
    )
    quote = OneLineField(
        label=_("A sentence of yours (optional)"),
        max_length=200,
        required=False,
        help_text=_("We may show it beside your pieces."),
    )
    quote_pt = OneLineField(
        label=_("The sentence in Portuguese (optional)"), max_length=200, required=False
    )
    announcement = OneLineField(
        label=_("Announcement (optional)"),
        max_length=200,
        required=False,
        help_text=_("Stands at the top of your page, like: Away from 1 to 14 August."),
    )
    announcement_pt = OneLineField(
        label=_("Announcement in Portuguese (optional)"), max_length=200, required=False
    )
    policies = forms.CharField(
        label=_("Your terms (optional)"),
        max_length=STORY_MAX,
        required=False,
        help_text=_("Made to order, repairs, care. The law on returns stands above them."),
        widget=_area(5),
    )
    policies_pt = forms.CharField(
        label=_("Your terms in Portuguese (optional)"),
        max_length=STORY_MAX,
        required=False,
        widget=_area(5),
    )

    def words(self) -> dict[str, str]:
        """Give the words with one kind of line end, so that equal words are equal."""
        return {name: self.cleaned_data[name].replace("\r\n", "\n") for name in SHOP_WORDS}


class SectionForm(forms.Form):
    name_en = OneLineField(
        label=_("Name of the section"),
        max_length=60,
        error_messages={"required": _("Give the section a name.")},
    )
    name_pt = OneLineField(label=_("In Portuguese (optional)"), max_length=60, required=False)


class StepForm(forms.Form):
    """One step up or down."""

    steps = forms.TypedChoiceField(choices=[("-1", "-1"), ("1", "1")], coerce=int)


class DeliveryForm(forms.Form):
    """What delivery costs and how soon a parcel is posted."""

    delivery_cents = EuroField(
        label=_("Delivery in Portugal, euros a parcel"),
        cents_max=DELIVERY_CENTS_MAX,
        help_text=_("0.00 for free delivery."),
        error_messages={"required": _("Enter a price, 0.00 for free delivery.")},
    )
    delivery_abroad_cents = EuroField(
        label=_("Delivery abroad, euros a parcel (optional)"),
        cents_max=DELIVERY_CENTS_MAX,
        required=False,
        help_text=_("Leave it empty if you post in Portugal only."),
    )
    posts_within_days = forms.IntegerField(
        label=_("Posted within, working days"),
        min_value=1,
        max_value=POSTS_WITHIN_DAYS_MAX,
        error_messages={
            "required": _("Enter a number of days from 1 to 60."),
            "invalid": _("Enter a number of days from 1 to 60."),
            "min_value": _("Enter a number of days from 1 to 60."),
            "max_value": _("Enter a number of days from 1 to 60."),
        },
    )
    allows_collection = forms.BooleanField(
        label=_("Shoppers may collect their pieces at the workshop"), required=False
    )

    def prices(self) -> dict[str, Any]:
        """Give what was entered under the names that the service uses."""
        cleaned = dict(self.cleaned_data)
        return cleaned | {"abroad_cents": cleaned.pop("delivery_abroad_cents")}


class SellerForm(forms.Form):
    """Who sells by law."""

    legal_name = OneLineField(
        label=_("Legal name"),
        max_length=160,
        help_text=_("Of the company, or your own if you sell as a person."),
        error_messages={"required": _("Enter the legal name.")},
    )
    legal_address = OneLineField(
        label=_("Address"),
        max_length=200,
        help_text=_("Where letters about the law reach you."),
        error_messages={"required": _("Enter the address.")},
    )
    tax_number = OneLineField(
        label=_("Tax number"),
        max_length=20,
        help_text=_("The NIF in Portugal, or the VAT number of another country."),
        error_messages={"required": _("Enter the tax number.")},
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=TeamRole.choices,
        error_messages={
            "required": _("Choose a role."),
            "invalid_choice": _("Choose a role."),
        },
    )


class InviteForm(RoleForm):
    """Whom to ask, and as what: as the one who may do least, unless told otherwise."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        error_messages={
            "required": _("Enter an email address."),
            "invalid": _("Enter an email address like name@example.pt"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = TeamRole.PACKER

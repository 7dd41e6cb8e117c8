"""What a maker ticks and asks about a piece: materials, colours, how it is made, questions."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.forms.pieces import EuroField
from catalog.models import FIELDS_MAX, PersonalField, Product, Term
from catalog.services import Question
from catalog.services.describing import Kind, described
from catalog.services.making import DAYS_MAX, LABEL_MAX, LENGTH_MAX, PER_WEEK_MAX


def _days(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=DAYS_MAX,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class SettingsForm(forms.Form):
    """Materials and colours of a piece, and how it comes to be."""

    materials = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Materials"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    colours = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Colours"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_one_of_a_kind = forms.BooleanField(
        label=gettext_lazy("There is only this one"), required=False
    )
    is_made_to_order = forms.BooleanField(
        label=gettext_lazy("It is made when it is ordered"), required=False
    )
    making_days_min = _days(gettext_lazy("Working days, at least"))
    making_days_max = _days(gettext_lazy("Working days, at most"))
    described = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, piece: Product, data: Any = None) -> None:
        chosen = list(piece.terms.values_list("pk", flat=True))
        names = ("is_one_of_a_kind", "is_made_to_order", "making_days_min", "making_days_max")
        now = {name: getattr(piece, name) for name in names}
        now |= {"materials": chosen, "colours": chosen, "described": described(piece)}
        super().__init__(data, initial=now)
        terms = list(Term.objects.all())
        for name, kind in (("materials", Term.MATERIAL), ("colours", Term.COLOUR)):
            offered = [(term.pk, term.name) for term in terms if term.kind == kind]
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    @property
    def term_groups(self) -> list[Any]:
        """Give the two groups of ticks, materials and colours, for the page."""
        return [self["materials"], self["colours"]]

    @property
    def is_forged(self) -> bool:
        """Tell whether a tick was sent that the form never offered."""
        return any(self.has_error(name, "invalid_choice") for name in ("materials", "colours"))

    def terms(self) -> list[int]:
        return [*self.cleaned_data["materials"], *self.cleaned_data["colours"]]

    def kind(self) -> Kind:
        sent = self.cleaned_data
        return Kind(
            sent["is_one_of_a_kind"],
            sent["is_made_to_order"],
            sent["making_days_min"],
            sent["making_days_max"],
        )


class QuestionForm(forms.Form):
    """One thing to ask shoppers; without words it asks nothing."""

    id = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput
    )
    label_en = forms.CharField(label=gettext_lazy("Question"), max_length=LABEL_MAX, required=False)
    label_pt = forms.CharField(
        label=gettext_lazy("In Portuguese (optional)"), max_length=LABEL_MAX, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("How it is answered"), choices=PersonalField.KINDS, required=False
    )
    is_required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)
    length_max = forms.IntegerField(
        label=gettext_lazy("Longest answer, characters"),
        min_value=1,
        max_value=LENGTH_MAX,
        required=False,
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices, one a line"),
        help_text=gettext_lazy("Portuguese after an equals sign: Red = Vermelho"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    extra = EuroField(label=gettext_lazy("Adds to the price, € (optional)"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_choice = cleaned.get("kind") == PersonalField.CHOICE
        if cleaned.get("label_en") and is_choice and not cleaned.get("choices", "").strip():
            self.add_error("choices", _("Give at least one choice."))
        if not cleaned.get("label_en") and (cleaned.get("choices") or cleaned.get("label_pt")):
            self.add_error("label_en", _("Say what you ask."))
        return cleaned

    def question(self) -> Question:
        sent = self.cleaned_data
        is_choice = sent["kind"] == PersonalField.CHOICE
        return Question(
            sent["label_en"],
            sent["label_pt"],
            id=sent["id"] or 0,
            is_required=sent["is_required"],
            length_max=sent["length_max"] or 40,
            choices=_choices(sent["choices"]) if is_choice else (),
            extra_cents=sent["extra"] or 0,
        )


def _choices(text: str) -> list[tuple[str, str]]:
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    return [(" ".join(en.split()), " ".join(pt.split())) for en, _sign, pt in lines]


Questions = forms.formset_factory(
    QuestionForm, extra=0, max_num=FIELDS_MAX, absolute_max=FIELDS_MAX, validate_max=True
)


def questions_form(piece: Product, data: Any = None) -> Any:
    """Make the forms of a piece's questions, with empty ones up to the fifth."""
    asked = [
        {
            "id": field.pk,
            "label_en": field.label_en,
            "label_pt": field.label_pt,
            "kind": field.kind,
            "is_required": field.is_required,
            "length_max": field.length_max,
            "choices": "\n".join(_line(choice) for choice in field.choices),
            "extra": field.extra_cents or None,
        }
        for field in piece.personal_fields.all()
    ]
    empty = [{"length_max": 40} for _row in range(FIELDS_MAX - len(asked))]
    return Questions(data, prefix="q", initial=[*asked, *empty])


def _line(choice: dict[str, str]) -> str:
    return " = ".join(each for each in (choice["value"], choice.get("value_pt", "")) if each)


def questions(formset: Any) -> Sequence[Question]:
    """Give the questions that were asked, as services take them."""
    asked = [form.question() for form in formset]
    return [each for each in asked if each.label_en]


class CapacityForm(forms.Form):
    """How many made-to-order pieces a workshop takes on in a week."""

    per_week = forms.IntegerField(
        label=gettext_lazy("Made-to-order pieces a week (optional)"),
        help_text=gettext_lazy("Your whole workshop. Left empty, there is no bound."),
        min_value=0,
        max_value=PER_WEEK_MAX,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

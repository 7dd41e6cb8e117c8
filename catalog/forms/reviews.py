"""What readers say of reviews, and what makers answer."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import ReviewReport
from catalog.services.judging_reviews import NOTE_MAX
from catalog.services.writing_reviews import WORDS_MAX


class ReportForm(forms.Form):
    """Why a moderator should look at a review."""

    reason = forms.ChoiceField(
        label=_("What is wrong with it?"),
        choices=ReviewReport.REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    note = forms.CharField(
        label=_("Anything a moderator should know (optional)"),
        max_length=NOTE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReplyForm(forms.Form):
    """A maker's answer under a review."""

    reply = forms.CharField(
        label=_("Your reply"),
        help_text=_("Everybody can read it under the review. At most 2,000 characters."),
        max_length=WORDS_MAX,
        error_messages={"required": _("Write a reply of at most 2,000 characters.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )

"""What buyers write of a piece."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.review_figures import STARS
from catalog.services import Opinion
from catalog.services.writing_reviews import PICTURES_MAX, WORDS_MAX
from makers_market.core.fields import OneLineField


def star_choices() -> list[tuple[int, str]]:
    return [(n, ngettext("%(count)d star", "%(count)d stars", n) % {"count": n}) for n in STARS]


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files, or none; the door checks what they are."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Give the files as they came."""
        return data


class StarsField(forms.TypedChoiceField):
    """One to five stars, chosen by radio buttons."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=star_choices, coerce=int, widget=forms.RadioSelect, **kwargs)


class ReviewForm(forms.Form):
    """Stars for the piece and for the maker, and what there is to say."""

    stars = StarsField(
        label=_("How do you like the piece?"),
        error_messages={"required": _("Choose one to five stars for the piece.")},
    )
    maker_stars = StarsField(
        label=_("How did the maker sell, pack and post it?"),
        error_messages={"required": _("Choose one to five stars for the maker.")},
    )
    title = OneLineField(
        label=_("In a few words (optional)"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("Your review (optional)"),
        help_text=_("What would you have liked to know before? At most 2,000 characters."),
        max_length=WORDS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    pictures = PicturesField(
        label=_("Pictures (optional)"),
        help_text=_(
            "Up to four, JPEG, PNG, WebP or AVIF, 12 MB each. Where they were taken is removed."
        ),
        required=False,
        widget=ManyFiles(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
    )
    name = OneLineField(
        label=_("Your name under it"),
        help_text=_("Everybody can read it."),
        max_length=60,
        error_messages={"required": _("Say how you want to sign.")},
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )

    def sent(self) -> list[UploadedFile]:
        """Give the files in the order they were chosen; one more than there may be at most."""
        files: MultiValueDict[str, UploadedFile] = self.files
        return files.getlist("pictures")[: PICTURES_MAX + 1]

    def opinion(self) -> Opinion:
        """Give what was written as services take it."""
        said = self.cleaned_data
        words = said["words"].replace("\r\n", "\n")
        return Opinion(
            stars=said["stars"],
            maker_stars=said["maker_stars"],
            name=said["name"],
            title=said["title"],
            words=words,
            language=(get_language() or "en")[:5],
        )

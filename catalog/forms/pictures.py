"""Shapes of what makers send about the pictures of a piece."""

import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.services import Placed
from catalog.services.uploading import ALT_MAX

DIGEST = re.compile(r"[0-9a-f]{32}", re.ASCII)


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesForm(forms.Form):
    """Pictures of a piece, several at a time; each is checked by itself."""

    pictures = forms.FileField(
        label=gettext_lazy("Add pictures"),
        help_text=gettext_lazy("JPEG, PNG, WebP or AVIF, up to 12 MB each."),
        widget=ManyFiles(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
    )

    def sent(self) -> list[UploadedFile]:
        """Give the files in the order they were chosen."""
        files: MultiValueDict[str, UploadedFile] = self.files
        return files.getlist("pictures")


class GalleryForm(forms.Form):
    """The order of a piece's pictures, and what is said of each, in fields of its digest.

    What a crop keeps comes as two whole numbers, percent from the left and from the top.
    """

    def __init__(self, data: Any) -> None:
        self.digests = [each for each in data.getlist("picture") if DIGEST.fullmatch(each)]
        super().__init__(data)
        for digest in dict.fromkeys(self.digests):
            for language in ("en", "pt"):
                field = forms.CharField(max_length=ALT_MAX, required=False)
                self.fields[f"alt_{language}-{digest}"] = field
            for side in ("x", "y"):
                self.fields[f"focus_{side}-{digest}"] = forms.IntegerField(
                    min_value=0, max_value=100, required=False
                )
            self.fields[f"shows-{digest}"] = forms.CharField(
                max_length=80, required=False, strip=False
            )

    def placed(self) -> list[Placed]:
        """Give the pictures as services take them."""
        return [self._placed(digest) for digest in self._moved()]

    def _placed(self, digest: str) -> Placed:
        sent = self.cleaned_data
        x, y = sent[f"focus_x-{digest}"], sent[f"focus_y-{digest}"]
        shows = f"shows-{digest}"
        return Placed(
            digest,
            sent[f"alt_en-{digest}"],
            sent[f"alt_pt-{digest}"],
            focus=None if x is None or y is None else (x, y),
            shows=sent[shows] if shows in self.data else None,
        )

    @property
    def fault(self) -> str:
        """Say what is wrong: a number that is no percentage, or else a text that is too long."""
        if any(name.startswith("focus_") for name in self.errors):
            return _("What a crop keeps lies between 0 and 100 percent.")
        return _("Say what a picture shows in at most 200 characters.")

    def _moved(self) -> list[str]:
        """Apply the button that was pressed: one place up or down."""
        order = list(dict.fromkeys(self.digests))
        for button, step in (("up", -1), ("down", 1)):
            digest = self.data.get(button, "")
            if digest in order:
                place = order.index(digest)
                order.insert(max(place + step, 0), order.pop(place))
        return order

    @property
    def without(self) -> str:
        """Give the digest of the picture to take out, if the button for it was pressed."""
        return str(self.data.get("remove", ""))

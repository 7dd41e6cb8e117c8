"""The moderators' page of a reported review: what it says, why it was reported, a decision."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from catalog import services as catalog
from catalog.models import Review
from catalog.review_pages import own_pictures
from catalog.services.judging_reviews import REASON_MAX, REASON_MIN, seen_of
from makers_market.core.admin import operators_site
from makers_market.core.errors import Refusal
from makers_market.desk.queue import waiting

UNPROCESSABLE = 422


class ReviewDecisionForm(forms.Form):
    """Keep, or hide with a reason; `seen` says which words the moderator has read."""

    KEEP, HIDE = "keep", "hide"
    decision = forms.ChoiceField(choices=[(KEEP, _("Keep it")), (HIDE, _("Hide it"))])
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason, for the author to read"),
        help_text=_("Needed to hide: 10 to 200 characters. Say which rule it breaks."),
        max_length=REASON_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": REASON_MAX}),
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        is_hidden = cleaned.get("decision") == self.HIDE
        if is_hidden and "reason" in cleaned and len(cleaned["reason"]) < REASON_MIN:
            self.add_error("reason", _("Give the author a reason, in 10 to 200 characters."))
        return cleaned


@operators_site.room(
    "moderation/review/<uuid:uuid>/",
    name="moderate_review",
    title=_("Reported review"),
    needs="moderate",
)
@require_http_methods(["GET", "HEAD", "POST"])
def moderate_review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A reported review as shoppers see it, and every report that waits."""
    review = get_object_or_404(Review.objects.select_related("product__maker"), uuid=uuid)
    reports = list(review.reports.filter(decided_at=None).order_by("at"))
    if review.state != Review.SHOWN or not reports:
        messages.warning(request, _("This was decided already. Nothing was changed now."))
        return redirect("admin:moderation")
    form = ReviewDecisionForm(request.POST or None, initial={"seen": seen_of(review)})
    if request.method == "POST" and form.is_valid():
        return _decide(request, uuid, form)
    context = operators_site.each_context(request) | {
        "form": form,
        "review": review,
        "product": review.product,
        "maker": review.product.maker,
        "reports": reports,
        "pictures": own_pictures(review),
        "title": review.product.title,
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "desk/moderate_review.html", context, status=status)


def _decide(request: HttpRequest, uuid: UUID, form: ReviewDecisionForm) -> HttpResponse:
    sent = form.cleaned_data
    seen, by, at = sent["seen"], f"user:{request.user.pk}", timezone.now()
    try:
        if sent["decision"] == ReviewDecisionForm.HIDE:
            catalog.hide_review(uuid, seen=seen, by=by, at=at, why=sent["reason"])
            messages.success(request, _("Hidden. Its author gets your reason by e-mail."))
        else:
            catalog.keep_review(uuid, seen=seen, by=by, at=at)
            messages.success(request, _("Kept. The review stays as it is."))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect(request.path)
    following = next(iter(waiting()), None)
    return redirect(following.url if following else "admin:moderation")

"""Doors for makers to what buyers say of their pieces."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from catalog import services
from catalog.forms.reviews import ReplyForm
from catalog.models import Review
from catalog.review_pages import own_reviews, unanswered
from makers_market.core.admin import workshop_site
from makers_market.core.figures import once
from makers_market.core.rooms import act, page

UNPROCESSABLE = 422


def count_unanswered(request: Any) -> int:
    here = request.workplace.maker.pk
    return once(request, "unanswered", lambda: unanswered(here).count())


@workshop_site.room(
    "reviews/", name="reviews", title=gettext_lazy("Reviews"), needs="write_pieces",
    position=35, badge=count_unanswered,
)  # fmt: skip
@require_safe
def reviews(request: Any) -> HttpResponse:
    """The reviews of the workshop's pieces, newest first: all, or those without an answer."""
    only_open = request.GET.get("show") == "unanswered"
    found = own_reviews(
        request.workplace.maker, only_open=only_open, after=request.GET.get("after", "")
    )
    return page(
        request,
        "catalog/workshop/reviews.html",
        title=_("Reviews"),
        reviews=found,
        only_open=only_open,
        open_count=count_unanswered(request),
    )


@workshop_site.room(
    "reviews/<uuid:uuid>/reply/",
    name="reply_review",
    title=gettext_lazy("Reply"),
    needs="write_pieces",
)
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: Any, uuid: UUID) -> HttpResponse:
    """Answer a review, or write the answer anew."""
    found = _own(request, uuid)
    form = ReplyForm(request.POST or None, initial={"reply": found.reply})
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["reply"].replace("\r\n", "\n")
        if act(
            request, services.reply_to_review, found.maker_id, uuid,
            words=words, done=_("Your reply stands under the review."),
        ):  # fmt: skip
            return redirect(reverse("workshop:reviews"))
    status = UNPROCESSABLE if form.errors else 200
    return page(
        request,
        "catalog/workshop/review_reply.html",
        title=_("Reply"),
        status=status,
        form=form,
        review=found,
    )


def _own(request: HttpRequest, uuid: UUID) -> Review:
    """Give a shown review of this workshop; another's is not there."""
    here = request.workplace.maker  # type: ignore[attr-defined]
    own = Review.objects.filter(maker=here, state=Review.SHOWN).defer("purchase", "author")
    found = own.select_related("product").filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found

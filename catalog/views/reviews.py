"""Doors under each review: it helped, or somebody should look at it."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from catalog import services
from catalog.forms.reviews import ReportForm
from catalog.models import Review
from catalog.review_pages import anchor_of
from catalog.visitor import user_of
from makers_market.core.audit_log import personal
from makers_market.core.errors import Refusal
from makers_market.core.http import public_form
from makers_market.core.limits import place_of, take

UNPROCESSABLE = 422


def _shown(uuid: UUID) -> Review:
    """Give a review that is shown, of a piece that has a page; otherwise 404."""
    shown = Review.objects.filter(state=Review.SHOWN).select_related("product", "maker")
    found = get_object_or_404(shown, uuid=uuid)
    if found.product.status not in {found.product.LIVE, found.product.RETIRED}:
        raise Http404
    return found


def _back(review: Review) -> str:
    return f"{review.product.url}#{anchor_of(review)}"


@public_form
@require_POST
def helpful(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Find a review helpful, or not any more; a guest is asked to sign in first."""
    review, user = _shown(uuid), user_of(request)
    asks_part = bool(request.headers.get("HX-Request"))
    if user is None:
        sign_in = redirect_to_login(_back(review), settings.LOGIN_URL)
        return HttpResponse(headers={"HX-Redirect": sign_in.url}) if asks_part else sign_in
    take(request, "review_votes", per="user")
    is_voted, refusal = False, ""
    try:
        is_voted = services.toggle_vote(review.uuid, user_id=user.pk, at=timezone.now())
    except Refusal as refused:
        refusal = str(refused)
    if not asks_part:
        return redirect(_back(review))
    review.refresh_from_db(fields=["helpful_count"])
    context = {"review": review, "is_voted": is_voted, "refusal": refusal}
    return render(request, "components/review_helpful.html", context)


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask a moderator to look at a review; anybody may, each once."""
    review, form = _shown(uuid), ReportForm(request.POST or None)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent:
        take(request, "review_reports", per="address")
        user = user_of(request)
        services.report_review(
            review.uuid,
            reporter=f"user:{user.pk}" if user else personal(place_of(request)),
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            at=timezone.now(),
        )
    context = {"review": review, "form": form, "is_sent": is_sent, "back": _back(review)}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "catalog/review_report.html", context, status=status)

"""The door to write a review: it opens for what was bought and has arrived."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from catalog import services as catalog
from catalog.models import Review
from catalog.review_pages import own_pictures
from catalog.services.writing_reviews import PICTURES_MAX, may_change
from makers_market.core.errors import Refusal
from makers_market.core.http import public_form
from makers_market.core.limits import take
from makers_market.core.pictures import BYTES_MAX, checked_picture
from makers_market.core.upload_limits import expect_files
from orders.forms_review import ReviewForm
from orders.models import Order, OrderLine
from orders.reviewing import has_arrived, purchase_of, signature

CONFLICT, UNPROCESSABLE = 409, 422


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, token: str, line: int) -> HttpResponse:
    """Write the review of a piece, or change it for 14 days; who holds the order's link may."""
    order = get_object_or_404(Order.objects.behind(token))
    lines = OrderLine.objects.select_related("order", "shipment", "variant__product__maker")
    sold = get_object_or_404(lines, order=order, pk=line)
    written = Review.objects.filter(purchase=purchase_of(sold)).first()
    is_open = has_arrived(sold) and (written is None or may_change(written, at=timezone.now()))
    if request.method != "POST":
        form = ReviewForm(initial=_initial(sold, written)) if is_open else None
        return _page(request, sold, written, form=form)
    if not is_open:
        return _page(request, sold, written, form=None, status=CONFLICT)
    take(request, "reviews", per="user")
    expect_files(request, (PICTURES_MAX + 1) * BYTES_MAX)
    form = ReviewForm(request.POST, request.FILES)
    if form.is_valid() and _kept(form, sold, written):
        return redirect(reverse("orders:review", args=[token, line]) + "?thanks=1")
    return _page(request, sold, written, form=form, status=UNPROCESSABLE)


def _initial(sold: OrderLine, written: Review | None) -> dict[str, Any]:
    if written is None:
        return {"name": signature(sold.order.name)}
    names = ("stars", "maker_stars", "title", "words")
    return {name: getattr(written, name) for name in names} | {"name": written.author_name}


def _kept(form: ReviewForm, sold: OrderLine, written: Review | None) -> bool:
    """Store the pictures, then write or change the review; what is refused is said in the form."""
    originals: list[catalog.Original] = []
    try:
        for content in [checked_picture(file) for file in form.sent()]:
            originals.append(catalog.store_original(content))
        _write(form, sold, written, originals)
    except catalog.AlreadyWritten:
        _leave(originals)
    except Refusal as refusal:
        _leave(originals)
        form.add_error("pictures" if form.sent() else None, str(refusal))
        return False
    return True


def _write(
    form: ReviewForm, sold: OrderLine, written: Review | None, originals: list[catalog.Original]
) -> None:
    bought = catalog.Bought(
        purchase=purchase_of(sold),
        product_id=sold.variant.product_id,
        variant_title=sold.variant_title,
        buyer_id=sold.order.user_id,
        email=sold.order.email,
    )
    at = timezone.now()
    if written is None:
        catalog.write_review(bought, form.opinion(), originals=originals, at=at)
    else:
        catalog.change_review(
            bought.purchase, form.opinion(), originals=originals, by=bought.actor, at=at
        )


def _leave(originals: list[catalog.Original]) -> None:
    for original in originals:
        catalog.leave_original(original.uuid)


def _page(
    request: HttpRequest,
    sold: OrderLine,
    written: Review | None,
    *,
    form: ReviewForm | None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "order": sold.order,
        "token": sold.order.token,
        "line": sold,
        "title": sold.title_in(request.LANGUAGE_CODE),
        "product": sold.variant.product,
        "maker": sold.variant.product.maker,
        "written": written,
        "pictures": own_pictures(written) if written else [],
        "has_arrived": has_arrived(sold),
        "form": form,
        "thanks": written is not None and "thanks" in request.GET,
    }
    return render(request, "orders/review.html", context, status=status)

"""The moderators' pages: one queue of what waits, and a page to decide on each kind."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services as accounts
from accounts.models import Maker
from accounts.queries import checklist_of
from catalog import services as catalog
from catalog.drafts import changes_of, left
from catalog.models import Product, Revision
from makers_market.core.admin import operators_site
from makers_market.core.errors import Refusal
from makers_market.desk.queue import count_waiting, waiting

Decide = Callable[..., None]
REASON_MIN, REASON_MAX = 10, 200


class DecisionForm(forms.Form):
    """Approve, or reject with a reason; `seen` says which state the moderator looked at."""

    APPROVE, REJECT = "approve", "reject"
    decision = forms.ChoiceField(choices=[(APPROVE, _("Approve")), (REJECT, _("Reject"))])
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason, for the maker to read"),
        help_text=_("Needed to reject: 10 to 200 characters. Say what to change."),
        max_length=REASON_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": REASON_MAX}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_rejected = cleaned.get("decision") == self.REJECT
        if is_rejected and "reason" in cleaned and len(cleaned["reason"]) < REASON_MIN:
            self.add_error("reason", _("Give the maker a reason, in 10 to 200 characters."))
        return cleaned


def waiting_count(request: HttpRequest) -> int:
    return count_waiting()


@operators_site.room(
    "moderation/", name="moderation", title=_("To decide"), needs="moderate",
    position=10, badge=waiting_count,
)  # fmt: skip
@require_safe
def moderation(request: HttpRequest) -> HttpResponse:
    """Applications, new pieces and changed pieces in one list, the longest wait first."""
    context = operators_site.each_context(request) | {"title": _("To decide"), "rows": waiting()}
    return render(request, "desk/moderation.html", context)


@operators_site.room(
    "moderation/maker/<int:pk>/", name="moderate_maker", title=_("Application"), needs="moderate"
)
@require_http_methods(["GET", "HEAD", "POST"])
def moderate_maker(request: HttpRequest, pk: int) -> HttpResponse:
    """An application with its checklist and everything it says."""
    maker = get_object_or_404(Maker.objects.prefetch_related("moves"), pk=pk)
    moves = _in_words(maker)
    context = {
        "maker": maker,
        "moves": moves,
        "checklist": checklist_of(maker),
        "pieces": maker.products.order_by("pk")[:12],
        "seen": str(moves[-1].pk) if moves else "0",
        "is_waiting": maker.status == Maker.SUBMITTED,
        "title": maker.name,
    }
    return _page(request, "moderate_maker", context, _maker_verbs(pk))


def _in_words(thing: Any) -> list[Any]:
    """Give a thing's history, each move with the words for where it led."""
    names = dict(thing.STATUSES)
    moves = list(thing.moves.all())
    for move in moves:
        move.words = names[move.to_status]
    return moves


def _maker_verbs(pk: int) -> tuple[Decide, Decide]:
    def approve(*, seen: str, **facts: Any) -> None:
        accounts.approve_maker(pk, seen_move=_number(seen), **facts)

    def reject(*, seen: str, **facts: Any) -> None:
        accounts.reject_maker(pk, seen_move=_number(seen), **facts)

    return approve, reject


def _number(seen: str) -> int:
    """Read a move's id; what is none names no move, so that nothing is decided by it."""
    return int(seen) if seen.isascii() and seen.isdigit() else -1


@operators_site.room(
    "moderation/product/<int:pk>/", name="moderate_product", title=_("New piece"), needs="moderate"
)
@require_http_methods(["GET", "HEAD", "POST"])
def moderate_product(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece in review as shoppers would see it."""
    shown = Product.objects.for_cards().select_related("maker", "category", "section")
    product = get_object_or_404(shown, pk=pk)
    now = left(product)
    context = {
        "product": product,
        "maker": product.maker,
        "pictures": now.pictures,
        "moves": _in_words(product),
        "seen": now.seen,
        "is_waiting": product.status == Product.REVIEW,
        "title": product.title,
    }

    def approve(**facts: Any) -> None:
        catalog.approve_product(pk, **facts)

    def reject(**facts: Any) -> None:
        catalog.reject_product(pk, **facts)

    return _page(request, "moderate_product", context, (approve, reject))


@operators_site.room(
    "moderation/revision/<uuid:uuid>/",
    name="moderate_revision",
    title=_("Changed piece"),
    needs="moderate",
)
@require_http_methods(["GET", "HEAD", "POST"])
def moderate_revision(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A change of a piece: every field and the gallery, before and after."""
    shown = Revision.objects.select_related("product__maker")
    revision = get_object_or_404(shown, uuid=uuid)
    changes = changes_of(revision)
    context = {
        "revision": revision,
        "product": revision.product,
        "maker": revision.product.maker,
        "changes": changes,
        "seen": changes.seen,
        "is_waiting": revision.state == Revision.WAITING,
        "title": revision.product.title,
    }

    def approve(**facts: Any) -> None:
        catalog.approve_revision(uuid, **facts)

    def reject(**facts: Any) -> None:
        catalog.reject_revision(uuid, **facts)

    return _page(request, "moderate_revision", context, (approve, reject))


def _page(
    request: HttpRequest, page: str, context: dict[str, Any], verbs: tuple[Decide, Decide]
) -> HttpResponse:
    """Show a thing that waits, or decide on it and go on with the next one in the queue."""
    if not context["is_waiting"]:
        messages.warning(request, _("This was decided already. Nothing was changed now."))
        return redirect("admin:moderation")
    form = DecisionForm(request.POST or None, initial={"seen": context["seen"]})
    if request.method == "POST" and form.is_valid():
        return _decide(request, form.cleaned_data, verbs)
    status = 422 if form.errors else 200
    shared = operators_site.each_context(request) | {"form": form}
    return render(request, f"desk/{page}.html", shared | context, status=status)


def _decide(
    request: HttpRequest, sent: dict[str, Any], verbs: tuple[Decide, Decide]
) -> HttpResponse:
    approve, reject = verbs
    facts = {"seen": sent["seen"], "by": f"user:{request.user.pk}", "at": timezone.now()}
    try:
        if sent["decision"] == DecisionForm.REJECT:
            reject(why=sent["reason"], **facts)
            messages.success(request, _("Rejected. The maker gets your reason by e-mail."))
        else:
            approve(**facts)
            messages.success(request, _("Approved. The maker is told by e-mail."))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect(request.path)
    following = next(iter(waiting()), None)
    return redirect(following.url if following else "admin:moderation")

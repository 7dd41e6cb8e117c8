"""Doors to who one is, how one is written to, and what one has agreed to."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms_details import DetailsForm, NewsForm
from accounts.models import Consent, User
from accounts.services import consenting

UNPROCESSABLE = 422
CONSENTS_SHOWN = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Show and change name and language; show address and consents, lead to export and leaving."""
    user = cast(User, request.user)
    initial = {"name": user.name, "language": user.language}
    form = DetailsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        consenting.change_details(
            user, **form.cleaned_data, by=f"user:{user.pk}", at=timezone.now()
        )
        language = form.cleaned_data["language"]
        with override(language):
            messages.success(request, _("Your details are saved."))
        return redirect(translate_url(reverse("details"), language))
    context = {
        "form": form,
        "wants_news": consenting.wants_news(user),
        "consents": Consent.objects.filter(user=user).order_by("-id")[:CONSENTS_SHOWN],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "accounts/account/details.html", context, status=status)


@login_required
@require_POST
def news(request: HttpRequest) -> HttpResponse:
    """Say yes or no to news by e-mail."""
    form = NewsForm(request.POST)
    if not form.is_valid():
        return redirect("details")
    user = cast(User, request.user)
    wanted = form.cleaned_data["wanted"]
    if consenting.choose_news(user, wanted=wanted, by=f"user:{user.pk}", at=timezone.now()):
        said = _("You get news by e-mail.") if wanted else _("You get no news by e-mail.")
        messages.success(request, said)
    return redirect("details")

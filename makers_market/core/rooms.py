"""What the doors of the workshop's own rooms share: a page, and one act that may be refused."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise

from makers_market.core.admin import workshop_site
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal


def page(
    request: HttpRequest, template: str, *, title: str | Promise, status: int = 200, **context: Any
) -> HttpResponse:
    """Show a page of the workshop in its shell; `status` 422 for a form that was not accepted."""
    shell = workshop_site.each_context(request)
    return render(request, template, shell | {"title": title} | context, status=status)


def act(
    request: HttpRequest, verb: Callable[..., Any], *ids: Any, done: str | Promise, **fields: Any
) -> bool:
    """Call a service for the person of this request, with the app's own rights; say how it went.

    True if it was done. A refusal is said in its own words, and nothing has changed. What was
    removed a moment ago is 404, as if it had never been there.
    """
    try:
        with as_app():
            verb(*ids, by=f"user:{request.user.pk}", at=timezone.now(), **fields)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return False
    except ObjectDoesNotExist as error:
        raise Http404 from error
    messages.success(request, str(done))
    return True

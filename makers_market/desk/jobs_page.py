"""The page of the background jobs: what waits, what failed, who works."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from makers_market.core import job_list
from makers_market.core.admin import operators_site
from makers_market.core.errors import Refusal


def failed_count(request: HttpRequest) -> int:
    return job_list.count_failed()


@operators_site.room(
    "jobs/", name="jobs", title=_("Jobs"), needs="run_jobs", position=85, badge=failed_count
)
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Counts by status, the failed jobs with a button, those that wait, and the workers."""
    at = timezone.now()
    context = operators_site.each_context(request) | {
        "title": _("Jobs"),
        "queue": job_list.queue(at=at),
        "failed": job_list.jobs_in(job_list.FAILED),
        "pending": job_list.jobs_in(job_list.TODO),
        "workers": job_list.workers(at=at),
    }
    return render(request, "desk/jobs.html", context)


@operators_site.room("jobs/<int:pk>/retry/", name="retry_job", title=_("Retry"), needs="run_jobs")
@require_POST
def retry_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a failed job another try."""
    try:
        job_list.retry_job(pk, by=f"user:{request.user.pk}", at=timezone.now())
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("The job is in the queue again."))
    return redirect("admin:jobs")

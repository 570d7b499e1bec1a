"""Addresses of background jobs, below a workspace."""

from django.urls import URLPattern, path

from datasets_ui.views.jobs import control

workspace: list[URLPattern] = [
    path("jobs/", control.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", control.job, name="job"),
    path("jobs/<uuid:job_id>/stop/", control.stop, name="job-stop"),
    path("jobs/<uuid:job_id>/resume/", control.resume, name="job-resume"),
    path("jobs/<uuid:job_id>/retry/", control.retry, name="job-retry"),
    path("jobs/<uuid:job_id>/roll-back/", control.roll_back_view, name="job-roll-back"),
]

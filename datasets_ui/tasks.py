"""What goes through the queue, thin; apps.py loads it. Only an id does: what a worker may do, it asks the database."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django_tasks import task

from datasets_ui.services.jobs.control import job_ready
from datasets_ui.services.jobs.worker import work_on


@task()
def work_on_job(job_id: str) -> None:
    work_on(UUID(job_id))


@receiver(job_ready)
def enqueue(sender: object, job_id: UUID, **_: Any) -> None:  # noqa: ARG001 a receiver's signature
    work_on_job.enqueue(str(job_id))

"""The audit row of every act, written by the service function that does it."""

from collections.abc import Iterator
from contextlib import contextmanager

from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Act, Actor, AuditEvent, Target, Workspace

Outcome = AuditEvent.Outcome


def record(
    *, by: Actor, workspace: Workspace | None, act: Act, target: Target, before: str = "", after: str = "", error: str = "",
    outcome: AuditEvent.Outcome = Outcome.DONE,
) -> AuditEvent:  # fmt: skip
    """Write one row. `before` and `after` are short texts, never secrets."""
    return AuditEvent.objects.create(
        workspace_id=workspace.id if workspace else None,
        workspace=workspace.name if workspace else "",
        actor=by.name,
        address=by.address,
        act=act,
        object_id=str(target.id),
        object_name=target.name[:300],
        before=before,
        after=after,
        outcome=outcome,
        error=error[:200],
    )


@contextmanager
def audited(*, by: Actor, workspace: Workspace, act: Act, target: Target, before: str = "", after: str = "") -> Iterator[None]:
    """An act in the API: its row is there before it is tried, so that a process that dies over it leaves a trace, and says
    afterwards whether it was done, failed, or may have been done."""
    event = record(by=by, workspace=workspace, act=act, target=target, before=before, after=after, outcome=Outcome.UNKNOWN)
    try:
        yield
    except DifyError as error:
        AuditEvent.objects.settle(event, Outcome.UNKNOWN if error.outcome_unknown else Outcome.FAILED, error.code)
        raise
    AuditEvent.objects.settle(event, Outcome.DONE)

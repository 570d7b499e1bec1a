"""The audit row of every act, written by the service function that does it."""

from collections.abc import Iterator
from contextlib import contextmanager

from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Act, Actor, AuditEvent, Target, Workspace


def record(
    *, by: Actor, workspace: Workspace | None, act: Act, target: Target, before: str = "", after: str = "", error: str = "",
    outcome: AuditEvent.Outcome = AuditEvent.Outcome.DONE,
) -> None:  # fmt: skip
    """Write one row. `before` and `after` are short texts, never secrets."""
    AuditEvent.objects.create(
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
    """An act in the API: its row says whether it was done, failed, or may have been done."""
    outcome, code = AuditEvent.Outcome.DONE, ""
    try:
        yield
    except DifyError as error:
        outcome = AuditEvent.Outcome.UNKNOWN if error.outcome_unknown else AuditEvent.Outcome.FAILED
        code = error.code
        raise
    finally:
        record(by=by, workspace=workspace, act=act, target=target, before=before, after=after, outcome=outcome, error=code)

"""The audit row of every act, written by the service function that does it; of an act in the API, by the frame of its scope."""

from datasets_ui.models import Act, Actor, AuditEvent, Revision, Sentence, Target, Workspace

Outcome = AuditEvent.Outcome


def record(
    *,
    by: Actor,
    workspace: Workspace | None,
    act: Act,
    target: Target,
    before: str | Sentence = "",
    after: str | Sentence = "",
    error: str = "",
    outcome: AuditEvent.Outcome = Outcome.DONE,
) -> AuditEvent:
    """Write one row. `before` and `after` are what people have written, or sentences that are put into words where they are shown;
    never secrets."""
    called = target.name if isinstance(target.name, Sentence) else Sentence()
    name = called.texts() if called else str(target.name)
    return AuditEvent.objects.create(
        workspace_id=workspace.id if workspace else None,
        workspace=workspace.name if workspace else "",
        actor=by.name,
        address=by.address,
        act=act,
        object_id=str(target.id),
        object_name=name[:300],
        object_sentence=called,
        before=before,
        after=after,
        outcome=outcome,
        error=error[:200],
    )


def settle(event: AuditEvent, kept: Revision | None, outcome: Revision.Outcome, error: str = "") -> None:
    """Say how an act ended that was recorded when it was begun."""
    AuditEvent.objects.settle(event, Outcome(outcome.value), error)
    if kept:
        kept.outcome = outcome
        kept.save()

"""What we keep ourselves; everything else lives in Dify."""

from datasets_ui.models.api_keys import ApiKey, KeyUse, ServedDataset
from datasets_ui.models.audit import Act, Actor, AuditEvent, Target
from datasets_ui.models.invitations import Invitation
from datasets_ui.models.jobs import Job, JobItem
from datasets_ui.models.locks import Lock
from datasets_ui.models.proposals import Proposal
from datasets_ui.models.revisions import Revision, Snapshot
from datasets_ui.models.segment_states import SegmentStates
from datasets_ui.models.sentences import Sentence
from datasets_ui.models.uploads import Upload
from datasets_ui.models.users import User
from datasets_ui.models.workspaces import Installation, Membership, Role, Workspace

__all__ = [
    "Act",
    "Actor",
    "ApiKey",
    "AuditEvent",
    "Installation",
    "Invitation",
    "Job",
    "JobItem",
    "KeyUse",
    "Lock",
    "Membership",
    "Proposal",
    "Revision",
    "Role",
    "SegmentStates",
    "Sentence",
    "ServedDataset",
    "Snapshot",
    "Target",
    "Upload",
    "User",
    "Workspace",
]

"""What we keep ourselves; everything else lives in Dify."""

from datasets_ui.models.api_keys import ApiKey
from datasets_ui.models.audit import Actor, AuditEvent, Target
from datasets_ui.models.uploads import Upload
from datasets_ui.models.users import User
from datasets_ui.models.workspaces import Installation, Membership, Role, Workspace

__all__ = ["Actor", "ApiKey", "AuditEvent", "Installation", "Membership", "Role", "Target", "Upload", "User", "Workspace"]

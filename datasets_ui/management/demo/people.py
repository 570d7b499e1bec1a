"""Who works in the demo's workspace beside its owner."""

from datasets_ui.management.demo import EDITORS
from datasets_ui.models import Role, User
from datasets_ui.services.scope import DatasetScope
from datasets_ui.services.team.invitations import accept_as_new_user, invite

ADDRESS = "127.0.0.1"


def invite_editors(scope: DatasetScope, password: str) -> None:
    """Two editors, who come by invitations of the owner, as anybody would; who was here once is not invited again."""
    known = set(User.objects.filter(email__in=EDITORS).values_list("email", flat=True))
    for email in EDITORS:
        if email not in known:
            _, token = invite(scope, Role.EDITOR, email, acting=Role.OWNER)
            accept_as_new_user(token=token, email=email, password=password, address=ADDRESS)

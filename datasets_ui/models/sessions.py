"""Sessions in the database, read by a compiled query."""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        """Django's own does the same with a query that it compiles each time."""
        from datasets_ui.models.queries import find_session  # noqa: PLC0415 models are there by now

        found = find_session(self.session_key or "", timezone.now())
        if found:
            return found[0]
        self._session_key = None
        return None

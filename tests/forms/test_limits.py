"""How long what is typed may be: said once, by the model that keeps it, or by what Dify is sent."""

import pytest
from django import forms
from django.db.models import Model

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.forms.keys.api_keys import DetailsForm, SetupForm
from datasets_ui.forms.limits import longest
from datasets_ui.forms.segments.child_chunks import ChildChunkForm
from datasets_ui.forms.segments.editing import SegmentForm
from datasets_ui.forms.team.workspaces import InviteForm, JoinForm, NewWorkspaceForm, WorkspaceForm
from datasets_ui.models import ApiKey, Invitation, User, Workspace


@pytest.mark.parametrize(
    ("form", "field", "model", "kept"),
    [
        (NewWorkspaceForm, "name", Workspace, "name"),
        (WorkspaceForm, "name", Workspace, "name"),
        (SetupForm, "workspace_name", Workspace, "name"),
        (SetupForm, "email", User, "email"),
        (JoinForm, "email", User, "email"),
        (InviteForm, "email", Invitation, "email"),
        (SetupForm, "base_url", ApiKey, "base_url"),
        (DetailsForm, "name", ApiKey, "name"),
        (DetailsForm, "note", ApiKey, "note"),
    ],
)
def test_nothing_is_typed_that_is_not_kept_whole(form: type[forms.Form], field: str, model: type[Model], kept: str) -> None:
    typed = form.base_fields[field]
    assert isinstance(typed, forms.CharField)
    assert typed.max_length == longest(model, kept) is not None


def test_what_has_no_limit_is_not_asked_for_one() -> None:
    with pytest.raises(TypeError, match="created_at of Workspace"):
        longest(Workspace, "created_at")


@pytest.mark.parametrize("form", [SegmentForm, ChildChunkForm])
@pytest.mark.parametrize(("more", "wrong"), [("", []), ("x", ["content"])])
def test_the_lines_of_a_long_text_count_as_they_are_stored(form: type[forms.Form], more: str, wrong: list[str]) -> None:
    assert list(form({"content": "a\r\n" * (LONGEST_TEXT // 2) + more}).errors) == wrong

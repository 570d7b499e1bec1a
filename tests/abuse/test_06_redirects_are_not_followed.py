"""Row 6: an API that answers 301, 302, 303, 307 or 308 is not followed: 0 second requests, to loopback, another host or itself, though
each of these may be called; people see an error."""

import pytest
from django.test import Client

from datasets_ui.dify.codes import ErrorCode
from datasets_ui.models import AuditEvent, Workspace
from tests.abuse.support import CANARY, Listener, Reply
from tests.conftest import new_key
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Answer, Calls, text, texts, url

STATUSES = [301, 302, 303, 307, 308]
TARGETS = ["http://{sandbox}/v1/datasets", "//{sandbox}/v1/datasets", "{own}/datasets", "/v1/other", "datasets?page=2", ""]


@pytest.fixture
def api(elsewhere: Listener, workspace: Workspace) -> Listener:
    """The API of the workspace, which worked when its key was stored and sends people elsewhere since."""
    elsewhere.reply = Reply(200, body=b'{"data": [], "has_more": false, "limit": 20, "total": 0, "page": 1}')
    workspace.api_keys.all().delete()
    new_key(workspace, "Default", elsewhere.base_url, CANARY)
    AuditEvent.objects.all().purge()
    elsewhere.seen.clear()
    return elsewhere


def target(template: str, api: Listener, sandbox: SandboxProcess) -> str:
    return template.format(sandbox=f"127.0.0.1:{sandbox.port}", own=api.base_url)


@pytest.mark.parametrize("status", STATUSES)
def test_a_page_is_not_led_away(owner: Client, api: Listener, sandbox: SandboxProcess, status: int) -> None:
    calls = Calls(sandbox)
    for template in TARGETS:
        api.seen.clear()
        api.reply = Reply(status, {"Location": target(template, api, sandbox)})
        answer: Answer = owner.get(url("datasets"))
        assert (answer.status_code, texts(answer, "main p")[0]) == (502, ErrorCode.redirected.value)
        assert ([seen.target.partition("?")[0] for seen in api.seen], calls.seen()) == (["/v1/datasets"], [])


@pytest.mark.parametrize("status", STATUSES)
def test_a_change_is_not_led_away(owner: Client, api: Listener, sandbox: SandboxProcess, status: int) -> None:
    calls = Calls(sandbox)
    api.reply = Reply(status, {"Location": target(TARGETS[0], api, sandbox)})
    owner.post(url("new-dataset"), {"name": "x", "indexing_technique": "economy", "permission": "only_me"})
    posted = [(seen.method, seen.target) for seen in api.seen if seen.method != "GET"]
    assert (posted, calls.seen()) == ([("POST", "/v1/datasets")], [])
    assert AuditEvent.objects.get().outcome == AuditEvent.Outcome.UNKNOWN


@pytest.mark.parametrize("status", STATUSES)
def test_a_key_that_is_tried_is_not_led_away(
    owner: Client, workspace: Workspace, elsewhere: Listener, sandbox: SandboxProcess, status: int
) -> None:
    calls = Calls(sandbox)
    elsewhere.reply = Reply(status, {"Location": f"{sandbox.base_url}/datasets"})
    answer: Answer = owner.post(url("new-api-key"), {"name": "x", "base_url": elsewhere.base_url, "key": sandbox.key})
    assert (answer.status_code, len(elsewhere.seen), calls.seen(), workspace.api_keys.count()) == (422, 1, [], 1)


def test_where_it_leads_to_is_shown_as_text(owner: Client, api: Listener) -> None:
    api.reply = Reply(302, {"Location": "https://evil.example/<script>alert(1)</script>"})
    answer: Answer = owner.get(url("datasets"))
    assert "https://evil.example/<script>alert(1)</script>" in text(answer, "main")
    assert ("<script>alert" in answer.text, b"evil.example" in answer.headers.get("Location", "").encode()) == (False, False)

"""Row 1: after the address of a key was changed, the new address gets 0 requests with the old key; the row is empty, and recorded."""

from django.test import Client

from datasets_ui.models import ApiKey, Workspace
from datasets_ui.services.housekeeping import keep_house
from tests.abuse.people import Things, routes
from tests.abuse.support import CANARY, Listener
from tests.support.stage import HTMX, Answer, acts, last_event, text, url

# what would delete the connection before it is tried, or sign the owner out
LAST = ("delete/", "logout/", "leave/", "disable/")


def key_of(workspace: Workspace) -> ApiKey:
    return workspace.api_keys.get()


def move(client: Client, workspace: Workspace, address: str, key: str = "", **more: str) -> Answer:
    """Send the form that replaces address and key."""
    typed = {"base_url": address, "key": key} | more
    return client.post(url("api-key-replace", key_of(workspace).pk), typed, follow=True)


def test_another_address_drops_the_key(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    response = move(owner, workspace, elsewhere.base_url)
    assert text(response, ".notice-warning span").startswith("The address was changed and the stored key dropped.")
    key = key_of(workspace)
    assert (key.base_url, bytes(key.ciphertext), key.prefix, key.last_four) == (elsewhere.base_url, b"", "", "")
    assert elsewhere.seen == []


def test_it_is_recorded(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    before = key_of(workspace).base_url
    move(owner, workspace, elsewhere.base_url)
    event = last_event()
    assert (acts(), str(event.before), str(event.after)) == ([("api_key.drop", "done", "Default")], before, elsewhere.base_url)


def test_no_address_of_the_dashboard_sends_it_there(
    owner: Client, elsewhere: Listener, workspace: Workspace, things: Things
) -> None:
    """Every address, opened and posted to, plainly and by htmx, with what an attacker would add."""
    move(owner, workspace, elsewhere.base_url)
    tried = [things.path(route) for route in routes() if not route.endswith(LAST)]
    for path in tried:
        for extra in ({}, HTMX):
            owner.get(path, {"base_url": elsewhere.base_url}, **extra)
            owner.post(path, {"base_url": elsewhere.base_url, "name": "x", "enabled": "1"}, **extra)
    assert (len(tried) >= 75, key_of(workspace).base_url, elsewhere.seen) == (True, elsewhere.base_url, [])


def test_trying_the_key_says_that_there_is_none(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    move(owner, workspace, elsewhere.base_url)
    response: Answer = owner.post(url("api-key-try", key_of(workspace).pk))
    assert (response.status_code, text(response, "h1"), elsewhere.seen) == (409, "No API key", [])


def test_what_runs_beside_the_requests_sends_nothing(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    owner.get(url("datasets"))
    move(owner, workspace, elsewhere.base_url)
    keep_house()
    assert elsewhere.seen == []


def test_making_it_the_default_and_enabling_it_sends_nothing(
    owner: Client, elsewhere: Listener, workspace: Workspace, things: Things
) -> None:
    move(owner, workspace, elsewhere.base_url)
    for route in ("default", "enabled", "try"):
        owner.post(things.path(f"w/<slug>/keys/<key_id>/{route}/"), {"enabled": "1"})
    owner.get(url("datasets"))
    assert elsewhere.seen == []


def test_a_key_typed_for_another_address_is_all_it_gets(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    response = move(owner, workspace, elsewhere.base_url, key=CANARY)
    assert (response.status_code, set(elsewhere.keys)) == (422, {f"Bearer {CANARY}"})
    assert key_of(workspace).base_url != elsewhere.base_url


def test_a_workspace_without_the_key_says_so(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    move(owner, workspace, elsewhere.base_url)
    assert text(owner.get(url("datasets")), "h1") == "No API key"

"""Several API keys in a workspace: which serves what, what is found when one is added, and how they fare."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import ApiKey, AuditEvent, KeyUse, Role, Workspace
from datasets_ui.services.keys.usage import counts, write_counts
from tests.conftest import member, new_key, signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, UNKNOWN, Calls, acts, beside, last_event, text, texts, url, value

ASK = "The key is bound to some datasets in Dify. Name those that it may see; the admin of the Dify workspace knows their ids."
BOUND = "dataset-bound-to-one"


@pytest.fixture
def bound(sandbox: SandboxProcess, workspace: Workspace, handbook: Dataset) -> ApiKey:
    """A second key, which sees the handbook alone, and serves it."""
    return new_key(workspace, "Handbook only", sandbox.base_url, sandbox.bind(BOUND, handbook.id), handbook.id)


def typed(sandbox: SandboxProcess, **more: str) -> dict[str, str]:
    return {"name": "Second", "base_url": sandbox.base_url, "key": sandbox.key} | more


def test_the_list_says_what_each_key_is(owner: Client, bound: ApiKey) -> None:
    rows = texts(owner.get(url("api-keys")), "tbody tr")
    assert [row.split()[0] for row in rows] == ["Default", "Handbook"]
    assert "1 dataset " in rows[1]


def test_without_a_key_the_list_teaches(owner: Client, workspace: Workspace) -> None:
    workspace.api_keys.all().delete()
    assert text(owner.get(url("api-keys")), ".empty-state h2") == "No API key yet"


def test_adding_one_says_what_was_found(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    response = owner.post(url("new-api-key"), typed(sandbox, note="For the team"), follow=True)
    assert text(response, ".notice-success span") == "The key works and is stored: Dify 1.17.0, 1 dataset."
    assert value(response, "note") == "For the team"
    assert (last_event().act, last_event().object_name) == ("api_key.create", "Second")


def test_the_second_is_not_the_default(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    owner.post(url("new-api-key"), typed(sandbox))
    assert list(workspace.api_keys.values_list("name", "is_default")) == [("Default", True), ("Second", False)]


def test_a_bound_key_needs_its_datasets_named(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    response = owner.post(url("new-api-key"), typed(sandbox, key=sandbox.bind(BOUND, handbook.id)))
    said = beside(response, "dataset_ids")
    assert (response.status_code, said) == (422, [ASK])
    assert (value(response, "name"), value(response, "key")) == ("Second", "")


def test_a_bound_key_is_stored_with_its_datasets(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    key = sandbox.bind(BOUND, handbook.id)
    response = owner.post(url("new-api-key"), typed(sandbox, key=key, dataset_ids=str(handbook.id)), follow=True)
    assert text(response, ".notice-success span") == "The key works and is stored: Dify 1.17.0, sees Handbook alone."
    stored = workspace.api_keys.get(name="Second")
    assert (stored.datasets_found, [row.dataset_id for row in stored.served.all()]) == (None, [handbook.id])


def test_a_dataset_that_the_key_does_not_see_is_told(owner: Client, sandbox: SandboxProcess) -> None:
    response = owner.post(url("new-api-key"), typed(sandbox, dataset_ids=str(UNKNOWN)))
    assert beside(response, "dataset_ids")[0].startswith("The key does not see one of these datasets.")


@pytest.mark.parametrize("ids", ["x", "../..", "0" * 32, f"{UNKNOWN}\n12", "\x00"])
def test_what_is_no_id_is_told(owner: Client, sandbox: SandboxProcess, ids: str) -> None:
    calls = Calls(sandbox)
    response = owner.post(url("new-api-key"), typed(sandbox, dataset_ids=ids))
    assert (response.status_code, len(beside(response, "dataset_ids")), calls.seen()) == (422, 1, [])


def test_a_dataset_is_served_by_one_key(owner: Client, sandbox: SandboxProcess, bound: ApiKey, handbook: Dataset) -> None:
    response = owner.post(url("new-api-key"), typed(sandbox, dataset_ids=str(handbook.id)))
    assert beside(response, "dataset_ids") == [f"{handbook.id} is served by “Handbook only” already. Remove it there first."]
    assert not ApiKey.objects.filter(name="Second").exists()


def test_names_are_unique(owner: Client, sandbox: SandboxProcess) -> None:
    response = owner.post(url("new-api-key"), typed(sandbox, name="Default"))
    assert len(beside(response, "name")) == 1


def test_a_served_dataset_is_reached_with_its_key(
    owner: Client, sandbox: SandboxProcess, bound: ApiKey, handbook: Dataset
) -> None:
    counts.take()
    assert owner.get(url("documents", handbook.id)).status_code == 200
    write_counts()
    assert (bound.uses.count(), KeyUse.objects.exclude(api_key=bound).count()) == (1, 0)


def test_the_list_of_datasets_shows_them_too(owner: Client, bound: ApiKey, workspace: Workspace) -> None:
    workspace.api_keys.filter(is_default=True).delete()
    page = owner.get(url("datasets"))
    assert (page.status_code, texts(page, "tbody .row-link")) == (200, ["Handbook"])


def test_one_that_cannot_be_had_is_shown_with_its_reason(owner: Client, bound: ApiKey, handbook: Dataset) -> None:
    ApiKey.objects.filter(pk=bound.pk).update(disabled_at=timezone.now())
    row = text(owner.get(url("datasets")), "td[colspan]")
    assert row.startswith(str(handbook.id))
    assert "is disabled" in row


def test_a_disabled_key_serves_nothing(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    key = workspace.api_keys.get()
    owner.post(url("api-key-enable", key.pk), {"enabled": "0"})
    calls = Calls(sandbox)
    page = owner.get(url("datasets"))
    assert (page.status_code, calls.seen()) == (409, [])
    owner.post(url("api-key-enable", key.pk), {"enabled": "1"})
    assert owner.get(url("datasets")).status_code == 200
    assert [act for act, _, _ in acts()] == ["api_key.disable", "api_key.enable"]


def test_another_becomes_the_default(owner: Client, workspace: Workspace, bound: ApiKey) -> None:
    owner.post(url("api-key-default", bound.pk))
    assert list(workspace.api_keys.filter(is_default=True)) == [bound]


def test_a_deleted_key_leaves_its_datasets_to_the_default_one(owner: Client, bound: ApiKey, handbook: Dataset) -> None:
    assert "1 dataset goes back to the default key" in text(owner.get(url("api-key-delete", bound.pk), **HTMX))
    owner.post(url("api-key-delete", bound.pk))
    assert owner.get(url("documents", handbook.id)).status_code == 200
    assert (last_event().act, str(last_event().before).split()[-1]) == ("api_key.delete", "dataset-…-one")


def test_what_is_written_about_a_key_can_be_changed(owner: Client, workspace: Workspace) -> None:
    key = workspace.api_keys.get()
    response = owner.post(url("api-key", key.pk), {"name": "Main", "note": "Ours", "expires_on": "2030-01-31"}, follow=True)
    assert [value(response, name) for name in ("name", "note", "expires_on")] == ["Main", "Ours", "2030-01-31"]
    assert str(last_event().after) == "name: Main; note: Ours; expires 2030-01-31; serves what no other key serves"


@pytest.mark.parametrize(
    ("days", "said"), [(14, "expires in 14 days."), (1, "in 1 day."), (0, "expires today."), (-1, "has expired.")]
)
def test_admins_are_reminded_of_the_end(owner: Client, viewer: Client, workspace: Workspace, days: int, said: str) -> None:
    workspace.api_keys.update(expires_on=timezone.localdate() + timedelta(days=days))
    assert said in text(owner.get(url("datasets")), ".care")
    assert texts(owner.get(url("members")), ".side .state-warn") == ["need care"]
    assert texts(viewer.get(url("datasets")), ".care, .side .state-warn") == []


def test_nobody_is_reminded_early(owner: Client, workspace: Workspace) -> None:
    workspace.api_keys.update(expires_on=timezone.localdate() + timedelta(days=15))
    assert texts(owner.get(url("datasets")), ".care, .side .state-warn") == []


# --- how they fare ---


def refuse(sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "status", "status": 401, "code": "unauthorized", "times": None})


def test_a_refused_key_is_marked_and_all_admins_see_it(viewer: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    refuse(sandbox)
    viewer.get(url("datasets"))
    page = signed_in(member(workspace, "x", Role.ADMIN)).get(url("members"))
    assert texts(page, ".side .state-warn, .side .state-fail") == ["need care", "API does not answer"]
    assert acts() == [("api_key.refused", "failed", "Default")]


def test_it_is_marked_once(viewer: Client, sandbox: SandboxProcess) -> None:
    refuse(sandbox)
    viewer.get(url("datasets"))
    viewer.get(url("datasets"))
    assert AuditEvent.objects.count() == 1


def test_a_key_that_works_again_is_unmarked(viewer: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    refuse(sandbox)
    viewer.get(url("datasets"))
    sandbox.faults()
    viewer.get(url("datasets"))
    assert workspace.api_keys.get().refused_at is None


def test_a_trial_says_what_was_found(owner: Client, workspace: Workspace) -> None:
    response = owner.post(url("api-key-try", workspace.api_keys.get().pk), follow=True)
    assert text(response, ".notice-success span") == "It works: Dify 1.17.0, 0 datasets."


def test_a_trial_that_fails_says_why(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    refuse(sandbox)
    response = owner.post(url("api-key-try", workspace.api_keys.get().pk), follow=True)
    assert text(response, ".notice-error span").startswith("Dify refused the API key")
    assert acts()[-1] == ("api_key.test", "failed", "Default")


def test_the_last_day_is_drawn(owner: Client, workspace: Workspace, dify: DifyClient, sandbox: SandboxProcess) -> None:
    dify.datasets.page()
    sandbox.faults({"kind": "status", "status": 500, "times": None})
    owner.get(url("datasets"))
    write_counts()
    page = owner.get(url("api-key", workspace.api_keys.get().pk))
    assert len(texts(page, "svg.day rect.day-bad")) == 1
    assert "% failed" in text(page, "[aria-label=Health]")


def test_a_key_whose_last_call_failed_says_so(viewer: Client, owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "status", "status": 500, "times": None})
    viewer.get(url("datasets"))
    write_counts()
    assert texts(owner.get(url("api-keys")), "tbody .badge") == ["Default", "Fails"]
    sandbox.faults()
    viewer.get(url("datasets"))
    write_counts()
    assert texts(owner.get(url("api-keys")), "tbody :is(.badge, .state)") == ["Default", "Works"]


def test_the_last_failure_is_in_words(viewer: Client, owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    refuse(sandbox)
    viewer.get(url("datasets"))
    write_counts()
    facts = text(owner.get(url("api-key", workspace.api_keys.get().pk)), ".terms")
    assert "just now by bob@example.com" in facts
    assert "Dify refused the API key" in facts


def test_a_key_that_cannot_be_decrypted_says_so(owner: Client, workspace: Workspace) -> None:
    workspace.api_keys.update(ciphertext=b"x" * 60)
    assert "Cannot be decrypted" in text(owner.get(url("api-keys")), "tbody")


def test_that_a_bound_key_may_go_with_its_dataset_is_said(
    owner: Client, sandbox: SandboxProcess, workspace: Workspace, handbook: Dataset
) -> None:
    """Newer versions of Dify delete a key with the only dataset that it is bound to."""
    assert "deletes the key" not in text(owner.get(url("dataset-delete", handbook.id)), "main")
    new_key(workspace, "Bound", sandbox.base_url, sandbox.bind(BOUND, handbook.id), handbook.id)
    said = "The API key “Bound” is bound to some datasets in Dify. If this is its only one, newer versions of Dify delete the key with it."
    assert said in texts(owner.get(url("dataset-delete", handbook.id)), "main p")


def test_a_deleted_dataset_is_served_by_no_key(
    owner: Client, sandbox: SandboxProcess, workspace: Workspace, handbook: Dataset
) -> None:
    """Its key may be gone with it: the list of datasets would show an error for ever."""
    new_key(workspace, "Bound", sandbox.base_url, sandbox.bind(BOUND, handbook.id), handbook.id)
    owner.post(url("dataset-delete", handbook.id))
    assert not workspace.served_datasets.exists()


def test_a_key_that_went_with_its_dataset_is_explained(
    owner: Client, sandbox: SandboxProcess, workspace: Workspace, handbook: Dataset
) -> None:
    key = new_key(workspace, "Bound", sandbox.base_url, sandbox.bind(BOUND, handbook.id), handbook.id)
    owner.post(url("dataset-delete", handbook.id))
    said = texts(owner.post(url("api-key-try", key.id), follow=True), ".notice-error span")
    assert "A key that was bound to one dataset alone is deleted with it." in said[0]

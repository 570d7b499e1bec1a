"""What an owner and an operator decide elsewhere: keys for some datasets, datasets that are closed to keys."""

from uuid import UUID

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

BOUND = {"Authorization": "Bearer dataset-bound"}


def bind(sandbox: SandboxProcess, *datasets: Library) -> None:
    sandbox.bind("dataset-bound", *(UUID(dataset.id) for dataset in datasets))


def open_to_keys(sandbox: SandboxProcess, dataset: Library, *, enabled: bool) -> None:
    values = {"dataset_id": dataset.id, "enabled": enabled}
    sandbox.control.post(f"{sandbox.origin}/control/api-access", json=values).raise_for_status()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/datasets/{own}", 200),
        ("/datasets/{own}/documents", 200),
        ("/datasets", 403),
        ("/datasets/tags", 403),
        ("/datasets/{other}", 403),
        (f"/datasets/{UNKNOWN}", 404),
        ("/workspaces/current/models/model-types/rerank", 403),
    ],
)
def test_a_bound_key(
    sandbox: SandboxProcess, api: httpx.Client, economy: Library, high_quality: Library, path: str, status: int
) -> None:
    bind(sandbox, economy)
    response = api.get(path.format(own=economy.id, other=high_quality.id), headers=BOUND)
    assert response.status_code == status
    assert response.json().get("code") == {200: None, 403: "forbidden", 404: "not_found"}[status]


def test_a_bound_key_is_told_why(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    bind(sandbox, economy)
    assert "not authorized to access this knowledge base" in api.get("/datasets", headers=BOUND).json()["message"]


def test_a_key_may_be_bound_to_several(
    sandbox: SandboxProcess, api: httpx.Client, economy: Library, high_quality: Library
) -> None:
    bind(sandbox, economy, high_quality)
    found = [api.get(f"/datasets/{dataset.id}", headers=BOUND).status_code for dataset in (economy, high_quality)]
    assert found == [200, 200]


def test_a_key_goes_with_its_last_dataset(
    sandbox: SandboxProcess, api: httpx.Client, economy: Library, high_quality: Library
) -> None:
    bind(sandbox, economy, high_quality)
    found = []
    for dataset in (economy, high_quality):
        dataset.delete()
        found.append(api.get("/datasets", headers=BOUND).status_code)
    assert found == [403, 401]


def test_a_bound_key_controls_nothing(sandbox: SandboxProcess, economy: Library) -> None:
    bind(sandbox, economy)
    response = httpx.post(f"{sandbox.origin}/control/reset", headers=BOUND, trust_env=False, verify=TRUSTS_NOBODY)
    assert response.status_code == 403


def test_a_reset_forgets_bound_keys(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    bind(sandbox, economy)
    sandbox.reset()
    assert api.get("/datasets", headers=BOUND).status_code == 401


def test_a_closed_dataset_is_refused_even_without_a_key(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    open_to_keys(sandbox, economy, enabled=False)
    found = [
        api.get(f"/datasets/{economy.id}"),
        httpx.get(f"{sandbox.base_url}/datasets/{economy.id}", trust_env=False, verify=TRUSTS_NOBODY),
    ]
    assert [(response.status_code, response.json()["message"]) for response in found] == [
        (403, "Dataset api access is not enabled.")
    ] * 2


def test_a_closed_dataset_is_listed_as_such(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    open_to_keys(sandbox, economy, enabled=False)
    assert [row["enable_api"] for row in api.get("/datasets").json()["data"]] == [False]


def test_a_dataset_is_opened_again(sandbox: SandboxProcess, economy: Library) -> None:
    open_to_keys(sandbox, economy, enabled=False)
    open_to_keys(sandbox, economy, enabled=True)
    assert economy.get()["enable_api"] is True


@pytest.mark.parametrize("call", ["keys", "api-access"])
def test_a_control_call_must_say_what_it_wants(sandbox: SandboxProcess, call: str) -> None:
    assert sandbox.control.post(f"{sandbox.origin}/control/{call}", json={}).status_code == 400

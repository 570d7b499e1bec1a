"""Every operation of openapi.json has its place: a route of the sandbox."""

import httpx
import pytest

from tests.contract.operations import Operation, operations
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

OPERATIONS = operations()
NO_ROUTE = "text/html"  # how the API, and the sandbox, say that a path leads nowhere


@pytest.fixture(scope="module")
def routes(sandbox_process: SandboxProcess) -> dict[str, list[str]]:
    """The methods that each path of openapi.json answers to, asked of the sandbox itself."""
    found = {}
    with httpx.Client(base_url=sandbox_process.base_url, trust_env=False, verify=TRUSTS_NOBODY) as client:
        for path in {operation.example for operation in OPERATIONS}:
            response = client.options(path)
            leads_nowhere = response.headers.get("Content-Type", "").startswith(NO_ROUTE) and response.status_code != 200
            found[path] = [] if leads_nowhere else response.headers.get("Allow", "").split(", ")
    return found


def test_there_are_46() -> None:
    assert len(OPERATIONS) == 46


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_sandbox_has_a_route(operation: Operation, routes: dict[str, list[str]]) -> None:
    assert operation.method in routes[operation.example]


def test_a_path_that_leads_nowhere_is_noticed(sandbox_process: SandboxProcess) -> None:
    response = httpx.options(f"{sandbox_process.base_url}/datasets/nowhere", trust_env=False, verify=TRUSTS_NOBODY)
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (404, NO_ROUTE)

"""Calls of every kind, made by schemathesis from openapi.json: the sandbox answers 500 only where the real server was seen to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import requests
from hypothesis import HealthCheck, Phase, given
from hypothesis.strategies import SearchStrategy

from tests.contract.operations import EXAMPLE, Operation, operations
from tests.sandbox.support import Library
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

# one sandbox and one reading of the schema for all of it
pytestmark = [pytest.mark.xdist_group("robustness"), pytest.mark.usefixtures("without_collection")]

SCHEMA = Path(__file__).parent / "openapi.json"
EXAMPLES = 20  # of each operation and mode
MARK = "x-sandbox-quirk"  # the sandbox names the mistake that it makes on purpose
GONE_AFTER_ONE_CALL = {"deleteDataset", "deleteDocument", "deleteSegment"}

bounded = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Target:
    """A sandbox with a document in it, and the ids that make a call reach something."""

    def __init__(self, sandbox: SandboxProcess, api: httpx.Client) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        dataset = Library.create(api, "Fuzzed", indexing_technique="economy")
        document = dataset.text()
        self.ids = {
            **EXAMPLE,
            "dataset_id": dataset.id,
            "document_id": document,
            "segment_id": dataset.segments(document)[0]["id"],
        }

    def call(self, operation: Operation, case: Any) -> Any:
        reached = EXAMPLE if operation.id in GONE_AFTER_ONE_CALL else self.ids
        case.path_parameters.update({name: reached[name] for name in case.path_parameters if name.endswith("_id")})
        case.headers["Authorization"] = f"Bearer {self.sandbox.key}"
        return case.call(base_url=self.sandbox.base_url, session=self.session)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with SandboxProcess(tmp_path_factory.mktemp("fuzzed")) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.key}"}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, verify=TRUSTS_NOBODY) as api:
            target = Target(sandbox, api)
            with target.session:
                yield target


@pytest.fixture(scope="module")
def cases_of() -> Callable[[Operation], SearchStrategy[Any]]:
    """Valid and invalid calls of an operation."""
    import schemathesis  # noqa: PLC0415 loading it takes seconds: not for those workers that run none of this

    schema = schemathesis.openapi.from_path(SCHEMA)

    def cases(operation: Operation) -> SearchStrategy[Any]:
        found = schema[operation.path][operation.method]
        return hypothesis.strategies.one_of([found.as_strategy(mode) for mode in schemathesis.GenerationMode])

    return cases


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_no_500_but_the_real_ones(
    operation: Operation, target: Target, cases_of: Callable[[Operation], SearchStrategy[Any]]
) -> None:
    @bounded
    @given(case=cases_of(operation))
    def calls(case: Any) -> None:
        response = target.call(operation, case)
        assert response.status_code < 500 or MARK in response.headers, response.text

    calls()

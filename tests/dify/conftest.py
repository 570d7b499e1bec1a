"""Fixtures of the client's tests. Those that take `client` run against a real Dify where LIVE_DIFY_URL and LIVE_DIFY_KEY are set;
those that take `sandbox` need its faults, and skip themselves there."""

import contextlib
import os
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import stamina
from pydantic import SecretStr
from stamina.instrumentation import RetryDetails

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.network import AddressPolicy, Transport, origin_of
from tests.sandbox_process import SandboxProcess

LIVE_URL, LIVE_KEY = os.environ.get("LIVE_DIFY_URL", ""), os.environ.get("LIVE_DIFY_KEY", "")
NewDataset = Callable[..., Dataset]


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """All tries of a read, without the pauses between them."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    """How long a read waited before each further try."""
    waited: list[float] = []

    def note(details: RetryDetails) -> None:
        waited.append(details.wait_for)

    stamina.instrumentation.set_on_retry_hooks([note])
    yield waited
    stamina.instrumentation.set_on_retry_hooks(None)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> SandboxProcess:
    """The sandbox without data and faults; what needs it is not run against a real server."""
    if LIVE_URL:
        pytest.skip("needs the sandbox")
    process: SandboxProcess = request.getfixturevalue("sandbox_process")
    process.reset()
    return process


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[DifyClient]:
    """A client of the sandbox, or of the real server, over real sockets and through the address guard."""
    if LIVE_URL:
        url, key = LIVE_URL, LIVE_KEY
    else:
        sandbox: SandboxProcess = request.getfixturevalue("sandbox")
        url, key = sandbox.base_url, sandbox.key
    origin = origin_of(url)
    transport = Transport(AddressPolicy(frozenset({f"{origin.host}:{origin.port}"})))
    yield DifyClient(url, SecretStr(key), transport)
    transport.close()


@pytest.fixture
def new_dataset(client: DifyClient) -> Iterator[NewDataset]:
    """Makes datasets that are gone after the test; on a real server under a name that is free."""
    made: list[Dataset] = []

    def new(name: str = "Handbook", indexing_technique: str = "economy") -> Dataset:
        name = f"{name} {uuid4().hex[:12]}" if LIVE_URL else name
        made.append(client.datasets.create(name=name, indexing_technique=indexing_technique, permission="only_me"))  # type: ignore[arg-type]
        return made[-1]

    yield new
    for dataset in made if LIVE_URL else []:
        with contextlib.suppress(DifyError):
            client.datasets.delete(dataset.id)


@pytest.fixture
def dataset(new_dataset: NewDataset) -> Dataset:
    return new_dataset()

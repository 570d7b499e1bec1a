"""Fixtures of the client's tests. Those that take `client` run against each Dify that the sandbox speaks, or against a real one where
LIVE_DIFY_URL and LIVE_DIFY_KEY are set; those that take `sandbox` need its faults, and skip themselves there.

`@pytest.mark.dify("1.17")` says which versions a test is about, where that is not all of them.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from uuid import uuid4

import pytest
import stamina
from pydantic import SecretStr
from stamina.instrumentation import RetryDetails

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.network import AddressPolicy, Transport, origin_of
from tests.support.sandbox_process import SandboxProcess

LIVE_URL, LIVE_KEY = os.environ.get("LIVE_DIFY_URL", ""), os.environ.get("LIVE_DIFY_KEY", "")
VERSIONS = ["real"] if LIVE_URL else ["1.17", "1.12.1", "1.10.1"]
NewDataset = Callable[..., Dataset]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the versions that a test is not about."""
    out = [item for item in items if isinstance(item, pytest.Function) and not is_about_its_version(item)]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


def is_about_its_version(item: pytest.Function) -> bool:
    marker = item.get_closest_marker("dify")
    version = item.callspec.params.get("version") if hasattr(item, "callspec") else None
    return marker is None or version in {None, "real", *marker.args}


@pytest.fixture(scope="session", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """The Dify that is spoken."""
    return str(request.param)


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], SandboxProcess]]:
    """The one sandbox of a version, started when it is first asked for."""
    with contextlib.ExitStack() as stack:

        @cache
        def process(version: str) -> SandboxProcess:
            return stack.enter_context(SandboxProcess(tmp_path_factory.mktemp("sandbox"), "--dify-version", version))

        yield process


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
def sandbox(processes: Callable[[str], SandboxProcess], version: str) -> SandboxProcess:
    """The sandbox without data and faults; what needs it is not run against a real server."""
    if LIVE_URL:
        pytest.skip("needs the sandbox")
    process = processes(version)
    process.reset()
    return process


@pytest.fixture
def client(request: pytest.FixtureRequest, version: str) -> Iterator[DifyClient]:
    """A client of the sandbox, or of the real server, over real sockets and through the address guard."""
    if LIVE_URL:
        url, key = LIVE_URL, LIVE_KEY
    else:
        sandbox: SandboxProcess = request.getfixturevalue("sandbox")
        url, key = sandbox.base_url, sandbox.key
    origin = origin_of(url)
    transport = Transport(AddressPolicy(frozenset({f"{origin.host}:{origin.port}"})))
    client = DifyClient(url, SecretStr(key), transport)
    if LIVE_URL and (marker := request.node.get_closest_marker("dify")):
        client.datasets.page(limit=1)
        if not client.capabilities.version.startswith(marker.args):
            pytest.skip(f"is about Dify {', '.join(marker.args)}")
    yield client
    transport.close()


@pytest.fixture
def new_dataset(client: DifyClient) -> Iterator[NewDataset]:
    """Makes datasets that are gone after the test; on a real server under a name that is free."""
    made: list[Dataset] = []

    def new(name: str = "Handbook", indexing_technique: str = "economy") -> Dataset:
        name = f"{name} {uuid4().hex[:12]}" if LIVE_URL else name
        made.append(client.datasets.create(name=name, indexing_technique=indexing_technique, permission="only_me"))  # type: ignore[arg-type]  # of any kind, on purpose
        return made[-1]

    yield new
    for dataset in made if LIVE_URL else []:
        with contextlib.suppress(DifyError):
            client.datasets.delete(dataset.id)


@pytest.fixture
def dataset(new_dataset: NewDataset) -> Dataset:
    return new_dataset()

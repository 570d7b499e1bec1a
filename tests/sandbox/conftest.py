"""Clients with the sandbox's key, one for each Dify that it speaks, and datasets to work in.

`sandbox` and `api` are 1.10.1 here: most of these tests hold what was recorded of it. What differs is in test_versions.py and its kin.
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.support import Library, connected
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("v1_10"), "--dify-version", "1.10.1") as process:
        yield process


@pytest.fixture(scope="session")
def process_1_12(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("v1_12"), "--dify-version", "1.12.1") as process:
        yield process


@pytest.fixture(scope="session")
def process_1_17(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("v1_17")) as process:
        yield process


@pytest.fixture
def api(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    yield from connected(sandbox)


@pytest.fixture
def v1_12(process_1_12: SandboxProcess) -> Iterator[httpx.Client]:
    process_1_12.reset()
    yield from connected(process_1_12)


@pytest.fixture
def v1_17(process_1_17: SandboxProcess) -> Iterator[httpx.Client]:
    process_1_17.reset()
    yield from connected(process_1_17)


@pytest.fixture
def economy(api: httpx.Client) -> Library:
    return Library.create(api, "Economy", indexing_technique="economy")


@pytest.fixture
def high_quality(api: httpx.Client) -> Library:
    return Library.create(api, "High quality", indexing_technique="high_quality")

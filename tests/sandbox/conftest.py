"""A client with the sandbox's key, and datasets to work in."""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.support import Library
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def api(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def economy(api: httpx.Client) -> Library:
    return Library.create(api, "Economy", indexing_technique="economy")


@pytest.fixture
def high_quality(api: httpx.Client) -> Library:
    return Library.create(api, "High quality", indexing_technique="high_quality")

"""People for the tests of accounts, and a server that is older than the others."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pydantic import SecretStr
from pytest_django.fixtures import Settings
from sesame.utils import get_token

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import User, Workspace
from datasets_ui.services.keys.connections import new_client, transport
from tests.conftest import new_key, person
from tests.support.accounts import PASSWORD
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def dora(db: None) -> User:
    """Somebody with a password."""
    return person("dora@example.com", PASSWORD)


@pytest.fixture
def by_link(db: None) -> Client:
    """Somebody without a password, who came by a link."""
    client, user = Client(), person("lina@example.com")
    client.post("/sign-in/", {"token": get_token(user)})
    return client


@pytest.fixture
def older(
    workspace: Workspace, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DifyClient, Dataset]]:
    """A dataset on a server of 1.10.1: no files, no pictures, no summaries."""
    with SandboxProcess(tmp_path_factory.mktemp("older"), "--dify-version", "1.10.1") as server:
        settings.API_ALLOWED_HOSTS = settings.API_ALLOWED_HOSTS | {f"127.0.0.1:{server.port}"}
        transport.cache_clear()
        client = new_client(server.base_url, SecretStr(server.key))
        dataset = client.datasets.create(name="Old", indexing_technique="economy", permission="only_me")
        new_key(workspace, "Older", server.base_url, server.key, dataset.id)
        yield client, dataset

"""The stage of the attacks: people of every kind, and objects to reach for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import AuditEvent, Installation, User, Workspace
from datasets_ui.services.keys.connections import transport
from tests.abuse.live import Live, live
from tests.abuse.people import KINDS, Things, things_of
from tests.abuse.support import Listener
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def people(
    anonymous: Client, outsider: Client, viewer: Client, editor: Client, admin: Client, owner: Client
) -> dict[str, Client]:
    return dict(zip(KINDS, (anonymous, outsider, viewer, editor, admin, owner), strict=True))


@pytest.fixture
def things(workspace: Workspace, bob: User, dify: DifyClient, handbook: Dataset) -> Things:
    """Of Acme; nothing has been recorded yet."""
    made = things_of(workspace, dify, handbook)
    AuditEvent.objects.all().purge()
    return made


@pytest.fixture
def installed(db: None) -> None:
    """The first run is over."""
    Installation.objects.create()


@pytest.fixture
def elsewhere(settings: Settings, workspace: Workspace) -> Iterator[Listener]:
    """Somebody else's server, which may be called."""
    with Listener() as listener:
        settings.API_ALLOWED_HOSTS |= {listener.host}
        transport.cache_clear()
        yield listener


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Live]:
    """With a sandbox of its own, which no other test empties."""
    folder = tmp_path_factory.mktemp("live")
    with SandboxProcess(folder / "sandbox") as sandbox, live(folder, empty_database, sandbox) as acme:
        yield acme

"""Fixtures for all tests: the sandbox as a real server on a socket, and people of a workspace that is connected to it."""

import gc
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import stamina

os.environ["DATASETS_DATA_DIR"] = tempfile.mkdtemp(prefix="datasets-tests-")  # read by the settings: never the real one

from django.db import connection, connections
from django.test import Client
from pydantic import SecretStr
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Actor, ApiKey, AuditEvent, Membership, Role, User, Workspace
from datasets_ui.services.keys.api_keys import Details, NewKey, Tried, add_key, examine
from datasets_ui.services.keys.connections import connect, new_client, transport
from datasets_ui.services.scope import ApiScope, Scope
from datasets_ui.services.team.addresses import confirm
from datasets_ui.services.team.workspaces import create_workspace
from tests.support.sandbox_process import SandboxProcess
from tests.support.tables import empty_tables


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    data: Path = tmp_path_factory.mktemp("sandbox")
    with SandboxProcess(data) as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a dashboard that nobody has set up yet, to be copied."""
    return empty_tables(tmp_path_factory)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite as a file, as in production: its in-memory form knows neither WAL nor waiting for a lock."""
    for each in connections.all():
        if each.vendor == "sqlite":
            name = tmp_path_factory.mktemp("database") / "test.sqlite3"
            shutil.copy(empty_tables(tmp_path_factory), name)
            each.settings_dict["TEST"]["NAME"] = str(name)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The copy has its tables; what a migration of the settings of the tests adds is still made."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody has collected static files on a clean checkout, and a folder that isn't there is a warning."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def house(settings: Settings, static_root: Path) -> None:
    """Files as they are, passwords hashed fast, and a cache that no other test has written to."""
    settings.STATIC_ROOT = static_root
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    prefix = {"KEY_PREFIX": uuid.uuid4().hex}
    settings.CACHES = {alias: told | prefix for alias, told in settings.CACHES.items()}
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]


@pytest.fixture
def allowed(settings: Settings, sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """The sandbox, as an address that may be called; reads are tried again without a pause."""
    settings.API_ALLOWED_HOSTS = frozenset({f"127.0.0.1:{sandbox.port}"})
    transport.cache_clear()
    with stamina.set_testing(True, attempts=3, cap=True):
        yield sandbox
    transport().close()
    transport.cache_clear()


@pytest.fixture
def alice(db: None) -> User:
    """The owner."""
    return person("alice@example.com")


def person(email: str, password: str | None = None) -> User:
    """Somebody whose address is known to be theirs."""
    user = User.objects.create_user(email, password)
    confirm(user)
    return user


@pytest.fixture
def workspace(alice: User, allowed: SandboxProcess) -> Workspace:
    """Alice's workspace, connected to the sandbox; nothing has been recorded yet."""
    by = Actor("fixture")
    workspace = create_workspace(name="Acme", owner=alice, by=by)
    new_key(workspace, "Default", allowed.base_url, allowed.key)
    AuditEvent.objects.all().purge()
    return workspace


def new_key(workspace: Workspace, name: str, base_url: str, secret: str, *dataset_ids: UUID) -> ApiKey:
    """A stored API key that was tried."""
    found = examine(new_client(base_url, SecretStr(secret)), dataset_ids)
    scope = Scope(workspace=workspace, by=Actor("fixture"))
    return add_key(scope, NewKey(Details(name), Tried(base_url, SecretStr(secret), found), dataset_ids))


def member(workspace: Workspace, name: str, role: Role) -> User:
    user = person(f"{name}@example.com")
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


@pytest.fixture
def erin(workspace: Workspace) -> User:
    return member(workspace, "erin", Role.EDITOR)


@pytest.fixture
def dave(workspace: Workspace) -> User:
    return member(workspace, "dave", Role.ADMIN)


@pytest.fixture
def bob(workspace: Workspace) -> User:
    return member(workspace, "bob", Role.VIEWER)


@pytest.fixture
def charlie(workspace: Workspace) -> User:
    """Somebody with a workspace of his own, and nothing to do with Alice's."""
    user = person("charlie@example.com")
    create_workspace(name="Charlie's", owner=user, by=Actor("fixture"))
    AuditEvent.objects.all().purge()
    return user


def scope_of(workspace: Workspace, by: User | str, dify: DifyClient) -> ApiScope:
    """Where somebody acts."""
    if isinstance(by, User):
        return Scope(workspace=workspace, by=Actor(by.email), user=by).connected(dify)
    return Scope(workspace=workspace, by=Actor(by)).connected(dify)


def signed_in(user: User, *, age: float = 0, **options: bool) -> Client:
    """Signed in with the password, `age` seconds ago."""
    client = Client(**options)  # type: ignore[arg-type]  # of any kind, on purpose
    client.force_login(user, backend="sesame.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def anonymous(db: None) -> Client:
    return Client()


@pytest.fixture
def owner(alice: User, workspace: Workspace) -> Client:
    return signed_in(alice)


@pytest.fixture
def admin(dave: User) -> Client:
    return signed_in(dave)


@pytest.fixture
def editor(erin: User) -> Client:
    return signed_in(erin)


@pytest.fixture
def viewer(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def outsider(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def dify(workspace: Workspace) -> DifyClient:
    """To set the stage, and to look at what is really there."""
    return connect(workspace, Actor("fixture")).writing()


@pytest.fixture
def handbook(dify: DifyClient) -> Dataset:
    """A dataset in the sandbox."""
    return dify.datasets.create(name="Handbook", indexing_technique="economy", permission="only_me")


@pytest.fixture
def without_collection() -> Iterator[None]:
    """Python 3.11 loses count when source is parsed, as for what Hypothesis says of a strategy or for the lines of a traceback, by a
    collection that parsing source has set off: "AST constructor recursion depth mismatch", once in some thousand tests."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def no_collection_with_hypothesis(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("hypothesis"):
        request.getfixturevalue("without_collection")

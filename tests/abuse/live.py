"""A dashboard as one process, set up and connected to the sandbox, with a document to attack it by."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.abuse.support import Dashboard, Visitor
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import document

OWNER = {"email": "owner@example.com", "password": "a long enough one", "workspace_name": "Acme"}
PATIENCE = 15.0  # seconds that a page may take on a busy machine; what hangs takes far longer


@dataclass
class Live:
    dashboard: Dashboard
    visitor: Visitor  # signed in as the owner
    dify: DifyClient
    dataset_id: UUID
    document: Document
    address: str  # of the document's segments

    def during(self, attack: Callable[[], httpx.Response]) -> httpx.Response:
        """The answer to an attack, while which others were answered, and after which the process is the same."""
        ended = threading.Event()

        def look() -> set[int]:
            answered = set[int]()
            with httpx.Client(base_url=self.dashboard.origin, trust_env=False, verify=TRUSTS_NOBODY, timeout=PATIENCE) as other:
                while not answered or not ended.is_set():
                    answered.add(other.get("/healthz").status_code)
                    time.sleep(0.05)
            return answered

        with ThreadPoolExecutor(1) as pool:
            others = pool.submit(look)
            try:
                answer = attack()
            finally:
                ended.set()
            assert others.result() == {httpx.codes.OK}
        assert self.workers == 1, self.dashboard.log.read_text()
        return answer

    @property
    def workers(self) -> int:
        """How many there have been: each that dies is followed by another one."""
        return self.dashboard.log.read_text().count("Booting worker")


@contextmanager
def live(folder: Path, empty_database: Path, sandbox: SandboxProcess) -> Iterator[Live]:
    host = f"127.0.0.1:{sandbox.port}"
    settings = {"DATASETS_ALLOWED_HOSTS": host}
    dify = DifyClient(sandbox.base_url, SecretStr(sandbox.key), Transport(AddressPolicy(frozenset({host}))))
    dataset = dify.datasets.create(name="Handbook", indexing_technique="economy", permission="only_me")
    made = document(dify, dataset.id)
    with Dashboard(folder / "data", database=empty_database, **settings) as dashboard, Visitor(dashboard.origin) as visitor:
        visitor.submit("/setup/", OWNER | {"base_url": sandbox.base_url, "key": sandbox.key})
        address = f"/w/acme/datasets/{dataset.id}/documents/{made.id}/segments/"
        yield Live(dashboard, visitor, dify, dataset.id, made, address)

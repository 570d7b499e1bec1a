"""The product as it is deployed, on a machine's loopback: gunicorn, the sandbox, SQLite, filled with enough to page through."""

import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pydantic import SecretStr

from dashboard.demo import ROOT, end, free_port
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import NewDocument
from datasets_ui.dify.network import AddressPolicy, Transport

DATASETS = DOCUMENTS = 20
WORKER_SECONDS = 5


class Stack:
    """Starts on entering, ends on leaving; `latency` is added by the sandbox to each API call, in milliseconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api_port, self.port = free_port(), free_port()
        self.key = f"dataset-{secrets.token_urlsafe(18)}"
        self.base_url = f"http://127.0.0.1:{self.api_port}/v1"
        self.url = f"http://127.0.0.1:{self.port}"
        host = f"127.0.0.1:{self.api_port}"
        self.env = os.environ | {"DATASETS_DATA_DIR": str(folder), "DATASETS_ALLOWED_HOSTS": host}
        self.dify = DifyClient(self.base_url, SecretStr(self.key), Transport(AddressPolicy(frozenset({host}))))
        self.sandbox: list[subprocess.Popen[str]] = []
        self.server: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self.start_sandbox(0)
        self.fill()
        for words in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            self.manage(*words)
        words = ["--config", "dashboard/gunicorn.conf.py", "--bind", f"127.0.0.1:{self.port}"]
        self.server.append(self.start("gunicorn", *words))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        end([*self.sandbox, *self.server])

    def start(self, module: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", module, *words], cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True
        )

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start_sandbox(self, latency: int) -> None:
        """Start it, or start it again with another latency on the same data."""
        for process in self.sandbox:
            process.terminate()
            process.wait()
        data = ["--data", str(self.folder / "sandbox"), "--key", self.key]
        process = self.start("sandbox", "--port", str(self.api_port), *data, "--pace", "0", "--latency", str(latency))
        self.sandbox = [process]
        if process.stdout:
            process.stdout.readline()

    def fill(self) -> None:
        for number in range(DATASETS):
            dataset = self.dify.datasets.create(
                name=f"Dataset {number}", description="For the benchmark", indexing_technique="economy", permission="only_me"
            )
        for number in range(DOCUMENTS):
            text = "\n\n".join(f"Paragraph {n} of document {number}." for n in range(10))
            self.dify.documents.create_by_text(dataset.id, name=f"Document {number}.txt", text=text, new=NewDocument())
        self.dataset_id = dataset.id
        # a dataset of its own for large files, whose rows would slow the lists that are measured
        self.upload_dataset_id = self.dify.datasets.page(2, limit=DATASETS // 2).data[0].id

    def sign_in(self) -> httpx.Client:
        """A client with a session, as a browser would have it."""
        key_file = self.folder / "key"
        key_file.write_text(self.key)
        files = ["--key-file", str(key_file), "--password-file", str(key_file)]
        printed = self.manage("demo_content", "--base-url", self.base_url, *files, "--open", self.url)
        link = re.search(r"http://\S+", printed)
        client = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True, trust_env=False)
        if link:
            client.get(link[0])
            client.post(
                "/sign-in/", data={"token": link[0].partition("token=")[2], "csrfmiddlewaretoken": client.cookies["csrf"]}
            )
        return client

    def start_worker(self) -> int:
        """Its process id, once it looks for work."""
        worker = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=self.env, text=True)
        self.server.append(worker)
        time.sleep(WORKER_SECONDS)
        return worker.pid

    @property
    def pages(self) -> dict[str, str]:
        datasets = "/w/acme-support/datasets/"
        return {
            "datasets": datasets,
            "documents": f"{datasets}{self.dataset_id}/",
            "retrieval": f"{datasets}{self.dataset_id}/retrieval/",
        }

    def workers(self) -> list[int]:
        """Process ids of gunicorn's workers."""
        children = Path(f"/proc/{self.server[0].pid}/task/{self.server[0].pid}/children").read_text()
        return [int(pid) for pid in children.split()]

"""The sandbox as a subprocess: a real server on a real socket, with a data folder of its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from tests.support.plain_http import TRUSTS_NOBODY

ROOT = Path(__file__).parent.parent.parent
STOP_SECONDS = 10
PATIENCE = 60  # of a call that steers it: the machine may be busy with other tests


class SandboxProcess:
    """Starts `python -m sandbox`; stop() and start() again keep the port and the data."""

    def __init__(self, data: Path, *options: str, key: str = "dataset-sandbox-key") -> None:
        self.data, self.options, self.key = data, options, key
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.control = httpx.Client(
            headers={"Authorization": f"Bearer {key}"}, trust_env=False, verify=TRUSTS_NOBODY, timeout=PATIENCE
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        self.control.close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def start(self) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--data", str(self.data), "--key", self.key]
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        self.process = subprocess.Popen(
            [*command, "--pace", "0", *self.options], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        if not ready.startswith("Sandbox listening on "):
            raise RuntimeError(f"the sandbox did not start: {ready!r}")
        self.port = httpx.URL(ready.split()[-1]).port or 0

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        self.process.communicate(timeout=STOP_SECONDS)
        self.process = None

    def reset(self) -> None:
        """No data, no faults, an empty call log."""
        self.control.post(f"{self.origin}/control/reset").raise_for_status()

    def faults(self, *faults: dict[str, Any]) -> None:
        """Replaces the faults in force; sandbox/faults.py lists the kinds."""
        self.control.post(f"{self.origin}/control/faults", json=list(faults)).raise_for_status()

    def bind(self, key: str, *dataset_ids: UUID) -> str:
        """Accept one more key, bound to these datasets; returns it."""
        wanted = {"key": key, "dataset_ids": [str(dataset_id) for dataset_id in dataset_ids]}
        self.control.post(f"{self.origin}/control/keys", json=wanted).raise_for_status()
        return key

    def restart_worker(self) -> None:
        """After an update that 1.12.1 hangs on; what it was at, and what waited, is lost."""
        self.control.post(f"{self.origin}/control/restart-worker").raise_for_status()

    def used_by(self, dataset_id: UUID, applications: int) -> None:
        """Let so many applications use a dataset."""
        wanted = {"dataset_id": str(dataset_id), "count": applications}
        self.control.post(f"{self.origin}/control/applications", json=wanted).raise_for_status()

    def calls(self) -> list[dict[str, Any]]:
        """The API calls since the last reset: method, path under /v1, query, status."""
        found: list[dict[str, Any]] = self.control.get(f"{self.origin}/control/calls").raise_for_status().json()
        return found

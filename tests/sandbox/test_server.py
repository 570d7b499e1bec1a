"""The server as a process: options, stop, restart."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.sandbox.support import Library, custom
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import ROOT, SandboxProcess

TEXT = "\n\n".join(f"Paragraph {i} has words." for i in range(40))


def client(process: SandboxProcess) -> httpx.Client:
    headers = {"Authorization": f"Bearer {process.key}"}
    return httpx.Client(base_url=process.base_url, headers=headers, trust_env=False, verify=TRUSTS_NOBODY)


def test_stages_can_be_watched_at_a_pace(tmp_path: Path) -> None:
    seen: list[str] = []
    totals: set[int] = set()
    with SandboxProcess(tmp_path, "--pace", "0.15") as process, client(process) as api:
        dataset = Library.create(api, "Slow", indexing_technique="high_quality")
        batch = dataset.send_text(text=TEXT, process_rule=custom(max_tokens=50)).json()["batch"]
        while "completed" not in seen:
            row = dataset.get(f"/documents/{batch}/indexing-status")["data"][0]
            seen += [row["indexing_status"]] if row["indexing_status"] not in seen else []
            totals.add(row["total_segments"])
    assert seen == ["waiting", "parsing", "cleaning", "splitting", "indexing", "completed"]
    assert len(totals) > 3


def test_a_restart_keeps_the_data_and_finishes_what_was_under_way(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, "--pace", "0.3") as process, client(process) as api:
        dataset = Library.create(api, "Kept", indexing_technique="economy")
        locked = dataset.text("locked.txt")
        dataset.set_status("disable", locked)
        batch = dataset.send_text("under-way.txt").json()["batch"]
        process.stop()
        process.options = ()
        process.start()
        assert dataset.wait(batch)["indexing_status"] == "completed"
        assert dataset.set_status("enable", locked).json() == {"result": "success"}


def test_a_stop_is_prompt_even_with_open_connections(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as process, client(process) as api:
        api.get("/datasets")
        started = time.monotonic()
        process.stop()
        assert time.monotonic() - started < 3


def test_latency_delays_every_answer(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, "--latency", "150") as process, client(process) as api:
        started = time.monotonic()
        api.get("/datasets")
        assert time.monotonic() - started > 0.15


def test_all_calls_may_fail(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, "--fail", "1") as process, client(process) as api:
        assert api.get("/datasets").json() == {"code": "unknown", "message": "Internal Server Error", "status": 500}


def test_a_share_of_calls_fails(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, "--fail", "0.5") as process, client(process) as api:
        found = [api.get("/datasets/tags").status_code for _ in range(100)]
    assert set(found) == {200, 500}
    assert 20 < found.count(500) < 80


def test_documents_wait_for_a_worker_as_long_as_asked(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, "--queue", "0.5") as process, client(process) as api:
        dataset = Library.create(api, "Queue", indexing_technique="economy")
        started = time.monotonic()
        batch = dataset.send_text().json()["batch"]
        assert dataset.get(f"/documents/{batch}/indexing-status")["data"][0]["indexing_status"] == "waiting"
        dataset.wait(batch)
        assert time.monotonic() - started > 0.5


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(tmp_path: Path, sent: signal.Signals) -> None:
    with SandboxProcess(tmp_path) as process, client(process) as api:
        api.get("/datasets")
        assert process.process is not None
        process.process.send_signal(sent)
        assert process.process.wait(timeout=5) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(process.base_url, trust_env=False, verify=TRUSTS_NOBODY)


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    words = ["--port", "0", "--data", str(tmp_path), "--key", "k", "--with-parent"]
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-m', 'sandbox', *{words}]); time.sleep(60)"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline().startswith("Sandbox listening on ")
        started.kill()
        assert started.stdout.read() == ""  # the sandbox holds the other end of the pipe: it is closed when the last has gone

"""Faults on request, and the log of calls."""

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.support import Library
from tests.support.sandbox_process import SandboxProcess


def test_a_status_with_a_code(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "status", "status": 429, "code": "rate_limit", "message": "Slow down", "retry_after": "1"})
    response = api.get("/datasets")
    assert response.json() == {"code": "rate_limit", "message": "Slow down", "status": 429}
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")


def test_a_fault_happens_as_often_as_it_says(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "status", "status": 500, "times": 2})
    assert [api.get("/datasets").status_code for _ in range(3)] == [500, 500, 200]


def test_null_times_is_for_ever(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "status", "status": 503, "times": None})
    assert {api.get("/datasets").status_code for _ in range(5)} == {503}


def test_method_and_path_choose_the_calls(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "status", "status": 500, "method": "GET", "path": "/tags$", "times": None})
    found = [api.get("/datasets"), api.get("/datasets/tags"), api.post("/datasets/tags", json={"name": "x"})]
    assert [response.status_code for response in found] == [200, 500, 200]


def test_new_faults_replace_the_old(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "status", "status": 500})
    sandbox.faults()
    assert api.get("/datasets").status_code == 200


def test_slow(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.2})
    started = time.monotonic()
    assert api.get("/datasets").status_code == 200
    assert time.monotonic() - started > 0.2


def test_broken_json(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "broken_json"})
    response = api.get("/datasets")
    with pytest.raises(ValueError, match="Unterminated"):
        response.json()


def test_html(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "html"})
    response = api.get("/datasets")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_oversized(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "oversized"})
    assert len(api.get("/datasets").content) > 10 * 1024 * 1024


def test_drip(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "drip", "seconds": 0.001})
    with api.stream("GET", "/datasets") as response:
        arrivals = [time.monotonic() for _ in response.iter_raw()]
    assert arrivals[-1] - arrivals[0] > 0.05
    assert len(arrivals) > 1  # how many depends on how the system joins what is sent in close order


def test_a_reset_in_the_middle_of_the_answer(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "reset"})
    with pytest.raises(httpx.ReadError):
        api.get("/datasets")


def test_a_reset_in_the_middle_of_an_upload(sandbox: SandboxProcess, economy: Library) -> None:
    sandbox.faults({"kind": "reset", "method": "POST"})
    with pytest.raises(httpx.TransportError):
        economy.send_file("a.txt", b"x" * 8_000_000)


def test_a_fault_reads_the_upload_before_it_answers(sandbox: SandboxProcess, economy: Library) -> None:
    sandbox.faults({"kind": "status", "status": 503, "method": "POST"})
    assert economy.send_file("a.txt", b"x" * 3_000_000).status_code == 503


def test_an_indexing_error_by_name(sandbox: SandboxProcess, economy: Library) -> None:
    sandbox.faults({"kind": "indexing_error", "message": "No quota.", "path": "^bad"})
    errors = [economy.document(economy.text(name))["error"] for name in ("bad.txt", "good.txt")]
    assert errors == ["No quota.", None]


@pytest.mark.parametrize("fault", [{"kind": "flood"}, {"sort": "status"}])
def test_a_fault_that_does_not_exist_is_refused(sandbox: SandboxProcess, fault: dict[str, Any]) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        sandbox.faults(fault)


def test_calls_are_logged_in_order(sandbox: SandboxProcess, api: httpx.Client) -> None:
    api.get("/datasets", params={"page": 2})
    api.get("/nothing")
    assert sandbox.calls() == [
        {"method": "GET", "path": "/datasets", "query": "page=2", "status": 200},
        {"method": "GET", "path": "/nothing", "query": "", "status": 404},
    ]


def test_faults_are_logged_with_their_status(sandbox: SandboxProcess, api: httpx.Client) -> None:
    sandbox.faults({"kind": "status", "status": 503})
    api.get("/datasets")
    assert [call["status"] for call in sandbox.calls()] == [503]


def test_a_reset_empties_everything(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    economy.text()
    api.post("/datasets/tags", json={"name": "hr"})
    sandbox.faults({"kind": "status", "times": None})
    sandbox.reset()
    assert (api.get("/datasets").json()["total"], api.get("/datasets/tags").json()) == (0, [])
    assert len(sandbox.calls()) == 2


def test_a_reset_during_indexing_is_no_harm(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    economy.send_text(text="many words. " * 5000)
    sandbox.reset()
    again = Library.create(api, "Again", indexing_technique="economy")
    assert again.contents(again.text(text="fine")) == ["fine"]

"""Pipelines, and the events of their runs."""

import io
import json
import threading
from typing import Any

import httpx
import pytest

from datasets_ui.dify import http
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import (
    AnswerTooLarge,
    BadAnswer,
    ConnectionLost,
    Invalid,
    NotFound,
    ServerFailed,
    UnexpectedShape,
)
from datasets_ui.dify.events import LARGEST_EVENT, lines
from datasets_ui.dify.network import deadline
from datasets_ui.dify.pipelines import PipelineFile, Run
from tests.dify.fault_server import FaultServer, playing
from tests.dify.support import DATASET, Api, api, error_of, saying
from tests.dify.waiting import finished

RUN = Run(start_node_id="1719", datasource_info_list=[{"reference": "1"}])
STARTED = b'data: {"event": "workflow_started", "data": {}}\n\n'
FINISHED = b'data: {"event": "workflow_finished", "data": {"status": "succeeded"}}\n\n'


def streaming(*parts: bytes) -> Api:
    return api(httpx.Response(200, content=b"".join(parts), headers={"Content-Type": "text/event-stream; charset=utf-8"}))


def run(fake: Api) -> list[str]:
    return [event.event for event in fake.client.pipelines.run(DATASET, RUN)]


def test_the_events_come_in_their_order() -> None:
    assert run(streaming(STARTED, FINISHED)) == ["workflow_started", "workflow_finished"]


@pytest.mark.parametrize(
    "noise", [b"event: ping\n\n", b": comment\n\n", b"id: 1\nretry: 5\n", b"data: \n", b'data: {"event":"ping"}\n\n']
)
def test_keep_alives_are_passed_over(noise: bytes) -> None:
    assert run(streaming(noise, STARTED, noise, FINISHED, noise)) == ["workflow_started", "workflow_finished"]


def test_lines_are_whole_wherever_the_stream_is_cut() -> None:
    whole = STARTED.replace(b"\n", b"\r\n") + FINISHED
    assert run(streaming(whole)) == ["workflow_started", "workflow_finished"]
    assert list(lines(iter([whole[i : i + 1] for i in range(len(whole))]))) == whole.split(b"\n")[:-1]


def test_an_event_that_was_cut_off_is_none() -> None:
    assert run(streaming(STARTED, FINISHED[:-10])) == ["workflow_started"]


def test_a_run_is_sent_before_its_events_are_read() -> None:
    fake = streaming(STARTED)
    fake.client.pipelines.run(DATASET, RUN)
    assert json.loads(fake.bodies[0]) == RUN.model_dump() | {"response_mode": "streaming"}


def test_a_refused_run_is_told_at_once() -> None:
    fake = api(saying({"code": "invalid_param", "message": "Pipeline not found", "status": 400}, 400))
    assert error_of(Invalid, lambda: fake.client.pipelines.run(DATASET, RUN)).detail == "Pipeline not found"


def test_another_thing_than_events_is_said() -> None:
    assert error_of(BadAnswer, lambda: api(saying({})).client.pipelines.run(DATASET, RUN)).outcome_unknown


@pytest.mark.parametrize(
    ("event", "kind", "code"),
    [
        ({"event": "error", "status": 400, "code": "invalid_param", "message": "No."}, Invalid, "invalid_param"),
        ({"event": "error", "code": "pipeline_run_error", "message": "No."}, ServerFailed, "pipeline_run_error"),
        ({"event": "datasource_error", "error": "No."}, ServerFailed, "datasource_error"),
    ],
)
def test_an_error_event_raises_the_error_it_tells_of(event: dict[str, Any], kind: type[Exception], code: str) -> None:
    fake = streaming(STARTED, b"data: " + json.dumps(event).encode() + b"\n\n")
    error = error_of(kind, lambda: run(fake))
    assert (error.code, error.detail) == (code, "No.")


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (b"{", "data"),
        (b"[]", "answer"),
        (b"{}", "event"),
        (b'{"event": 7}', "event"),
        (b'{"event": "error", "status": "x"}', "status"),
    ],
)
def test_an_odd_event_names_what_is_wrong(event: bytes, field: str) -> None:
    error = error_of(UnexpectedShape, lambda: run(streaming(b"data: " + event + b"\n\n")))
    assert (list(error.fields), error.outcome_unknown) == ([field], True)


def test_an_endless_event_is_not_kept() -> None:
    error_of(AnswerTooLarge, lambda: list(lines(iter([b"x" * LARGEST_EVENT, b"x"]))))


def test_a_stream_that_breaks_off_leaves_the_outcome_unknown() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"
    with FaultServer(playing(head + STARTED)) as server:
        parts = server.http.events("/run", {})
        assert next(parts) == STARTED
        assert error_of(ConnectionLost, lambda: next(parts)).outcome_unknown


def test_the_deadline_of_a_stream_is_not_that_of_calls_in_between() -> None:
    events = streaming(STARTED, FINISHED).client.pipelines.run(DATASET, RUN)
    next(events)
    assert deadline.get(None) is None


def test_a_stream_that_is_left_opens_the_gate_again() -> None:
    one = streaming(STARTED).http
    one.gate = threading.Semaphore(1)
    for _ in range(2):
        one.events("/run", {}).close()
    assert one.gate.acquire(timeout=0)


def test_a_node_id_cannot_bend_a_path() -> None:
    fake = streaming(STARTED)
    fake.client.pipelines.run_node(DATASET, "../../x?y", datasource_type="local_file", inputs={})
    assert fake.requests[0].url.raw_path.decode().endswith("/nodes/..%2F..%2Fx%3Fy/run")


@pytest.mark.parametrize(("credential", "sent"), [(None, {}), ("1", {"credential_id": "1"})])
def test_a_credential_is_sent_when_given(credential: str | None, sent: dict[str, str]) -> None:
    fake = streaming(STARTED)
    act = fake.client.pipelines.run_node
    act(DATASET, "1", datasource_type="online_drive", inputs={}, credential_id=credential)
    assert json.loads(fake.bodies[0]) == {"inputs": {}, "datasource_type": "online_drive", "is_published": True} | sent


def test_a_blocking_run_waits_as_long_as_an_upload() -> None:
    fake = api(saying({"data": {"status": "succeeded"}}))
    assert fake.client.pipelines.run_to_the_end(DATASET, RUN).data.status == "succeeded"
    assert fake.seconds_left == pytest.approx([http.UPLOAD_DEADLINE], abs=0.5)


# --- against the server ---


@pytest.fixture
def file(client: DifyClient, dataset: Dataset) -> PipelineFile:
    try:
        client.pipelines.datasources(dataset.id)
        return client.pipelines.upload(name="a.txt", file=io.BytesIO(b"Paid leave."), content_type="text/plain")
    except Invalid:
        pytest.skip("a dataset of this server has no pipeline of its own")


def run_of(client: DifyClient, dataset: Dataset, file: PipelineFile) -> Run:
    [source] = client.pipelines.datasources(dataset.id)
    return Run(start_node_id=source.node_id, datasource_info_list=[{"reference": str(file.id), "name": file.name}])


@pytest.mark.dify("1.17")
def test_a_run_makes_documents_of_files(client: DifyClient, dataset: Dataset, file: PipelineFile) -> None:
    *_, last = client.pipelines.run(dataset.id, run_of(client, dataset, file))
    assert (last.event, last.data["status"]) == ("workflow_finished", "succeeded")
    [document] = client.documents.page(dataset.id).data
    assert finished(client, dataset.id, document.id).indexing_status == "completed"


@pytest.mark.dify("1.17")
def test_a_run_to_the_end_answers_once(client: DifyClient, dataset: Dataset, file: PipelineFile) -> None:
    assert client.pipelines.run_to_the_end(dataset.id, run_of(client, dataset, file)).data.status == "succeeded"


@pytest.mark.dify("1.17")
def test_a_node_tells_what_it_has(client: DifyClient, dataset: Dataset, file: PipelineFile) -> None:
    [source] = client.pipelines.datasources(dataset.id)
    events = client.pipelines.run_node(dataset.id, source.node_id, datasource_type="local_file", inputs={})
    assert [event.event for event in events][-1] == "datasource_completed"


@pytest.mark.dify("1.17")
def test_an_unknown_node_is_refused(client: DifyClient, dataset: Dataset, file: PipelineFile) -> None:
    act = client.pipelines.run_node
    error_of(Invalid, lambda: act(dataset.id, "0", datasource_type="local_file", inputs={}))


@pytest.mark.dify("1.17")
def test_the_file_of_a_run_is_not_given(client: DifyClient, dataset: Dataset, file: PipelineFile) -> None:
    list(client.pipelines.run(dataset.id, run_of(client, dataset, file)))
    [document] = client.documents.page(dataset.id).data
    assert not document.has_file
    assert error_of(NotFound, lambda: client.documents.download_url(dataset.id, document.id)).code == "no_file"

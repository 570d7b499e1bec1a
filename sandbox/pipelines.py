"""Pipelines. Every dataset has the same one: a datasource that takes uploaded files, and the indexing that follows it.

A run hands the files to the indexer, as an upload does, and does not wait for it: its documents can be watched like any other.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from pydantic import AliasChoices, BaseModel, Field

from sandbox import process_rules, uploads
from sandbox.documents import file_facts
from sandbox.errors import invalid
from sandbox.models import FROM_PIPELINE, Dataset, UploadFile
from sandbox.multipart import parts
from sandbox.payload import Json, checked, json_object

FILE_NODE, INDEX_NODE = "1719288585006", "1719288585007"
LOCAL_FILE = "local_file"
DatasourceType = Literal["local_file", "online_document", "website_crawl", "online_drive"]


class NodeRun(BaseModel):
    inputs: dict[str, Any]
    datasource_type: DatasourceType
    credential_id: str | None = None
    is_published: bool


class LocalFile(BaseModel):
    reference: UUID = Field(validation_alias=AliasChoices("reference", "related_id"))
    name: str = Field(default="untitled", min_length=1, max_length=uploads.LONGEST_NAME)


class PipelineRun(BaseModel):
    inputs: dict[str, Any]
    datasource_type: DatasourceType
    datasource_info_list: list[dict[str, Any]]
    start_node_id: str
    is_published: bool
    response_mode: Literal["streaming", "blocking"]


def upload(request: HttpRequest) -> Any:
    _, files = parts(request)
    part = uploads.only_file(files)
    try:
        file = uploads.uploaded_file(part)
    except uploads.RefusedFileError as error:
        raise error.as_error from None
    file.pending = True  # until a run makes a document of it
    file.save()
    created_at = datetime.fromtimestamp(file.created_at, UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    return JsonResponse(file_facts(file) | {"created_at": created_at}, status=HTTPStatus.CREATED)


def plugins(_request: HttpRequest, dataset: Dataset) -> Any:  # noqa: ARG001  (the same for every dataset)
    node = {
        "node_id": FILE_NODE,
        "plugin_id": "langgenius/file",
        "provider_name": "file",
        "datasource_type": LOCAL_FILE,
        "title": "File",
        "user_input_variables": [],
        "credentials": [],
    }
    return [node]


def run_node(request: HttpRequest, dataset: Dataset, node_id: str) -> Any:  # noqa: ARG001
    """What the datasource has to offer: the files that were uploaded and are not documents yet."""
    started = time.monotonic()
    check_node(node_id, checked(NodeRun, json_object(request)).datasource_type)
    files = UploadFile.objects.filter(pending=True).order_by("created_at")
    data = [{"reference": file.id, "name": file.name, "size": file.size, "extension": file.extension} for file in files]
    return stream(
        {"event": "datasource_processing", "total": len(data), "completed": 0},
        {
            "event": "datasource_completed",
            "data": data,
            "total": len(data),
            "completed": len(data),
            "time_consuming": time.monotonic() - started,
        },
    )


def run(request: HttpRequest, dataset: Dataset) -> Any:
    wanted = checked(PipelineRun, json_object(request))
    check_node(wanted.start_node_id, wanted.datasource_type)
    files = [checked(LocalFile, item) for item in wanted.datasource_info_list]
    if not files:
        raise invalid("datasource_info_list is empty")
    with transaction.atomic():
        documents = [document_of(dataset, file) for file in files]
    started = Run(documents)
    return stream(*started.events()) if wanted.response_mode == "streaming" else started.result()


def check_node(node_id: str, datasource_type: str) -> None:
    if node_id != FILE_NODE:
        raise invalid("Datasource node data not found")
    if datasource_type != LOCAL_FILE:
        raise invalid(f"The pipeline has no datasource of type {datasource_type}")


def document_of(dataset: Dataset, file: LocalFile) -> Json:
    kept = UploadFile.objects.filter(id=file.reference, pending=True).first()
    if kept is None:
        raise invalid("File not found")
    kept.name, kept.pending = file.name, False
    kept.save()
    rule = process_rules.latest(dataset)
    config = uploads.Config(
        indexing_technique=dataset.indexing_technique or "economy",
        process_rule=None if rule else process_rules.RuleChoice(mode="automatic"),
        doc_form=uploads.form_of(dataset) or "text_model",
    )
    saved = uploads.save(dataset, config, kept, rule)
    dataset.documents.filter(id=saved["document"]["id"]).update(created_from=FROM_PIPELINE)
    return {"id": saved["document"]["id"], "name": file.name, "batch": saved["batch"]}


class Run:
    """One run, told as it went: when its answer is written, the documents are with the indexer."""

    def __init__(self, documents: list[Json]) -> None:
        self.id, self.task, self.at = uuid4(), uuid4(), int(time.time())
        self.outputs = {"documents": documents}

    def finished(self) -> Json:
        times = {"created_at": self.at, "finished_at": self.at}
        return {"id": self.id, "status": "succeeded", "outputs": self.outputs, **times}

    def result(self) -> Json:
        return {"task_id": self.task, "workflow_run_id": self.id, "data": self.finished()}

    def events(self) -> Iterator[Json]:
        yield self.event("workflow_started", id=self.id, inputs={}, created_at=self.at)
        for node_id, node_type in ((FILE_NODE, "datasource"), (INDEX_NODE, "knowledge-index")):
            node = {"node_id": node_id, "node_type": node_type, "inputs": {}}
            yield self.event("node_started", **node)
            yield self.event("node_finished", **node, status="succeeded", outputs=self.outputs)
        yield self.event("workflow_finished", **self.finished(), total_tokens=0, elapsed_time=0.0)

    def event(self, name: str, **data: Any) -> Json:
        return {"event": name, "task_id": self.task, "workflow_run_id": self.id, "data": data}


def stream(*events: Json) -> StreamingHttpResponse:
    lines = (f"data: {json.dumps(event, default=str)}\n\n" for event in events)
    return StreamingHttpResponse(["event: ping\n\n", *lines], content_type="text/event-stream")

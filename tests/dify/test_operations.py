"""Every operation of the API's own description has a method here, and a route in the sandbox."""

import contextlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.metadata import DocumentValues
from datasets_ui.dify.pipelines import Run
from tests.dify import rows
from tests.dify.support import DATASET, DOCUMENT, SEGMENT, api, saying
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

Call = Callable[[DifyClient], object]
PATHS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "contract" / "openapi.json").read_text(encoding="utf-8")
)["paths"]
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in PATHS.items()
    for method, operation in methods.items()
    if method != "parameters"
}
VERSION = "1.17.0"
UPLOADED = Document.model_validate(rows.document(data_source_type="upload_file"))
OTHER = DOCUMENT  # stands for the id of a field, a tag, a child chunk


def file() -> dict[str, Any]:
    return {"name": "a.txt", "file": io.BytesIO(b"Text."), "content_type": "text/plain"}


def update_by_file(client: DifyClient) -> object:
    return client.documents.update_by_file(DATASET, DOCUMENT, **file(), process_rule=ProcessRule())


def update_by_old_file(client: DifyClient) -> object:
    client.capabilities.saw(VERSION)
    client.capabilities.missing.add("PATCH document")
    return update_by_file(client)


RUN = Run(start_node_id="1", datasource_info_list=[{"reference": "1"}])
CALLS: dict[str, Call] = {
    "createDataset": lambda c: c.datasets.create(name="a", indexing_technique="economy", permission="only_me"),
    "listDatasets": lambda c: c.datasets.page(),
    "getDatasetDetail": lambda c: c.datasets.get(DATASET),
    "updateDataset": lambda c: c.datasets.update(DATASET, name="b"),
    "deleteDataset": lambda c: c.datasets.delete(DATASET),
    "createDocumentFromText": lambda c: c.documents.create_by_text(DATASET, name="a", text="b", new=NewDocument()),
    "createDocumentFromFile": lambda c: c.documents.create_by_file(DATASET, **file(), new=NewDocument()),
    "listDocuments": lambda c: c.documents.page(DATASET),
    "getDocumentDetail": lambda c: c.documents.get(DATASET, DOCUMENT),
    "deleteDocument": lambda c: c.documents.delete(DATASET, DOCUMENT),
    "updateDocument": update_by_file,
    "downloadDocument": lambda c: c.documents.download_url(DATASET, DOCUMENT),
    "getDocumentIndexingStatus": lambda c: c.documents.indexing_status(DATASET, "2026"),
    "updateDocumentByText": lambda c: c.documents.update_by_text(
        DATASET, DOCUMENT, name="a", text="b", process_rule=ProcessRule()
    ),
    "updateDocumentByFile": update_by_old_file,
    "downloadDocumentsZip": lambda c: c.documents.download_zip(DATASET, [UPLOADED], io.BytesIO()),
    "batchUpdateDocumentStatus": lambda c: c.documents.set_status(DATASET, "enable", [DOCUMENT]),
    "createSegments": lambda c: c.segments.create(DATASET, DOCUMENT, content="a", answer=None, keywords=[]),
    "listSegments": lambda c: c.segments.page(DATASET, DOCUMENT),
    "getSegmentDetail": lambda c: c.segments.get(DATASET, DOCUMENT, SEGMENT),
    "updateSegment": lambda c: c.segments.update(
        DATASET, DOCUMENT, SEGMENT, content="a", answer=None, keywords=[], attachment_ids=None
    ),
    "deleteSegment": lambda c: c.segments.delete(DATASET, DOCUMENT, SEGMENT),
    "createChildChunk": lambda c: c.child_chunks.create(DATASET, DOCUMENT, SEGMENT, content="a"),
    "getChildChunks": lambda c: c.child_chunks.page(DATASET, DOCUMENT, SEGMENT),
    "updateChildChunk": lambda c: c.child_chunks.update(DATASET, DOCUMENT, SEGMENT, OTHER, content="a"),
    "deleteChildChunk": lambda c: c.child_chunks.delete(DATASET, DOCUMENT, SEGMENT, OTHER),
    "retrieveSegments": lambda c: c.retrieval.retrieve(DATASET, query="a", search_method="keyword_search"),
    "createKnowledgeTag": lambda c: c.tags.create(name="a"),
    "getKnowledgeTags": lambda c: c.tags.list(),
    "updateKnowledgeTag": lambda c: c.tags.rename(OTHER, name="a"),
    "deleteKnowledgeTag": lambda c: c.tags.delete(OTHER),
    "bindTagsToDataset": lambda c: c.tags.bind(DATASET, [OTHER]),
    "unbindTagFromDataset": lambda c: c.tags.unbind(DATASET, OTHER),
    "queryDatasetTags": lambda c: c.tags.of_dataset(DATASET),
    "createMetadataField": lambda c: c.metadata.create(DATASET, type="string", name="a"),
    "listMetadataFields": lambda c: c.metadata.list(DATASET),
    "updateMetadataField": lambda c: c.metadata.rename(DATASET, OTHER, name="a"),
    "deleteMetadataField": lambda c: c.metadata.delete(DATASET, OTHER),
    "getBuiltInMetadataFields": lambda c: c.metadata.built_in(DATASET),
    "toggleBuiltInMetadataField": lambda c: c.metadata.switch_built_in(DATASET, enabled=True),
    "batchUpdateDocumentMetadata": lambda c: c.metadata.set_values(
        DATASET, [DocumentValues(document_id=DOCUMENT, metadata_list=[])]
    ),
    "getAvailableModels": lambda c: c.models.list(),
    "uploadPipelineFile": lambda c: c.pipelines.upload(**file()),
    "listDatasourcePlugins": lambda c: c.pipelines.datasources(DATASET),
    "runDatasourceNode": lambda c: c.pipelines.run_node(DATASET, "1", datasource_type="local_file", inputs={}),
    "runPipeline": lambda c: c.pipelines.run(DATASET, RUN),
}


def test_the_client_covers_every_operation() -> None:
    assert set(CALLS) == set(OPERATIONS)
    assert len(OPERATIONS) == 46


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_method_calls_its_operation(operation: str) -> None:
    fake = api(saying(rows.document(), headers={"X-Version": VERSION}))
    with contextlib.suppress(DifyError):  # it is not the answer of most: what counts is what was asked
        CALLS[operation](fake.client)
    method, path = OPERATIONS[operation]
    sent = fake.requests[-1]
    assert sent.method == method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", f"/v1{path}"), sent.url.path)


@pytest.mark.dify("1.17")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_sandbox_has_a_route_for(operation: str, sandbox: SandboxProcess) -> None:
    method, path = OPERATIONS[operation]
    path = path.replace("{model_type}", "llm").replace("{batch}", "1").replace("{action}", "enable").replace("{node_id}", "1")
    answer = httpx.options(sandbox.base_url + re.sub(r"\{\w+\}", str(DATASET), path), trust_env=False, verify=TRUSTS_NOBODY)
    assert method in answer.headers["allow"].split(", ")

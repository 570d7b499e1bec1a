"""Pipelines of datasets that are made by one. API page: docs.dify.ai, Knowledge API, "Knowledge Pipeline"."""

from collections.abc import Iterator
from typing import IO, Any, Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import Field

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.events import Event, decoded
from datasets_ui.dify.http import UPLOAD_DEADLINE, Http
from datasets_ui.dify.paging import ListOf, Model
from datasets_ui.dify.parsing import parse, parse_written

DatasourceType = Literal["local_file", "online_document", "website_crawl", "online_drive"]


class Credential(Model):
    id: str
    name: str | None = None
    type: str | None = None
    is_default: bool = False


class Datasource(Model):
    """A node of a pipeline that gives it documents; `node_id` is what a run starts with."""

    node_id: str
    plugin_id: str | None = None
    provider_name: str | None = None
    datasource_type: str | None = None
    title: str | None = None
    user_input_variables: ListOf[dict[str, Any]] | None = None
    credentials: ListOf[Credential] | None = None


class PipelineFile(Model):
    """A file for a pipeline; its id is the `reference` of a local_file datasource."""

    id: UUID
    name: str
    size: int | None = None
    extension: str | None = None
    mime_type: str | None = None
    created_by: str | None = None
    created_at: str | float | None = None


class RunData(Model):
    id: str | None = None
    status: str | None = None
    outputs: dict[str, Any] | None = None
    error: str | None = None
    created_at: float | None = None
    finished_at: float | None = None


class FinishedRun(Model):
    """What a run in blocking mode answers."""

    task_id: str | None = None
    workflow_run_id: str | None = None
    data: RunData


class Run(Model):
    """What to run: where to start, the datasource's documents in the API's own words, and the inputs of the pipeline."""

    start_node_id: str
    datasource_type: DatasourceType = "local_file"
    datasource_info_list: list[dict[str, Any]]
    inputs: dict[str, Any] = Field(default_factory=dict)
    is_published: bool = True


class Pipelines:
    """All raise NotSupported on a server without the call, and those of a dataset NotFound and Forbidden, and Invalid where the
    dataset has no pipeline. A run that fails while it streams raises the error that its event tells of."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def upload(self, *, name: str, file: IO[bytes], content_type: str) -> PipelineFile:
        """Send one file that a run can refer to. Page "Upload Pipeline File".

        Raises Invalid: unsupported_file_type, file_too_large, too_many_files, filename_not_exists_error.
        """
        with self.http.capabilities.needs(Feature.PIPELINE_UPLOAD):
            answer = self.http.upload("/datasets/pipeline/file-upload", None, file, name, content_type, counted=False)
        return parse_written(PipelineFile, answer)

    def datasources(self, dataset_id: UUID, *, is_published: bool = True) -> ListOf[Datasource]:
        """The datasources of the published pipeline, or of its draft. Page "List Datasource Plugins"."""
        params = {"is_published": "true" if is_published else "false"}
        with self.http.capabilities.needs(Feature.PIPELINE_DATASOURCES):
            answer = self.http.read("GET", f"/datasets/{dataset_id}/pipeline/datasource-plugins", params=params)
        return parse(ListOf[Datasource], answer)

    def run_node(
        self,
        dataset_id: UUID,
        node_id: str,
        *,
        datasource_type: DatasourceType,
        inputs: dict[str, Any],
        credential_id: str | None = None,
        is_published: bool = True,
    ) -> Iterator[Event]:
        """Run one datasource, for example to look into a drive; the events as they come. Page "Run Datasource Node"."""
        path = f"/datasets/{dataset_id}/pipeline/datasource/nodes/{quote(node_id, safe='')}/run"
        body: dict[str, Any] = {"inputs": inputs, "datasource_type": datasource_type, "is_published": is_published}
        if credential_id is not None:
            body["credential_id"] = credential_id
        with self.http.capabilities.needs(Feature.PIPELINE_NODE_RUN):
            return decoded(self.http.events(path, body))

    def run(self, dataset_id: UUID, run: Run) -> Iterator[Event]:
        """Run the pipeline; the events as they come, the last one is `workflow_finished`. It runs whether they are read or not.

        Page "Run Pipeline". Raises ServerFailed (pipeline_run_error).
        """
        body = run.model_dump() | {"response_mode": "streaming"}
        with self.http.capabilities.needs(Feature.PIPELINE_RUN):
            return decoded(self.http.events(run_path(dataset_id), body))

    def run_to_the_end(self, dataset_id: UUID, run: Run) -> FinishedRun:
        """The same, but answers once it has finished, within 300 seconds. Page "Run Pipeline"."""
        body = run.model_dump() | {"response_mode": "blocking"}
        with self.http.capabilities.needs(Feature.PIPELINE_RUN):
            answer = self.http.write("POST", run_path(dataset_id), body, seconds=UPLOAD_DEADLINE, counted=False)
        return parse_written(FinishedRun, answer)


def run_path(dataset_id: UUID) -> str:
    return f"/datasets/{dataset_id}/pipeline/run"

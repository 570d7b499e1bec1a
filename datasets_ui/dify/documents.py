"""Documents and their indexing. API page: docs.dify.ai, Knowledge API, "Documents"."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import IO, Any, Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import Field

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.errors import NotFound, NotSupported
from datasets_ui.dify.http import Http
from datasets_ui.dify.metadata import MetadataValue
from datasets_ui.dify.paging import Count, ListOf, Model, Page, Rows, asked
from datasets_ui.dify.parsing import parse, parse_written
from datasets_ui.dify.refusals import Reason
from datasets_ui.dify.retrieval import RetrievalModel
from datasets_ui.dify.words import gettext_noop

StatusAction = Literal["enable", "disable", "archive", "un_archive"]
FINISHED = frozenset({"completed", "error", "paused"})


class Document(Model):
    """A document; `display_status` is the API's one word for enabled, archived and indexing status together."""

    id: UUID
    name: str
    created_at: float | None = None
    indexing_status: str = ""
    display_status: str | None = None
    error: Reason | None = None
    enabled: bool = True
    archived: bool = False
    word_count: int | None = None
    tokens: int | None = None
    hit_count: int | None = 0
    doc_form: str | None = None
    data_source_type: str | None = None
    data_source_detail_dict: dict[str, Any] | None = None
    data_source_info: dict[str, Any] | None = None
    doc_metadata: ListOf[MetadataValue] | None = None
    doc_language: str | None = None
    position: int | None = None
    created_by: str | None = None
    disabled_at: float | None = None
    dataset_process_rule_id: str | None = None
    # newer than 1.10
    summary_index_status: str | None = None
    need_summary: bool | None = None
    # given with the detail only
    segment_count: int | None = None
    average_segment_length: float | None = None
    indexing_latency: float | None = None
    completed_at: float | None = None
    updated_at: float | None = None
    dataset_process_rule: dict[str, Any] | None = None
    document_process_rule: dict[str, Any] | None = None

    @property
    def finished(self) -> bool:
        return self.indexing_status in FINISHED

    @property
    def available(self) -> bool:
        return self.indexing_status == "completed" and self.enabled and not self.archived

    @property
    def has_file(self) -> bool:
        """Whether the API may give the file that it was made from: it does for uploads, among them texts, and not for what a
        pipeline or another site gave."""
        return self.data_source_type in {None, "upload_file"}

    @property
    def file_size(self) -> int | None:
        """Bytes of the file it was made from."""
        # lists give it in the one place, the detail in the other
        files = [(source or {}).get("upload_file") for source in (self.data_source_detail_dict, self.data_source_info)]
        sizes = [file.get("size") for file in files if isinstance(file, dict)]
        return next((size for size in sizes if isinstance(size, int)), None)


class IndexingStatus(Model):
    """How far one document of a batch is; on the economy index `completed_segments` stays 0 until the end."""

    id: UUID
    indexing_status: str
    processing_started_at: float | None = None
    parsing_completed_at: float | None = None
    cleaning_completed_at: float | None = None
    splitting_completed_at: float | None = None
    completed_at: float | None = None
    paused_at: float | None = None
    stopped_at: float | None = None
    error: Reason | None = None
    completed_segments: Count = 0
    total_segments: Count = 0


class Created(Model):
    """What creating a document answers: the document, and the batch whose progress can be asked for."""

    document: Document
    batch: str = Field(pattern=r"^[\w-]{1,40}$")  # it becomes a part of a path


class ProcessRule(Model):
    """How text is cut into segments, and in the mode hierarchical these into child chunks.

    `max_tokens` and `chunk_overlap` count characters, whatever their names say; the API checks 50 to 4000 only while indexing.
    """

    mode: Literal["automatic", "custom", "hierarchical"] = "automatic"
    separator: str = "\n\n"
    max_tokens: int = 500
    chunk_overlap: int = 50
    remove_extra_spaces: bool = True
    remove_urls_emails: bool = False
    parent_mode: Literal["paragraph", "full-doc"] = "paragraph"
    child_separator: str = "\n"
    child_max_tokens: int = 200
    child_chunk_overlap: int = 0

    def body(self) -> dict[str, Any]:
        if self.mode == "automatic":
            return {"mode": "automatic"}
        cleaning = [
            {"id": "remove_extra_spaces", "enabled": self.remove_extra_spaces},
            {"id": "remove_urls_emails", "enabled": self.remove_urls_emails},
        ]
        cutting = {"separator": self.separator, "max_tokens": self.max_tokens, "chunk_overlap": self.chunk_overlap}
        rules: dict[str, Any] = {"pre_processing_rules": cleaning, "segmentation": cutting}
        if self.mode == "hierarchical":  # without a parent_mode it would be completed with no segment at all
            small = (self.child_separator, self.child_max_tokens, self.child_chunk_overlap)
            rules |= {"parent_mode": self.parent_mode, "subchunk_segmentation": dict(zip(cutting, small, strict=True))}
        return {"mode": self.mode, "rules": rules}


class NewDocument(Model):
    """What every new document is sent with: without a process rule the API fails with 500."""

    indexing_technique: str = "economy"
    doc_form: str = "text_model"
    doc_language: str = "English"
    process_rule: ProcessRule = Field(default_factory=ProcessRule)
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model: RetrievalModel | None = None

    def body(self) -> dict[str, Any]:
        body = self.model_dump(exclude={"process_rule", "retrieval_model"}, exclude_none=True)
        if self.retrieval_model:
            body["retrieval_model"] = self.retrieval_model.body()
        return body | {"process_rule": self.process_rule.body()}


class Documents:
    def __init__(self, http: Http) -> None:
        self.http = http

    def page(
        self, dataset_id: UUID, number: int = 1, *, limit: int = 20, keyword: str = "", status: str = ""
    ) -> Page[Document]:
        """One page, newest first; `keyword` is looked for in names and minds case; `status` is one of the API's seven
        (an unknown one is ignored). Page "Get the Document List of a Knowledge Base"."""
        params = asked(number, limit, keyword=keyword, status=status)
        return parse(Page[Document], self.http.read("GET", f"/datasets/{dataset_id}/documents", params=params))

    def get(self, dataset_id: UUID, document_id: UUID, *, metadata: Literal["all", "without"] = "without") -> Document:
        """One document with its counts and process rule, and with the values of its metadata when asked for. Page "Get Document
        Detail". Raises NotFound, Forbidden."""
        path = f"/datasets/{dataset_id}/documents/{document_id}"
        return parse(Document, self.http.read("GET", path, params={"metadata": metadata}))

    def create_by_text(self, dataset_id: UUID, *, name: str, text: str, new: NewDocument) -> Created:
        """A document from text. **An enabled document of the same name is overwritten.** Page "Create a Document from Text".

        Raises Invalid (provider_not_initialize without a model), Forbidden (quota_reached), NotFound.
        """
        return self.written(f"/datasets/{dataset_id}/document", "create-by-text", {"name": name, "text": text} | new.body())

    def create_by_file(self, dataset_id: UUID, *, name: str, file: IO[bytes], content_type: str, new: NewDocument) -> Created:
        """A document from one file. **An enabled document of the same name is overwritten.**

        Page "Create a Document from a File". Raises Invalid with an empty message for a wrong type or size, so check before.
        """
        path, data = f"/datasets/{dataset_id}/document", new.body()

        def send(call: str) -> Any:
            return self.http.upload(f"{path}/{call}", data, file, name, content_type)

        return self.sent_file({call: partial(send, call) for call in ("create-by-file", "create_by_file")})

    def update_by_text(
        self, dataset_id: UUID, document_id: UUID, *, name: str, text: str | None, process_rule: ProcessRule
    ) -> Created:
        """Replace the text; without one it is only renamed, **and indexed anew all the same, on every version known: manual
        edits of its segments are gone.** Page "Update a Document with Text".

        The batch stays. Raises Invalid (document_not_available) for a document that is not completed, enabled and unarchived;
        NotSupported (updates_hang) before anything is sent; NotFound, Forbidden.
        """
        body = {"name": name, "process_rule": process_rule.body()} | ({} if text is None else {"text": text})
        body |= self.own_form(dataset_id, document_id)
        return self.written(f"/datasets/{dataset_id}/documents/{document_id}", "update-by-text", body)

    def update_by_file(
        self,
        dataset_id: UUID,
        document_id: UUID,
        *,
        name: str,
        file: IO[bytes],
        content_type: str,
        process_rule: ProcessRule,
    ) -> Created:
        """Replace it by a file: PATCH where the server knows it, or else the older calls. **Its segments are made anew.**

        Pages "Update Document" and "Update a Document with a File". Raises Invalid: document_not_available,
        unsupported_file_type (415), file_too_large (413, with a literal "{message}" in its words); NotSupported (updates_hang)
        before anything is sent; NotFound, Forbidden.
        """
        path = f"/datasets/{dataset_id}/documents/{document_id}"
        data = {"name": name, "process_rule": process_rule.body()} | self.own_form(dataset_id, document_id)

        def send(path: str, method: str = "POST") -> Any:
            return self.http.upload(path, data, file, name, content_type, method=method)

        return self.sent_file(
            {
                "PATCH document": lambda: send(path, "PATCH"),
                "update-by-file": lambda: send(f"{path}/update-by-file"),
                "update_by_file": lambda: send(f"{path}/update_by_file"),
            }
        )

    def own_form(self, dataset_id: UUID, document_id: UUID) -> dict[str, str]:
        """The form of a document, to be sent with its update: left out it counts as text_model, which a dataset of another form
        refuses. It is read just before, because that answer also tells the server's version. Raises NotSupported where an update
        would hang the server."""
        form = self.get(dataset_id, document_id).doc_form
        if self.http.capabilities.updates_hang:
            raise NotSupported(gettext_noop("the update of a document"), code="updates_hang")
        return {"doc_form": form} if form else {}

    def written(self, path: str, call: str, body: object) -> Created:
        old = call.replace("-", "_")
        spellings = {call: f"{path}/{call}", old: f"{path}/{old}"}
        calls = {name: partial(self.http.write, "POST", url, body) for name, url in spellings.items()}
        return parse_written(Created, self.http.capabilities.spelled(calls))

    def sent_file(self, spellings: dict[str, Callable[[], Any]]) -> Created:
        return parse_written(Created, self.http.capabilities.spelled(spellings))

    def download_url(self, dataset_id: UUID, document_id: UUID) -> str:
        """A signed URL of the original file, for a short time; whoever has it can read the file. Page "Download Document".

        Raises NotSupported; NotFound, also for a document that was not made from a file; Forbidden.
        """
        with self.http.capabilities.needs(Feature.DOWNLOAD):
            answer = self.http.read("GET", f"/datasets/{dataset_id}/documents/{document_id}/download", counted=True)
        return parse(str, answer, "url")

    def download(self, dataset_id: UUID, document_id: UUID, into: IO[bytes]) -> int:
        """Stream the original file into `into`, of any size, within 300 seconds; returns its bytes. Page "Download Document".

        The URL may lead to another host, as a storage has: it is fetched without the key, and only from an address that may be
        called. Raises AddressRefused, and what `download_url` raises.
        """
        return self.http.fetch(self.download_url(dataset_id, document_id), into)

    def download_zip(self, dataset_id: UUID, documents: Iterable[Document], into: IO[bytes]) -> int:
        """Stream the original files of up to 100 documents into `into`, as one zip; returns its bytes.

        Those that have none are left out, because one of them makes the call fail for all. Page "Download Documents as ZIP".
        Raises NotSupported; NotFound, without a call where none has a file; Forbidden.
        """
        ids = [str(document.id) for document in documents if document.has_file]
        if not ids:
            raise NotFound(code="no_file")
        path, body = f"/datasets/{dataset_id}/documents/download-zip", {"document_ids": ids}
        with self.http.capabilities.needs(Feature.DOWNLOAD_ZIP):
            return self.http.download("POST", path, into, "application/zip", body)

    def indexing_status(self, dataset_id: UUID, batch: str) -> list[IndexingStatus]:
        """The progress of a batch. Page "Get Document Embedding Status (Progress)". Raises NotFound when it was replaced."""
        path = f"/datasets/{dataset_id}/documents/{quote(batch, safe='')}/indexing-status"
        return parse(Rows[IndexingStatus], self.http.read("GET", path)).data

    def set_status(self, dataset_id: UUID, action: StatusAction, document_ids: Iterable[UUID]) -> None:
        """Enable, disable, archive or un-archive. Page "Update Document Status". Raises Invalid (invalid_action) while the
        API is busy with one of them; unknown ids are passed over without a word."""
        body = {"document_ids": [str(document_id) for document_id in document_ids]}
        self.http.write("PATCH", f"/datasets/{dataset_id}/documents/status/{action}", body, counted=False)

    def delete(self, dataset_id: UUID, document_id: UUID) -> None:
        """Delete it with its segments, for ever. Page "Delete a Document". Raises Forbidden when it is archived."""
        self.http.write("DELETE", f"/datasets/{dataset_id}/documents/{document_id}")

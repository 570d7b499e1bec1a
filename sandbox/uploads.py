"""Creating and replacing documents, from text or from a file."""

import json
import random
import time
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from sandbox import datasets, process_rules, retrieval_models, summaries
from sandbox import embedding_models as models_on_offer
from sandbox.checking import sent
from sandbox.documents import row
from sandbox.errors import ApiError, InputError, QuirkError, invalid, not_found
from sandbox.extraction import SUPPORTED
from sandbox.indexing import indexer
from sandbox.models import Dataset, Document, ProcessRule, UploadFile
from sandbox.multipart import FilePart, parts
from sandbox.payload import Json, checked, known_id, mapping, strict_json, text
from sandbox.schemas import DocumentTextCreatePayload, DocumentTextUpdate
from sandbox.versions import dify

LARGEST_FILE = 15 * 1024 * 1024
LONGEST_NAME = 200
FIRST_RETRIEVAL: Json = {**datasets.DEFAULT_RETRIEVAL, "top_k": 4}
FORBIDDEN_IN_NAMES = set('/\\:*?"<>|')


class Config(BaseModel):
    """What a call says about a document, apart from its text or file."""

    original_document_id: str | None = None
    indexing_technique: Literal["high_quality", "economy"]
    process_rule: process_rules.RuleChoice | None = None
    doc_form: str = "text_model"
    doc_language: str = "English"
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model: retrieval_models.RetrievalModel | None = None
    name: str | None = None


class TextUpdate(BaseModel):
    name: str | None = None
    text: str | None = None
    process_rule: process_rules.RuleChoice | None = None
    doc_form: str = "text_model"
    doc_language: str = "English"
    retrieval_model: retrieval_models.RetrievalModel | None = None


class RefusedFileError(Exception):
    """A file of a kind or size that is not taken. The endpoints tell it each in their own way."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.as_error = ApiError(status, code, message)


def create_by_text(request: HttpRequest, dataset: Dataset) -> Any:
    values = sent(request, DocumentTextCreatePayload)
    name, content = text(values, "name", required=True), text(values, "text", required=True)
    rules = {name: mapping(values, name) for name in ("process_rule", "retrieval_model")}
    forms = {name: text(values, name) for name in ("doc_form", "doc_language") if name in values}
    text(values, "indexing_technique", choices=datasets.TECHNIQUES)
    if not dataset.indexing_technique and not values.get("indexing_technique"):
        if dify().bare_technique_breaks:
            raise QuirkError("neither the dataset nor the call names a technique")
        raise invalid("indexing_technique is required.")
    models_on_offer.require_embedding(values)
    models_on_offer.require_rerank_provider(rules["retrieval_model"])
    config = checked(Config, {**values, **rules, **forms, "name": None, "indexing_technique": values.get("indexing_technique")})
    with transaction.atomic():
        rule = fall_back(dataset) if dify().rules_fall_back and config.process_rule is None else None
        return save(dataset, config, text_file(name or "", content or ""), rule)


def fall_back(dataset: Dataset) -> ProcessRule:
    """The dataset's last rule, else the automatic one."""
    return process_rules.latest(dataset) or process_rules.save(dataset, process_rules.RuleChoice(mode="automatic"))


def create_by_file(request: HttpRequest, dataset: Dataset) -> Any:
    fields, files = parts(request)
    values = file_settings(fields)
    values["indexing_technique"] = values.get("indexing_technique") or dataset.indexing_technique
    if not values["indexing_technique"]:
        raise invalid("indexing_technique is required.")
    if "embedding_model_provider" in values:
        if values["embedding_model_provider"] and "embedding_model" not in values:
            raise QuirkError("an embedding provider needs a model")
        models_on_offer.require_embedding(values)
    if not isinstance(values.get("retrieval_model", {}), dict):
        raise QuirkError("retrieval_model is not an object")
    models_on_offer.require_rerank_provider(values.get("retrieval_model"))
    with transaction.atomic():
        try:
            upload = uploaded_file(only_file(files))
        except RefusedFileError:
            raise invalid("") from None
        config = checked(Config, {**values, "name": None})
        latest = None if "process_rule" in values else process_rules.latest(dataset)
        if not (config.original_document_id or latest or config.process_rule):
            raise invalid("process_rule is required.")
        return save(dataset, config, upload, latest)


def update_by_text(request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    values = sent(request, DocumentTextUpdate, older_update)
    new = TextUpdate.model_validate(values)
    models_on_offer.require_rerank_provider(values.get("retrieval_model"))
    config = update_config(dataset, document_id, values)
    with transaction.atomic():
        return save(dataset, config, text_file(new.name or "", new.text) if new.text else None, rule=None)


def older_update(request: HttpRequest) -> Json:
    """On 1.10.1 this call alone is checked against its schema first, which complains as the parsers do."""
    values = strict_json(request)
    try:
        new = TextUpdate.model_validate(values, strict=True)
    except ValidationError as error:
        raise InputError(str(error.errors()[0]["loc"][0]), error.errors()[0]["msg"]) from None
    if new.text is not None and new.name is None:
        raise invalid("Value error, name is required when text is provided")
    return values


def update_by_file(request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    fields, files = parts(request)
    config = update_config(dataset, document_id, file_settings(fields))
    with transaction.atomic():
        try:
            given = any(file.field == "file" for file in files)  # a file under another name is no file
            upload = uploaded_file(only_file(files)) if given else None
        except RefusedFileError as error:
            raise error.as_error from None
        return save(dataset, config, upload, rule=None)


def update_config(dataset: Dataset, document_id: UUID, values: Json) -> Config:
    fixed = {"indexing_technique": dataset.indexing_technique, "original_document_id": str(document_id)}
    return checked(Config, {**values, **fixed})


def file_settings(fields: dict[str, str]) -> Json:
    try:
        values = json.loads(fields.get("data", "{}"))
    except ValueError as error:
        raise invalid(str(error)) from None
    if not isinstance(values, dict):
        raise QuirkError("the data part is not an object")
    return values


def only_file(files: list[FilePart]) -> FilePart:
    """The file part. Of two under one name the second is ignored, two under different names are refused."""
    named = [file for file in files if file.field == "file"]
    if not named:
        raise ApiError(HTTPStatus.BAD_REQUEST, "no_file_uploaded", "Please upload your file.")
    if len({file.field for file in files}) > 1:
        raise ApiError(HTTPStatus.BAD_REQUEST, "too_many_files", "Only one file is allowed.")
    if not named[0].filename:
        raise ApiError(HTTPStatus.BAD_REQUEST, "filename_not_exists_error", "The specified filename does not exist.")
    return named[0]


def uploaded_file(part: FilePart) -> UploadFile:
    name = part.filename
    if FORBIDDEN_IN_NAMES & set(name):
        raise invalid("Filename contains invalid characters")
    extension = PurePath(name).suffix.lstrip(".").lower()
    if len(name) > LONGEST_NAME:
        name = f"{name.split('.')[0][:LONGEST_NAME]}.{extension}"
    if extension not in SUPPORTED:
        unsupported = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        raise RefusedFileError(unsupported, "unsupported_file_type", "File type not allowed.")
    if len(part.content) > LARGEST_FILE:
        too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise RefusedFileError(too_large, "file_too_large", "File size exceeded. {message}")
    return keep(name, extension, part.content_type, part.content)


def text_file(name: str, content: str) -> UploadFile:
    upload = keep(name[:LONGEST_NAME], "txt", "text/plain", content.encode())
    upload.size = len(content)  # the API counts characters here, bytes only for files
    upload.save()
    return upload


def keep(name: str, extension: str, mime_type: str, content: bytes) -> UploadFile:
    return UploadFile.objects.create(name=name, extension=extension, mime_type=mime_type, content=content, size=len(content))


def save(dataset: Dataset, config: Config, upload: UploadFile | None, rule: ProcessRule | None) -> Any:
    """Writes the document down and has it indexed; called within a transaction."""
    if upload is None and config.process_rule is None:
        raise invalid("Data source or Process rule is required")
    if config.process_rule:
        process_rules.check(config.process_rule)
    form = form_of(dataset)
    if config.original_document_id:
        if dify().forms_held:
            check_form(form, config)
        document = replaced(dataset, known_id(config.original_document_id), config, upload)
    else:
        check_form(form, config)
        fill_in(dataset, config)
        if rule is None and config.process_rule:
            rule = process_rules.save(dataset, config.process_rule)
        if upload is None or rule is None:
            raise QuirkError("a new document needs a process rule")
        document = created(dataset, config, upload, rule)
    transaction.on_commit(lambda: indexer.index(document.id, document.generation))
    return {"document": row(document), "batch": document.batch}


def check_form(form: str | None, config: Config) -> None:
    if form and form != config.doc_form:
        raise invalid("doc_form is different from the dataset doc_form.")


def form_of(dataset: Dataset) -> str | None:
    """The form of a dataset's documents: that of its first."""
    return dataset.documents.order_by("created_at").values_list("doc_form", flat=True).first()


def fill_in(dataset: Dataset, config: Config) -> None:
    """The first document decides what its dataset has not said yet."""
    dataset.data_source_type = "upload_file"
    if not dataset.indexing_technique:
        dataset.indexing_technique = config.indexing_technique
        datasets.choose_embedding(dataset, config.model_dump())
        if dataset.high_quality and not dataset.retrieval_model:
            dataset.retrieval_model = retrieval_models.dumped(config.retrieval_model) or FIRST_RETRIEVAL
    dataset.save(force_update=True)


def created(dataset: Dataset, config: Config, upload: UploadFile, rule: ProcessRule) -> Document:
    """A new document, or the enabled one of the same name, which the upload takes over."""
    same_name = dataset.documents.filter(name=upload.name, enabled=True).first()
    document = same_name or Document(dataset=dataset, name=upload.name, position=next_position(dataset))
    document.batch = time.strftime("%Y%m%d%H%M%S", time.gmtime()) + str(random.randint(100000, 999999))  # noqa: S311
    document.created_from = "api"
    document.upload_file, document.process_rule = upload, rule
    return queued(document, config)


def replaced(dataset: Dataset, document_id: UUID, config: Config, upload: UploadFile | None) -> Document:
    """The document that an update names, under its old batch."""
    document = dataset.documents.filter(id=document_id).first()
    if document is None:
        raise not_found("Document not found")
    if document.display_status != "available":
        raise invalid("Document is not available")
    if config.process_rule:
        document.process_rule = process_rules.save(dataset, config.process_rule)
    if upload:
        document.upload_file, document.name = upload, upload.name
    document.name = config.name or document.name
    document.created_from = "web"
    document.segments.update(status="re_segment")
    return queued(document, config)


def queued(document: Document, config: Config) -> Document:
    document.doc_form, document.doc_language = config.doc_form, config.doc_language
    document.need_summary = summaries.wanted(document.dataset) and config.doc_form != "qa_model"
    document.indexing_status, document.error, document.stopped_at = "waiting", None, None
    document.processing_started_at = document.parsing_completed_at = document.cleaning_completed_at = None
    document.splitting_completed_at = document.completed_at = None
    document.updated_at = time.time()
    document.generation += 1
    document.save()
    return document


def next_position(dataset: Dataset) -> int:
    return (dataset.documents.aggregate(last=Max("position"))["last"] or 0) + 1

"""Metadata: the fields of a dataset and the values of its documents. API page: docs.dify.ai, Knowledge API, "Metadata"."""

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import ListOf, Model
from datasets_ui.dify.parsing import parse, parse_written
from datasets_ui.dify.words import gettext_noop

FieldType = Literal["string", "number", "time"]


class MetadataField(Model):
    """A field of a dataset; `count` is how many documents have a value, given with the list only."""

    id: UUID
    name: str
    type: str
    count: int | None = None


class MetadataFields(Model):
    doc_metadata: ListOf[MetadataField]
    built_in_field_enabled: bool = False


class BuiltInField(Model):
    """A field that Dify fills in itself."""

    name: str
    type: str


class BuiltInFields(Model):
    fields: ListOf[BuiltInField]


class MetadataValue(Model):
    """A value of a document; `id` is "built-in" for a built-in field. Lists of documents give every value as text up to 1.12, and as
    it was stored on newer servers: compare values, not their text."""

    id: str
    name: str
    type: str | None = None
    value: str | bool | float | None = None


class MetadataOfDocument(Model):
    doc_metadata: ListOf[MetadataValue] | None = None


class NewValue(Model):
    """A value to set; None empties it. A time is in seconds since 1970."""

    id: UUID
    name: str
    value: str | float | None = None


class DocumentValues(Model):
    """What to set on one document. Without `partial_update` the values that are not named are taken away."""

    document_id: UUID
    metadata_list: list[NewValue]
    partial_update: bool = True


class Metadata:
    """All raise NotFound for an unknown dataset, Forbidden, and NotSupported where the server has no metadata."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def list(self, dataset_id: UUID) -> MetadataFields:
        """Every field, and whether the built-in ones are on. Page "List Metadata Fields"."""
        return parse(MetadataFields, self.read(f"/datasets/{dataset_id}/metadata"))

    def create(self, dataset_id: UUID, *, type: FieldType, name: str) -> MetadataField:  # noqa: A002 (the API's own name)
        """A new field. Page "Create Metadata Field". Raises Invalid for a name that is taken or over 255 characters; an empty
        one is accepted."""
        answer = self.write("POST", f"/datasets/{dataset_id}/metadata", {"type": type, "name": name})
        return parse_written(MetadataField, answer)

    def rename(self, dataset_id: UUID, metadata_id: UUID, *, name: str) -> MetadataField:
        """Give a field another name. Page "Update Metadata Field".

        Raises Invalid for a name that is taken, even by itself; NotFound for an unknown field, which the API answers with 200.
        """
        answer = self.write("PATCH", f"/datasets/{dataset_id}/metadata/{metadata_id}", {"name": name})
        if isinstance(answer, dict) and "id" in answer and answer["id"] is None:
            raise NotFound(gettext_noop("Metadata field not found."))
        return parse_written(MetadataField, answer)

    def delete(self, dataset_id: UUID, metadata_id: UUID) -> None:
        """Delete a field with its values, for ever. Page "Delete Metadata Field". An unknown one is passed over."""
        self.write("DELETE", f"/datasets/{dataset_id}/metadata/{metadata_id}")

    def built_in(self, dataset_id: UUID) -> BuiltInFields:
        """The fields that Dify fills in itself. Page "Get Built-in Metadata Fields"."""
        return parse(BuiltInFields, self.read(f"/datasets/{dataset_id}/metadata/built-in"))

    def switch_built_in(self, dataset_id: UUID, *, enabled: bool) -> None:
        """Switch the built-in fields on or off. Page "Update Built-in Metadata Field"."""
        self.write("POST", f"/datasets/{dataset_id}/metadata/built-in/{'enable' if enabled else 'disable'}")

    def set_values(self, dataset_id: UUID, operations: Iterable[DocumentValues]) -> None:
        """Set values on several documents. Page "Update Document Metadata in Batch".

        Raises Invalid while another such call is under way for one of them. Unknown documents and fields are passed over
        without a word, and a wrong name leaves the value empty: read back what matters.
        """
        body = {"operation_data": [operation.model_dump(mode="json") for operation in operations]}
        self.write("POST", f"/datasets/{dataset_id}/documents/metadata", body)

    def of_document(self, dataset_id: UUID, document_id: UUID) -> ListOf[MetadataValue]:
        """The values of one document, with their types. Page "Get Document"."""
        path = f"/datasets/{dataset_id}/documents/{document_id}"
        return parse(MetadataOfDocument, self.http.read("GET", path, params={"metadata": "only"})).doc_metadata or []

    def read(self, path: str) -> Any:
        with self.http.capabilities.needs(Feature.METADATA):
            return self.http.read("GET", path)

    def write(self, method: str, path: str, body: object = None) -> Any:
        with self.http.capabilities.needs(Feature.METADATA):
            return self.http.write(method, path, body)

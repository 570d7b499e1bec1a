"""Tags of datasets. API page: docs.dify.ai, Knowledge API, "Tags".

Dify 1.10 answers every call under /datasets/tags with 404 "Dataset not found", whatever is asked: that is NotSupported here, but
for the binding to a dataset that really is unknown. 1.12 makes, renames, binds and deletes tags, but fails to show them.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.errors import Invalid, NotFound
from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import ListOf, Model, Rows
from datasets_ui.dify.parsing import parse, parse_written

PATH = "/datasets/tags"


class Tag(Model):
    """A tag; `binding_count` is how many datasets carry it, which the API gives as text."""

    id: UUID
    name: str
    type: str | None = None
    binding_count: int | None = None


class TagOfDataset(Model):
    id: UUID
    name: str


class Tags:
    """All but `of_dataset` raise NotSupported on a server without tags."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def list(self) -> ListOf[Tag]:
        """Every tag of the Dify workspace. Page "List Knowledge Tags". NotSupported (tags_not_shown) on 1.12 as soon as there is
        one."""
        with self.http.capabilities.needs(Feature.TAG_LIST, "tags_not_shown"):
            return parse(ListOf[Tag], self.call("GET"))

    def create(self, *, name: str) -> Tag | None:
        """A new tag with a name of 1 to 50 characters. Page "Create Knowledge Tag". Raises Invalid when the name is taken.

        None where it was made and the server fails to show it, as 1.12 does: never call again.
        """
        return self.done("POST", {"name": name})

    def rename(self, tag_id: UUID, *, name: str) -> Tag | None:
        """Give a tag another name. Page "Update Knowledge Tag". Raises NotFound; Invalid when the name is taken. None as with
        `create`."""
        return self.done("PATCH", {"tag_id": str(tag_id), "name": name})

    def delete(self, tag_id: UUID) -> None:
        """Delete a tag, and take it off all datasets. Page "Delete Knowledge Tag". Raises NotFound."""
        self.call("DELETE", {"tag_id": str(tag_id)}, tag_id=str(tag_id))  # 1.12 reads the body, newer servers the query

    def bind(self, dataset_id: UUID, tag_ids: Iterable[UUID]) -> None:
        """Put tags on a dataset. Page "Create Tag Binding". Raises NotFound for the dataset; unknown tags are passed over."""
        body = {"tag_ids": [str(tag_id) for tag_id in tag_ids], "target_id": str(dataset_id)}
        self.bound("binding", body)

    def unbind(self, dataset_id: UUID, tag_id: UUID) -> None:
        """Take a tag off a dataset. Page "Delete Tag Binding". Raises NotFound for the dataset on some servers."""
        self.bound("unbinding", {"tag_id": str(tag_id), "target_id": str(dataset_id)})  # all versions know the single id

    def of_dataset(self, dataset_id: UUID) -> ListOf[TagOfDataset]:
        """The tags of one dataset. Page "Get Knowledge Base Tags". Raises NotFound, Forbidden. Works on 1.10."""
        return parse(Rows[TagOfDataset], self.http.read("GET", f"/datasets/{dataset_id}/tags")).data

    def done(self, method: Literal["POST", "PATCH"], body: object) -> Tag | None:
        try:
            return parse_written(Tag, self.call(method, body))
        except Invalid as error:
            if error.code != "tags_not_shown":
                raise
            return None

    def call(self, method: Literal["GET", "POST", "PATCH", "DELETE"], body: object = None, **query: str) -> Any:
        path = f"{PATH}?{urlencode(query)}" if query else PATH
        with self.http.capabilities.needs(Feature.TAGS):
            try:
                return self.http.read("GET", path) if method == "GET" else self.http.write(method, path, body, counted=False)
            except NotFound as error:
                if "dataset not found" in error.detail.lower():  # no dataset was named
                    raise self.http.capabilities.refuse(Feature.TAGS, error) from error
                raise

    def bound(self, action: Literal["binding", "unbinding"], body: object) -> None:
        with self.http.capabilities.needs(Feature.TAGS):
            try:
                self.http.write("POST", f"{PATH}/{action}", body, counted=False)
            except NotFound:
                with suppress(Invalid):  # 1.12 cannot show them, and knows the call
                    self.call("GET")  # raises NotSupported when it is the server, not the dataset
                raise

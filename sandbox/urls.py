"""Every route. Ids are UUIDs in any case; whatever else stands in their place is no route at all."""

from django.urls import include, path, register_converter
from django.urls.converters import UUIDConverter

from sandbox import (
    child_chunks,
    control,
    datasets,
    documents,
    embedding_models,
    metadata,
    pictures,
    pipelines,
    retrieval,
    segments,
    tags,
    uploads,
)
from sandbox.endpoints import View, endpoint
from sandbox.errors import not_found_page
from sandbox.versions import dify


class AnyCaseUUID(UUIDConverter):
    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


register_converter(AnyCaseUUID, "id")
handler404 = not_found_page

SEGMENT = "/documents/<id:document_id>/segments/<id:segment_id>"
CHILD = SEGMENT + "/child_chunks"
create_by_text = endpoint(POST=uploads.create_by_text)
create_by_file = endpoint(POST=uploads.create_by_file)
update_by_text = endpoint(POST=uploads.update_by_text)
update_by_file = endpoint(POST=uploads.update_by_file)
retrieve = endpoint(POST=retrieval.retrieve)

patch: dict[str, View] = {"PATCH": uploads.update_by_file} if dify().originals else {}
of_one_dataset = [
    path("", endpoint(GET=datasets.show, PATCH=datasets.change, DELETE=datasets.delete)),
    path("/tags", endpoint(GET=tags.of_dataset)),
    path("/retrieve", retrieve),
    path("/hit-testing", retrieve),
    path("/metadata", endpoint(GET=metadata.list_all, POST=metadata.create)),
    path("/metadata/built-in", endpoint(GET=metadata.built_in_fields)),
    path("/metadata/built-in/<str:action>", endpoint(POST=metadata.switch_built_in)),
    path("/metadata/<id:field_id>", endpoint(PATCH=metadata.rename, DELETE=metadata.delete)),
    path("/document/create-by-text", create_by_text),
    path("/document/create_by_text", create_by_text),
    path("/document/create-by-file", create_by_file),
    path("/document/create_by_file", create_by_file),
    path("/documents", endpoint(GET=documents.list_all)),
    path("/documents/metadata", endpoint(POST=metadata.set_values)),
    path("/documents/status/<str:action>", endpoint(PATCH=documents.act)),
    path("/documents/<str:batch>/indexing-status", endpoint(GET=documents.progress)),
    path("/documents/<id:document_id>", endpoint(GET=documents.show, DELETE=documents.delete, **patch)),
    path("/documents/<id:document_id>/update-by-text", update_by_text),
    path("/documents/<id:document_id>/update_by_text", update_by_text),
    path("/documents/<id:document_id>/update-by-file", update_by_file),
    path("/documents/<id:document_id>/update_by_file", update_by_file),
    path("/documents/<id:document_id>/segments", endpoint(GET=segments.list_all, POST=segments.create)),
    path(SEGMENT, endpoint(GET=segments.show, POST=segments.update, DELETE=segments.delete)),
    path(CHILD, endpoint(GET=child_chunks.list_all, POST=child_chunks.create)),
    path(CHILD + "/<id:child_id>", endpoint(PATCH=child_chunks.update, DELETE=child_chunks.delete)),
]

if dify().originals:
    of_one_dataset += [
        path("/documents/<id:document_id>/download", endpoint(GET=documents.download)),
        path("/documents/download-zip", endpoint(POST=documents.download_zip)),
    ]
if dify().pipelines:
    of_one_dataset += [
        path("/pipeline/datasource-plugins", endpoint(GET=pipelines.plugins)),
        path("/pipeline/datasource/nodes/<str:node_id>/run", endpoint(POST=pipelines.run_node)),
        path("/pipeline/run", endpoint(POST=pipelines.run)),
    ]

urlpatterns = [
    path("v1/datasets", endpoint(GET=datasets.list_all, POST=datasets.create)),
    path("v1/datasets/tags", endpoint(GET=tags.list_all, POST=tags.create, PATCH=tags.rename, DELETE=tags.delete)),
    path("v1/datasets/tags/binding", endpoint(POST=tags.bind)),
    path("v1/datasets/tags/unbinding", endpoint(POST=tags.unbind)),
    path("v1/datasets/<id:dataset_id>", include(of_one_dataset)),
    path("v1/workspaces/current/models/model-types/<str:model_type>", endpoint(GET=embedding_models.list_models)),
    path("files/<id:file_id>", documents.file_content),
    path("files/<id:picture_id>/file-preview", pictures.show),
    path("files/<id:picture_id>/image-preview", pictures.show),
    path("control/faults", endpoint(POST=control.faults)),
    path("control/keys", endpoint(POST=control.keys)),
    path("control/api-access", endpoint(POST=control.api_access)),
    path("control/applications", endpoint(POST=control.use)),
    path("control/pace", endpoint(POST=control.pace)),
    path("control/restart-worker", endpoint(POST=control.restart_worker)),
    path("control/reset", endpoint(POST=control.reset)),
    path("control/calls", endpoint(GET=control.calls)),
]
if dify().pipelines:
    urlpatterns.append(path("v1/datasets/pipeline/file-upload", endpoint(POST=pipelines.upload)))

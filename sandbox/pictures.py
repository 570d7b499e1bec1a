"""Pictures of segments: found in Word files, bound to the segments that link to them, served where the links lead."""

import re
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from sandbox.models import TENANT, Attachment, Document, Picture, Segment
from sandbox.payload import Json

LINK = re.compile(r"/files/([0-9a-f-]{36})/file-preview")
NO_UUID = (
    "(psycopg2.errors.InvalidTextRepresentation) invalid input syntax for type uuid: {value!r}\n\n"
    "[SQL: SELECT upload_files.id AS upload_files_id FROM upload_files WHERE upload_files.id IN (%(id_1)s::UUID)]"
)


class MalformedIdError(Exception):
    """An id that is no UUID reached the database. The API shows its words, SQL and all."""


def keep(document: Document, content: bytes, extension: str) -> str:
    """The line that stands in the text for a picture. The API keeps a size of 0 and a name that says nothing."""
    picture = Picture.objects.create(
        document=document, content=content, extension=extension, name=f"image_files/{TENANT}/{uuid4()}.{extension}"
    )
    return f"![image]({settings.SANDBOX_ORIGIN}/files/{picture.id}/file-preview)"


def bind_linked(segments: Iterable[Segment]) -> None:
    """Each segment gets the pictures that its content links to; only indexing does this, not an update."""
    for segment in segments:
        bind(segment, [UUID(found) for found in LINK.findall(segment.content)])


def replace(segment: Segment, ids: list[str]) -> None:
    """Those named are bound and all others are not; an unknown id counts as none."""
    try:
        wanted = [UUID(value) for value in ids]
    except ValueError:
        segment.attachments.all().delete()
        raise MalformedIdError(NO_UUID.format(value=next(value for value in ids if not is_uuid(value)))) from None
    segment.attachments.all().delete()
    bind(segment, wanted)


def is_uuid(value: str) -> bool:
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def bind(segment: Segment, ids: list[UUID]) -> None:
    known = Picture.objects.in_bulk(ids)
    unique = dict.fromkeys(id_ for id_ in ids if id_ in known)
    Attachment.objects.bulk_create(Attachment(segment=segment, picture=known[id_]) for id_ in unique)


def rows(segment: Segment) -> list[Json]:
    return [row(bound.picture) for bound in segment.attachments.select_related("picture").order_by("id")]


def row(picture: Picture) -> Json:
    return {
        "id": picture.id,
        "name": picture.name,
        "size": 0,
        "extension": picture.extension,
        "mime_type": picture.mime_type,
        "source_url": f"{settings.SANDBOX_ORIGIN}/files/{picture.id}/image-preview?{signature()}",
    }


def signed(content: str) -> str:
    return LINK.sub(lambda found: f"{found[0]}?{signature()}", content)


def signature() -> str:
    """Made anew in each answer, as by the API; here it is not looked at."""
    return urlencode({"timestamp": int(time.time()), "nonce": uuid4().hex, "sign": uuid4().hex})


def show(_request: HttpRequest, picture_id: UUID) -> Any:
    picture = Picture.objects.filter(id=picture_id).first()
    if picture is None:
        raise Http404
    return HttpResponse(bytes(picture.content), content_type=picture.mime_type)

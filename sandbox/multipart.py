"""Multipart forms, with file names as they were sent: Django would strip what the API complains about."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.http import parse_header_parameters


@dataclass
class FilePart:
    field: str
    filename: str
    content_type: str
    content: bytes


def parts(request: HttpRequest) -> tuple[dict[str, str], list[FilePart]]:
    """The form's text fields by name, and its files in order."""
    kind, options = parse_header_parameters(request.headers.get("Content-Type", ""))
    fields: dict[str, str] = {}
    files: list[FilePart] = []
    if kind != "multipart/form-data" or "boundary" not in options:
        return fields, files
    for chunk in request.body.split(b"--" + options["boundary"].encode())[1:-1]:
        head, _, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        headers = dict(header_of(line) for line in head.decode("utf-8", "replace").split("\r\n"))
        _, names = parse_header_parameters(headers.get("content-disposition", ""))
        if "filename" in names:
            content_type = headers.get("content-type", "application/octet-stream")
            files.append(FilePart(names.get("name", ""), names["filename"], content_type, content))
        else:
            fields.setdefault(names.get("name", ""), content.decode("utf-8", "replace"))
    return fields, files


def header_of(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()

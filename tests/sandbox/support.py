"""Short ways to say what most tests of the sandbox do first."""

import io
import json
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docx
import httpx

from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

AUTOMATIC = {"mode": "automatic"}
PARENTS: dict[str, Any] = {
    "mode": "hierarchical",
    "rules": {
        "pre_processing_rules": [],
        "segmentation": {"separator": "\n\n", "max_tokens": 500},
        "parent_mode": "paragraph",
        "subchunk_segmentation": {"separator": "\n", "max_tokens": 80},
    },
}
Form = list[tuple[str, tuple[str | None, bytes, str | None]]]  # the parts of a multipart form

FINISHED = {"completed", "error"}
UNKNOWN = "f31e9e4e-f832-44db-a18c-b50265273e54"


def custom(separator: str = "\n\n", max_tokens: int = 100, **more: Any) -> dict[str, Any]:
    segmentation = {"separator": separator, "max_tokens": max_tokens, **more}
    return {"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": segmentation}}


def eventually(call: Any, wanted: Any, seconds: float = 10) -> Any:
    """Calls until the answer is `wanted`, and gives the last answer."""
    deadline = time.monotonic() + seconds
    while (found := call()) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def connected(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, verify=TRUSTS_NOBODY, timeout=30) as client:
        yield client


@dataclass
class Library:
    """A dataset, with its calls."""

    api: httpx.Client
    id: str

    @classmethod
    def create(cls, api: httpx.Client, name: str, **values: Any) -> "Library":
        return cls(api, api.post("/datasets", json={"name": name, **values}).raise_for_status().json()["id"])

    def get(self, path: str = "", **query: Any) -> Any:
        return self.api.get(f"/datasets/{self.id}{path}", params=query).json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.api.post(f"/datasets/{self.id}{path}", json=body)

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.api.patch(f"/datasets/{self.id}{path}", json=body)

    def delete(self, path: str = "") -> httpx.Response:
        return self.api.delete(f"/datasets/{self.id}{path}")

    def send_text(self, name: str = "a.txt", text: str = "A text.", **values: Any) -> httpx.Response:
        body = {"name": name, "text": text, "indexing_technique": "economy", "process_rule": AUTOMATIC, **values}
        return self.post("/document/create-by-text", body)

    def send_file(
        self, name: str, content: bytes, kind: str = "text/plain", path: str = "/document/create-by-file", **values: Any
    ) -> httpx.Response:
        data = json.dumps({"indexing_technique": "economy", "process_rule": AUTOMATIC, **values})
        files: Form = [("data", (None, data.encode(), None)), ("file", (name, content, kind))]
        return self.api.post(f"/datasets/{self.id}{path}", files=files)

    def text(self, *args: Any, **values: Any) -> str:
        """The id of a new document from text, once it is indexed."""
        return self.settled(self.send_text(*args, **values))

    def file(self, name: str, content: bytes, **values: Any) -> str:
        return self.settled(self.send_file(name, content, **values))

    def settled(self, response: httpx.Response) -> str:
        answer = response.raise_for_status().json()
        self.wait(answer["batch"])
        return str(answer["document"]["id"])

    def wait(self, batch: str) -> dict[str, Any]:
        deadline = time.monotonic() + 10
        while True:
            row: dict[str, Any] = self.get(f"/documents/{batch}/indexing-status")["data"][0]
            if row["indexing_status"] in FINISHED or time.monotonic() > deadline:
                return row
            time.sleep(0.005)

    def document(self, document_id: str) -> Any:
        return self.get(f"/documents/{document_id}")

    def segments(self, document_id: str, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get(f"/documents/{document_id}/segments", **query)["data"]
        return rows

    def contents(self, document_id: str) -> list[str]:
        return [segment["content"] for segment in self.segments(document_id)]

    def add_segment(self, document_id: str, **values: Any) -> Any:
        return self.post(f"/documents/{document_id}/segments", {"segments": [values]}).json()["data"][0]

    def change_segment(self, document_id: str, segment_id: str, **values: Any) -> httpx.Response:
        return self.post(f"/documents/{document_id}/segments/{segment_id}", {"segment": values})

    def set_status(self, action: str, *document_ids: str) -> httpx.Response:
        """Asks again while the document is locked by the action before."""
        for _ in range(100):
            response = self.patch(f"/documents/status/{action}", {"document_ids": document_ids})
            if "is being indexed" not in response.text:
                break
            time.sleep(0.02)
        return response

    def retrieve(self, query: str, method: str = "keyword_search", **model: Any) -> Any:
        retrieval_model = {"search_method": method, "reranking_enable": False, "score_threshold_enabled": False, "top_k": 3}
        return self.post("/retrieve", {"query": query, "retrieval_model": {**retrieval_model, **model}}).json()

    def found(self, *args: Any, **model: Any) -> list[str]:
        return [record["segment"]["content"] for record in self.retrieve(*args, **model)["records"]]


def pdf(*pages: str) -> bytes:
    """A PDF with one line of text on each page."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, page in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({page}) Tj ET"
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {5 + 2 * i} 0 R >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    body, offsets = "%PDF-1.4\n", []
    for i, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{i} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + table + trailer).encode()


def word(*paragraphs: str, table: list[list[str]] | None = None) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for row, values in zip(grid.rows, table, strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def workbook(*rows: list[str | float | None]) -> bytes:
    """The least that an xlsx file needs: one sheet, texts inline."""
    cells = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{sheet_type}.sheet.main+xml"/>'
            f'<Override PartName="/xl/s.xml" ContentType="{sheet_type}.worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r" Type="{office}/worksheet" Target="s.xml"/></Relationships>',
            "xl/s.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        }
    )


def cell(value: str | float | None) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def archive(entries: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def picture(red: int = 200) -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(bytes([0, red, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def illustrated(*parts: str | bytes) -> bytes:
    """A Word file: a paragraph for each text, one with the picture for each PNG."""
    document = docx.Document()
    for part in parts:
        if isinstance(part, str):
            document.add_paragraph(part)
        else:
            document.add_picture(io.BytesIO(part))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()

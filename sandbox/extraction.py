"""Text out of files. Each extractor gives the parts that are split on their own: the pages of a PDF, the rows of a sheet."""

import csv
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence

import docx
import pypdfium2
from charset_normalizer import from_bytes
from docx.table import Table
from docx.text.hyperlink import Hyperlink
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from python_calamine import CalamineWorkbook
from selectolax.lexbor import LexborHTMLParser

from sandbox.versions import dify

SUPPORTED = ("txt", "markdown", "md", "mdx", "pdf", "html", "htm", "xlsx", "xls", "vtt", "properties", "docx", "csv")
MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 100
MOST_ENTRIES = 2000

Rows = Sequence[Sequence[object]]
AsTexts = Callable[[Sequence[object]], list[str]]  # a column of cells, as it is written
KeepPicture = Callable[[bytes, str], str]  # takes a picture and its extension, gives the text that stands for it


class ExtractionError(Exception):
    """The file cannot be read; the text goes into the document's `error`."""


def extract(content: bytes, extension: str, keep_picture: KeepPicture) -> list[str]:
    if extension == "docx":
        return word(content, keep_picture)
    return EXTRACTORS.get(extension, plain)(content)


def decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        guess = from_bytes(content, cp_isolation=["utf_16", "cp1252", "shift_jis", "gb18030", "big5", "euc_kr"]).best()
        return str(guess) if guess else content.decode("latin-1")


def plain(content: bytes) -> list[str]:
    return [decode(content).replace("\r\n", "\n").replace("\r", "\n")]


def markdown(content: bytes) -> list[str]:
    """One part for each heading, without its #; headings inside code do not count."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    in_code = False
    for line in decode(content).split("\n"):
        in_code ^= line.startswith("```")
        if not in_code and re.match(r"#+\s", line):
            parts.append((line.replace("#", "").strip(), []))
        else:
            parts[-1][1].append(line)
    texts = ((heading, "\n".join(map(without_tags, lines)).strip()) for heading, lines in parts)
    return [f"\n\n{heading}\n{text}" if heading else text for heading, text in texts]


def without_tags(line: str) -> str:
    """Tags end on their line; behind the last end none is looked for."""
    text, end, rest = line.rpartition(">")
    return re.sub(r"<[^>]*>", "", text + end) + rest


PDFIUM = threading.Lock()  # PDFium may be used by one thread at a time


def html(content: bytes) -> list[str]:
    tree = LexborHTMLParser(decode(content))
    tree.strip_tags(["script", "style"])
    return [tree.root.text(deep=True, separator="").strip() if tree.root else ""]


def pdf(content: bytes) -> list[str]:
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise ExtractionError(str(error)) from error
        try:
            return [page.get_textpage().get_text_range() for page in document]
        finally:
            document.close()


def word(content: bytes, keep_picture: KeepPicture) -> list[str]:
    guard_archive(content)
    try:
        document = docx.Document(io.BytesIO(content))
    except (KeyError, ValueError) as error:
        raise ExtractionError(f"File is not a Word document: {error}") from error
    return ["\n".join(block for block in word_blocks(document.iter_inner_content(), keep_picture) if block)]


def word_blocks(blocks: Iterator[Paragraph | Table], keep_picture: KeepPicture) -> Iterator[str]:
    """Paragraphs as they are, tables as Markdown in their place, pictures as links."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield "".join(run_text(run, keep_picture) for run in block.iter_inner_content()).strip()
            continue
        rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in block.rows]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        yield "\n".join([*lines[:1], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]])


def run_text(run: Run | Hyperlink, keep_picture: KeepPicture) -> str:
    if isinstance(run, Hyperlink):
        return str(run.text)
    images = [run.part.related_parts[blip.embed] for blip in run.element.xpath(".//a:blip[@r:embed]")]
    return str(run.text) + "".join(keep_picture(image.blob, image.partname.ext) for image in images)


def sheet(content: bytes) -> list[str]:
    guard_archive(content)
    return old_sheet(content, as_cells if dify().cells_as_written else as_column)


def old_sheet(content: bytes, as_texts: AsTexts | None = None) -> list[str]:
    """A part for each row of each sheet: "header":"value";... for the cells that are not empty."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except Exception as error:  # calamine's errors have no base of their own
        raise ExtractionError(str(error)) from error
    return [
        part
        for name in workbook.sheet_names
        for part in sheet_rows(workbook.get_sheet_by_name(name).to_python(), as_texts or as_column)
    ]


def sheet_rows(rows: Rows, as_texts: AsTexts) -> Iterator[str]:
    header, *body = [row for row in rows if any(cell != "" for cell in row)] or [[]]
    columns = [as_texts([row[i] for row in body]) for i in range(len(header))]
    for values in zip(*columns, strict=True):
        pairs = zip(header, values, strict=True)
        yield ";".join(f'"{name}":"{value}"' for name, value in pairs if value != "")


def as_column(cells: Sequence[object]) -> list[str]:
    """A column of whole numbers is written without decimals, a column of numbers with them, any other as it is."""
    filled = [cell for cell in cells if cell != ""]
    if filled and all(isinstance(cell, float | int) and not isinstance(cell, bool) for cell in filled):
        whole = all(float(str(cell)).is_integer() for cell in filled)
        return ["" if cell == "" else str(int(str(cell).split(".")[0]) if whole else float(str(cell))) for cell in cells]
    return [str(cell) for cell in cells]


def as_cells(cells: Sequence[object]) -> list[str]:
    return [str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell) for cell in cells]


def comma_separated(content: bytes) -> list[str]:
    """A part for each row: header: value;..."""
    rows: Rows = [[as_number(cell) for cell in row] for row in csv.reader(io.StringIO(decode(content))) if row]
    if not rows:
        return []
    header = [str(name).strip() for name in rows[0]]
    body = [[*row, *[""] * len(header)][: len(header)] for row in rows[1:]]
    columns = [as_column([row[i] for row in body]) for i in range(len(header))]
    pairs = (zip(header, values, strict=True) for values in zip(*columns, strict=True))
    return [";".join(f"{name}: {value}" for name, value in row) for row in pairs]


def as_number(cell: str) -> object:
    return float(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell


def guard_archive(content: bytes) -> None:
    """Refuses a file that would unpack to far more than it weighs, before anything unpacks it."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise ExtractionError("File is not a zip file") from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(sum(entry.compress_size for entry in entries), 1)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked / packed > MOST_RATIO:
        raise ExtractionError("The file unpacks to too much; it looks like a zip bomb.")


EXTRACTORS: dict[str, Callable[[bytes], list[str]]] = {
    "md": markdown,
    "mdx": markdown,
    "markdown": markdown,
    "html": html,
    "htm": html,
    "pdf": pdf,
    "xlsx": sheet,
    "xls": old_sheet,
    "csv": comma_separated,
}

"""Real files in, real text out."""

import pytest

from tests.sandbox.support import Library, archive, pdf, word, workbook


def test_markdown_is_cut_at_its_headings(economy: Library) -> None:
    content = b"# Onboarding\n\nWelcome.\n\n## First day\n\n- Laptop\n```\n# no heading\n```\n"
    assert economy.contents(economy.file("a.md", content)) == [
        "Onboarding\nWelcome.",
        "First day\n- Laptop\n```\n# no heading\n```",
    ]


def test_html_gives_its_text_without_scripts(economy: Library) -> None:
    content = b"<html><head><title>T</title><script>x()</script></head><body><p>One <b>two</b>.</p></body></html>"
    assert economy.contents(economy.file("a.html", content)) == ["TOne two."]


def test_a_pdf_gives_a_part_for_each_page(economy: Library) -> None:
    assert economy.contents(economy.file("a.pdf", pdf("First page", "Second page"))) == ["First page", "Second page"]


def test_a_word_file_shows_its_table_in_place(economy: Library) -> None:
    content = word("Hotels", table=[["City", "Limit"], ["Paris", "180 EUR"]])
    expected = "Hotels\n| City | Limit |\n| --- | --- |\n| Paris | 180 EUR |"
    assert economy.contents(economy.file("a.docx", content)) == [expected]


def test_a_workbook_gives_a_part_for_each_row(economy: Library) -> None:
    content = workbook(["product", "price", "qty"], ["Lamp", 19.9, 120], ["Desk", 249, None], [None, None, None])
    assert economy.contents(economy.file("a.xlsx", content)) == [
        'product":"Lamp";"price":"19.9";"qty":"120"',
        'product":"Desk";"price":"249.0"',
    ]


def test_a_csv_gives_a_part_for_each_row(economy: Library) -> None:
    content = b"product, price,stock\nLamp,19.90,120\nDesk,249.00,8\n"
    assert economy.contents(economy.file("a.csv", content)) == [
        "product: Lamp;price: 19.9;stock: 120",
        "product: Desk;price: 249.0;stock: 8",
    ]


def test_other_text_is_taken_as_it_is(economy: Library) -> None:
    assert economy.contents(economy.file("a.vtt", b"WEBVTT\n\nHello there")) == ["WEBVTT\n\nHello there"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_are_told_apart(economy: Library, encoding: str) -> None:
    text = "Größe Straße Ärger über München, schöne Grüße"
    assert economy.contents(economy.file("a.txt", text.encode(encoding))) == [text]


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_an_empty_file_ends_completed_without_segments(economy: Library, name: str) -> None:
    document = economy.document(economy.file(name, b""))
    assert (document["indexing_status"], document["segment_count"]) == ("completed", 0)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("a.pdf", "Failed to load document (PDFium: Data format error)."),
        ("a.docx", "File is not a zip file"),
        ("a.xlsx", "File is not a zip file"),
    ],
)
def test_a_broken_file_ends_in_an_error(economy: Library, name: str, error: str) -> None:
    document = economy.document(economy.file(name, b"not what it says"))
    assert (document["indexing_status"], document["error"]) == ("error", error)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.xls"])
def test_a_zip_of_something_else_ends_in_an_error(economy: Library, name: str) -> None:
    assert economy.document(economy.file(name, archive({"x": "y"})))["indexing_status"] == "error"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_a_zip_bomb_is_not_opened(economy: Library, name: str) -> None:
    content = archive({"bomb": "0" * 5_000_000})
    assert economy.document(economy.file(name, content))["error"] == "The file unpacks to too much; it looks like a zip bomb."


def test_a_zip_of_very_many_files_is_not_opened(economy: Library) -> None:
    content = archive({f"{i}": "" for i in range(2001)})
    assert economy.document(economy.file("a.xlsx", content))["indexing_status"] == "error"

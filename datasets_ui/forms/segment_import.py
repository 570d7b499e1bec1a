"""A table of segments: which column is what, and what is wrong in which row."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from datasets_ui.dify.segments import LONGEST_TEXT, NewSegment
from datasets_ui.services.sharing import give_back
from datasets_ui.tables import NotATable
from datasets_ui.tables.reading import read_table

NAMES = {
    "content": {"content", "text", "segment", "chunk", "question"},
    "answer": {"answer"},
    "keywords": {"keywords", "keyword", "tags"},
}
MOST_ERRORS = 20


class SegmentImportForm(forms.Form):
    file = forms.FileField(
        label="CSV or Excel file",
        help_text="One segment in each row. The first row may name the columns: content, answer, keywords.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
    )
    has_header = forms.BooleanField(label="The first row names the columns", required=False, initial=True)
    content = forms.IntegerField(required=False)
    answer = forms.IntegerField(required=False)
    keywords = forms.IntegerField(required=False)

    def __init__(self, *args: Any, with_answer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.with_answer = with_answer
        self.rows: list[list[str]] = []
        self.wrong: list[str] = []

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_LIMIT:
            raise forms.ValidationError(f"The file is larger than {settings.UPLOAD_LIMIT // 2**20} MB. Cut it into parts.")
        give_back()  # a file may take half a minute, or wait for others
        try:
            self.rows = read_table(str(file.name), file)
        except NotATable as error:
            raise forms.ValidationError(str(error)) from error
        return file

    @property
    def columns(self) -> list[str]:
        """The name of each: from the first row, or A, B, C."""
        width = max(map(len, self.rows), default=0)
        letters = [chr(ord("A") + number % 26) for number in range(width)]
        if not self.cleaned_data.get("has_header"):
            return letters
        return [name.strip() or letters[number] for number, name in enumerate([*self.rows[0], *letters[len(self.rows[0]) :]])]

    def chosen(self, field: str) -> int | None:
        """The number of the column: as chosen, else by its name, else for the content the first."""
        number = self.cleaned_data.get(field)
        if number is not None:
            return int(number) if 0 <= number < len(self.columns) else None
        named = [place for place, name in enumerate(self.columns) if name.lower() in NAMES[field]]
        return named[0] if named else 0 if field == "content" and "content" not in self.data else None

    def segments(self) -> list[NewSegment]:
        """What would be added; fills `wrong` with what is wrong in which row."""
        self.wrong = []
        header = bool(self.cleaned_data.get("has_header"))
        found = [self.segment(row, number + 1) for number, row in enumerate(self.rows) if number or not header]
        if not found and not self.wrong:
            self.wrong.append("There are no rows below the names of the columns.")
        return [segment for segment in found if segment]

    def segment(self, row: list[str], number: int) -> NewSegment | None:
        places = {field: self.chosen(field) for field in NAMES}
        values = {
            field: row[place].replace("\r\n", "\n") if place is not None and place < len(row) else ""
            for field, place in places.items()
        }
        problem = self.problem(values)
        if problem:
            self.wrong.append(f"Row {number}: {problem}")
            return None
        keywords = [word.strip() for word in values["keywords"].split(",") if word.strip()]
        return NewSegment(content=values["content"], answer=values["answer"] if self.with_answer else None, keywords=keywords)

    def problem(self, values: dict[str, str]) -> str:
        if not values["content"].strip():
            return "it has no text."
        if self.with_answer and not values["answer"].strip():
            return "it has no answer, and this is a document of questions and answers."
        if max(map(len, values.values())) > LONGEST_TEXT:
            return f"a text is longer than {LONGEST_TEXT:,} characters."
        return ""

    def context(self) -> dict[str, Any]:
        """For the preview."""
        segments = self.segments()
        return {
            "columns": list(enumerate(self.columns)),
            "places": [(field, self.chosen(field)) for field in NAMES if field != "answer" or self.with_answer],
            "segments": segments,
            "sample": segments[:5],
            "wrong": self.wrong[:MOST_ERRORS],
            "more_wrong": len(self.wrong) - MOST_ERRORS,
        }

"""A table of segments: which column is what, and what is wrong in which row."""

import hashlib
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.services.database import release_connection
from datasets_ui.services.segments.import_plans import Plan, Row
from datasets_ui.tables import NotATable
from datasets_ui.tables.reading import kind_of, read_table
from datasets_ui.tables.writing import LONGEST_CELL
from datasets_ui.text.line_ends import unix_lines
from datasets_ui.words import translated

NAMES = {
    "content": {"content", "text", "segment", "chunk", "question"},
    "answer": {"answer"},
    "keywords": {"keywords", "keyword", "tags"},
    "enabled": {"enabled"},
    "id": {"id"},
}
# as spreadsheets write them in the languages in which they are most used
TRUE = {"true", "yes", "1", "on", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "vero"}
FALSE = {"false", "no", "0", "off", "falsch", "nein", "faux", "non", "falso"}
MOST_ERRORS = 20
LONGEST_SHOWN = 40


class SegmentImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV, Excel or JSON lines"),
        help_text=_(
            "One segment in each row. The first row may name the columns: content, answer, keywords, enabled, id. Rows with the "
            "id of a segment change it, as in a table that was exported here; the others are added."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.jsonl,.ndjson,.json"}),
    )
    has_header = forms.BooleanField(label=_("The first row names the columns"), required=False, initial=True)
    content = forms.IntegerField(label=_("Content"), required=False)
    answer = forms.IntegerField(label=_("Answer"), required=False)
    keywords = forms.IntegerField(label=_("Keywords"), required=False)
    enabled = forms.IntegerField(label=_("Enabled"), required=False)
    id = forms.IntegerField(label=_("Id"), required=False)
    # the names of the columns from which they were chosen; seals of what is to be deleted, and to be added anew
    chosen_from = forms.CharField(required=False, max_length=32)
    delete_missing = forms.CharField(required=False, max_length=32)
    add_gone = forms.CharField(required=False, max_length=32)

    def __init__(self, *args: Any, with_answer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.with_answer = with_answer
        self.table: list[list[str]] = []
        self.wrong: list[str] = []

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_LIMIT:
            words = gettext("The file is larger than %(megabytes)s MB. Cut it into parts.")
            raise forms.ValidationError(words % {"megabytes": settings.UPLOAD_LIMIT // 2**20})
        release_connection()  # a file may take half a minute, or wait for others
        try:
            self.table = read_table(str(file.name), file)
        except NotATable as error:
            raise forms.ValidationError(translated(error.reason)) from error
        return file

    # --- the columns ---

    @property
    def kind(self) -> str:
        return kind_of(str(self.cleaned_data["file"].name))

    @property
    def has_names(self) -> bool:
        """Lines of JSON name their fields themselves."""
        return bool(self.cleaned_data.get("has_header")) or self.kind == "jsonl"

    @property
    def cut_at(self) -> int | None:
        """The length at which the export has cut texts."""
        return LONGEST_CELL if self.kind == "xlsx" else None

    @property
    def columns(self) -> list[str]:
        """The name of each: from the first row, or A, B, C."""
        width = max(map(len, self.table), default=0)
        letters = [chr(ord("A") + number % 26) for number in range(width)]
        if not self.has_names:
            return letters
        return [name.strip() or letters[number] for number, name in enumerate([*self.table[0], *letters[len(self.table[0]) :]])]

    @property
    def seal_of_columns(self) -> str:
        return hashlib.sha256("\n".join(self.columns).encode()).hexdigest()[:32]

    def chosen(self, field: str) -> int | None:
        """The number of the column: as chosen from these columns, else by its name, else for the content the first."""
        if field in self.data and self.cleaned_data.get("chosen_from") in {"", self.seal_of_columns}:
            number = self.cleaned_data.get(field)
            return number if number is not None and 0 <= number < len(self.columns) else None
        named = [place for place, name in enumerate(self.columns) if name.lower() in NAMES[field]]
        return named[0] if named else 0 if field == "content" else None

    # --- the rows ---

    def rows(self) -> list[Row]:
        """What the table says; fills `wrong` with what is wrong in which row."""
        self.wrong = []
        places = {field: self.chosen(field) for field in NAMES if field != "answer" or self.with_answer}
        found: list[Row] = []
        numbers: dict[UUID, int] = {}  # of the rows, by their ids
        for number, cells in enumerate(self.table, 0 if self.kind == "jsonl" else 1):
            if cells is self.table[0] and self.has_names:
                continue
            values = values_of(cells, places)
            if problem := self.problem(values) or problem_of_id(values, numbers, number):
                self.tell(number, problem)
            else:
                found.append(row_of(values, number))
        if not found and not self.wrong:
            self.wrong.append(gettext("There are no rows below the names of the columns."))
        return found

    def tell(self, number: int, problem: str) -> None:
        self.wrong.append(gettext("Row %(number)s: %(problem)s") % {"number": number, "problem": problem})

    def problem(self, values: dict[str, str]) -> str:
        if not values["content"].strip():
            return gettext("it has no text.")
        lacks_answer = not values.get("answer", "").strip() and ("answer" in values or not values.get("id", "").strip())
        if self.with_answer and lacks_answer:
            return gettext("it has no answer, and this is a document of questions and answers.")
        if max(map(len, values.values())) > LONGEST_TEXT:
            return gettext("a text is longer than %(number)s characters.") % {"number": localize(LONGEST_TEXT)}
        enabled = values.get("enabled", "").strip()
        if enabled and enabled.lower() not in TRUE | FALSE:
            words = gettext("“%(value)s”, in the column that says whether it is enabled, is neither true nor false.")
            return words % {"value": enabled[:LONGEST_SHOWN]}
        return ""

    def heed(self, plan: Plan) -> Plan:
        """Rows whose segments are gone are wrong, unless they are to be added anew."""
        if plan.gone and self.cleaned_data["add_gone"] == plan.seal_of_gone:
            return plan.with_gone_added()
        for gone in plan.gone:
            if gone.elsewhere:
                self.tell(gone.row.number, gettext("its id is that of a segment of another document."))
            else:
                self.tell(
                    gone.row.number, gettext("no segment of this document has its id: it is gone, or of another document.")
                )
        return plan

    def deletes_missing(self, plan: Plan) -> bool:
        """Ticked for the very segments that are missing."""
        return bool(plan.missing) and self.cleaned_data["delete_missing"] == plan.seal_of_missing

    def context(self) -> dict[str, Any]:
        """For the preview."""
        shown = [field for field in NAMES if field != "answer" or self.with_answer]
        return {
            "columns": list(enumerate(self.columns)),
            "places": [(field, self.fields[field].label, self.chosen(field)) for field in shown],
            "wrong": self.wrong[:MOST_ERRORS],
            "more_wrong": len(self.wrong) - MOST_ERRORS,
        }


def values_of(cells: list[str], places: dict[str, int | None]) -> dict[str, str]:
    """By field, for those that have a column, and for the content. A database keeps no NUL."""
    known = {field: place for field, place in places.items() if place is not None}
    cells_of = {field: cells[place] if place < len(cells) else "" for field, place in known.items()}
    return {"content": ""} | {field: unix_lines(cell).replace("\0", "") for field, cell in cells_of.items()}


def problem_of_id(values: dict[str, str], numbers: dict[UUID, int], number: int) -> str:
    """Keeps the row's number by its id."""
    text = values.get("id", "").strip()
    if not text:
        return ""
    try:
        segment_id = UUID(text)
    except ValueError:
        return gettext("“%(id)s” is no id of a segment. Rows to be added have none.") % {"id": text[:LONGEST_SHOWN]}
    if segment_id in numbers:
        return gettext("its id is in row %(other)s already.") % {"other": numbers[segment_id]}
    numbers[segment_id] = number
    return ""


def row_of(values: dict[str, str], number: int) -> Row:
    enabled, segment_id = values.get("enabled", "").strip().lower(), values.get("id", "").strip()
    return Row(
        number,
        values["content"],
        values.get("answer"),
        values.get("keywords"),
        enabled in TRUE if enabled else None,
        UUID(segment_id) if segment_id else None,
    )

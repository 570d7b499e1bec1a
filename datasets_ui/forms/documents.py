"""Documents: files, pasted text and the rule by which they are cut into segments."""

import codecs
import unicodedata
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from datasets_ui.dify.documents import ProcessRule
from datasets_ui.services.documents import OnDuplicate

CONTENT_TYPES = {
    "txt": "text/plain",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "mdx": "text/markdown",
    "pdf": "application/pdf",
    "html": "text/html",
    "htm": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
}
EXTENSIONS = tuple(CONTENT_TYPES)
LONGEST_NAME = 190  # bytes: with room for " (2)", as from 200 characters on the API cuts names as it likes
FORBIDDEN_IN_NAMES = '/\\:*?"<>|'


def extension_of(name: str) -> str:
    return PurePath(name).suffix.removeprefix(".").lower()


def clean_name(name: str) -> str:
    """The name as text: no path, no control or direction marks, none of the characters that Dify refuses, not too long."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join("_" if c in FORBIDDEN_IN_NAMES else c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    path = PurePath((kept.strip(" .") and kept.strip()) or "unnamed")
    room = max(0, LONGEST_NAME - len(path.suffix.encode()))
    return path.stem.encode()[:room].decode(errors="ignore") + path.suffix


def refusal(name: str, size: int | None) -> str | None:
    """Why a file is not sent, or None; the API itself refuses without giving a reason."""
    if extension_of(name) not in CONTENT_TYPES:
        kind = f".{extension_of(name)} files are" if extension_of(name) else "Files without an extension are"
        return f"{kind} not supported. Supported: {', '.join(EXTENSIONS)}."
    if not size:
        return "The file is empty."
    if size > settings.UPLOAD_LIMIT:
        return f"The file has {filesizeformat(size)}; the limit is {filesizeformat(settings.UPLOAD_LIMIT)}. Split it first."
    return None


class ReasonForm(forms.Form):
    @property
    def reason(self) -> str:
        """All errors in one line, for a file's row."""
        errors = ((name, problem) for name, found in self.errors.get_json_data().items() for problem in found)
        return " ".join(f"{self[n].label}: {p['message']}" if n in self.fields else p["message"] for n, p in errors)


class RuleForm(ReasonForm):
    """The process rule; its fields are sent along with each file."""

    mode = forms.ChoiceField(
        label="Segments",
        choices=[("automatic", "Automatic"), ("custom", "Custom")],
        initial="automatic",
        widget=forms.RadioSelect,
        required=False,
    )
    separator = forms.CharField(
        label="Separator", initial="\\n\\n", max_length=100, required=False, strip=False,
        help_text="\\n is a line break, \\t a tab.",
    )  # fmt: skip
    max_tokens = forms.IntegerField(
        label="Maximum length", initial=500, min_value=50, max_value=4000, required=False, help_text="Characters, 50 to 4,000."
    )
    chunk_overlap = forms.IntegerField(
        label="Overlap", initial=50, min_value=0, max_value=2000, required=False, help_text="Characters shared by neighbours."
    )
    remove_extra_spaces = forms.BooleanField(label="Fold extra spaces and line breaks", initial=True, required=False)
    remove_urls_emails = forms.BooleanField(label="Remove URLs and e-mail addresses", initial=False, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("mode") != "custom":
            return data
        for name in ("separator", "max_tokens", "chunk_overlap"):
            if name in data and data[name] in (None, ""):
                self.add_error(name, "A custom rule needs this.")
        if not self.errors and data["chunk_overlap"] >= data["max_tokens"]:
            self.add_error("chunk_overlap", "The overlap must be smaller than the maximum length.")
        return data

    def rule(self) -> ProcessRule:
        if self.cleaned_data.get("mode") != "custom":
            return ProcessRule()
        return ProcessRule(**self.cleaned_data | {"separator": unescape(self.cleaned_data["separator"])})


def unescape(separator: str) -> str:
    r"""\n and \t as people type them."""
    return separator.replace("\\n", "\n").replace("\\t", "\t")


class DuplicateForm(forms.Form):
    """What to do when the name is taken; nothing chosen means: ask."""

    on_duplicate = forms.TypedChoiceField(
        choices=[(choice.value, choice.value) for choice in OnDuplicate],
        coerce=OnDuplicate,
        empty_value=OnDuplicate.ASK,  # type: ignore[arg-type]
        required=False,
    )


class CheckForm(ReasonForm):
    """A file's name and size, before its bytes are sent."""

    name = forms.CharField(max_length=1000)
    size = forms.IntegerField(min_value=0)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "name" in data and "size" in data:
            data["name"] = clean_name(data["name"])
            if reason := refusal(data["name"], data["size"]):
                raise forms.ValidationError(reason)
        return data


class TextForm(RuleForm, DuplicateForm):
    """Text that is pasted."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    text = forms.CharField(max_length=1_000_000, widget=forms.Textarea(attrs={"rows": 10}))

    field_order = ("name", "text", "mode")

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])


def looks_wrong(file: "UploadedFile[bytes]", extension: str) -> str | None:
    """Why the content cannot be what the extension says, or None."""
    head = file.read(4)
    file.seek(0)
    if extension == "pdf" and not head.startswith(b"%PDF"):
        return "The file is called .pdf and is no PDF."
    if extension in {"docx", "xlsx"} and not head.startswith(b"PK"):
        return f"The file is called .{extension} and is no such file. Save it again in this format."
    if (
        extension not in {"pdf", "docx", "xlsx"}
        and b"\x00" in head
        and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    ):
        return "The file is not text."
    return None

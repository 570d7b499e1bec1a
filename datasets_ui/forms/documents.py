"""Documents: files, pasted text and the rule by which they are cut into segments."""

import codecs
import unicodedata
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.documents import ProcessRule
from datasets_ui.services.documents.changing import OnDuplicate

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
        words = gettext("Files without an extension are not supported. Supported: %(supported)s.")
        if extension_of(name):
            words = gettext(".%(extension)s files are not supported. Supported: %(supported)s.")
        return words % {"extension": extension_of(name), "supported": ", ".join(EXTENSIONS)}
    if not size:
        return gettext("The file is empty.")
    if size > settings.UPLOAD_LIMIT:
        words = gettext("The file has %(size)s; the limit is %(limit)s. Split it first.")
        return words % {"size": filesizeformat(size), "limit": filesizeformat(settings.UPLOAD_LIMIT)}
    return None


class ReasonForm(forms.Form):
    @property
    def reason(self) -> str:
        """All errors in one line, for a file's row."""
        errors = ((name, problem) for name, found in self.errors.get_json_data().items() for problem in found)
        return " ".join(self.about(name, problem["message"]) for name, problem in errors)

    def about(self, name: str, problem: str) -> str:
        if name not in self.fields:
            return problem
        return gettext("%(name)s: %(said)s") % {"name": self[name].label, "said": problem}


class RuleForm(ReasonForm):
    """The process rule; its fields are sent along with each file."""

    mode = forms.ChoiceField(
        label=_("Segments"),
        choices=[("automatic", _("Automatic")), ("custom", _("Custom"))],
        initial="automatic",
        widget=forms.RadioSelect,
        required=False,
    )
    separator = forms.CharField(
        label=_("Separator"),
        initial="\\n\\n",
        max_length=100,
        required=False,
        strip=False,
        help_text=_("\\n is a line break, \\t a tab."),
    )
    max_tokens = forms.IntegerField(
        label=_("Maximum length"),
        initial=500,
        min_value=50,
        max_value=4000,
        required=False,
        help_text=_("Characters, 50 to 4,000."),
    )
    chunk_overlap = forms.IntegerField(
        label=_("Overlap"),
        initial=50,
        min_value=0,
        max_value=2000,
        required=False,
        help_text=_("Characters shared by neighbours."),
    )
    remove_extra_spaces = forms.BooleanField(label=_("Fold extra spaces and line breaks"), initial=True, required=False)
    remove_urls_emails = forms.BooleanField(label=_("Remove URLs and e-mail addresses"), initial=False, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("mode") != "custom":
            return data
        for name in ("separator", "max_tokens", "chunk_overlap"):
            if name in data and data[name] in (None, ""):
                self.add_error(name, gettext("A custom rule needs this."))
        if not self.errors and data["chunk_overlap"] >= data["max_tokens"]:
            self.add_error("chunk_overlap", gettext("The overlap must be smaller than the maximum length."))
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
        empty_value=OnDuplicate.ASK,  # type: ignore[arg-type]  # the stubs want text; Django takes what the field coerces to
        required=False,
    )


class CheckForm(ReasonForm):
    """A file's name and size, before its bytes are sent."""

    name = forms.CharField(label=_("Name"), max_length=1000)
    size = forms.IntegerField(label=_("Size"), min_value=0)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "name" in data and "size" in data:
            data["name"] = clean_name(data["name"])
            if reason := refusal(data["name"], data["size"]):
                raise forms.ValidationError(reason)
        return data


class TextForm(RuleForm, DuplicateForm):
    """Text that is pasted."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    text = forms.CharField(label=_("Text"), max_length=1_000_000, widget=forms.Textarea(attrs={"rows": 10}))

    field_order = ("name", "text", "mode")

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])


def looks_wrong(file: "UploadedFile[bytes]", extension: str) -> str | None:
    """Why the content cannot be what the extension says, or None."""
    head = file.read(4)
    file.seek(0)
    if extension == "pdf" and not head.startswith(b"%PDF"):
        return gettext("The file is called .pdf and is no PDF.")
    if extension in {"docx", "xlsx"} and not head.startswith(b"PK"):
        words = gettext("The file is called .%(extension)s and is no such file. Save it again in this format.")
        return words % {"extension": extension}
    if (
        extension not in {"pdf", "docx", "xlsx"}
        and b"\x00" in head
        and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    ):
        return gettext("The file is not text.")
    return None

"""Sentences that are kept: a code and its parameters. The words are made where they are shown, in the language of whoever reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext

from datasets_ui.dify.codes import OUTCOME_UNKNOWN, SECONDS_LEFT, explain
from datasets_ui.dify.errors import DifyError, seconds_left
from datasets_ui.dify.words import Filled
from datasets_ui.models.sentences_of_acts import JOINED, OF_ACTS
from datasets_ui.models.sentences_of_jobs import OF_JOBS

AS_WRITTEN = "as_written"  # text that is nobody's language, or was kept before there were codes
OF_DIFY = "dify"

SENTENCES: dict[str, Any] = {AS_WRITTEN: "%(text)s"} | OF_JOBS | OF_ACTS


class Number(int):
    """Chooses between one and many as it is, and is written as readers write numbers."""

    def __str__(self) -> str:
        return str(number_format(int(self), force_grouping=True))


class Unsaid(int):
    """Chooses between one and many, and is not written."""

    def __str__(self) -> str:
        return ""


class Blank(dict[str, Unsaid]):
    """Parameters that leave a sentence its own words."""

    def __missing__(self, name: str) -> Unsaid:
        return self["number"]


@dataclass(frozen=True)
class Sentence:
    """A code of SENTENCES with its parameters: texts, numbers, other sentences, or `parts` of these. Without a code it says nothing,
    and is false."""

    code: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **parameters: Any) -> Self:
        return cls(code, parameters)

    @classmethod
    def known(cls, code: str, text: str) -> Self:
        """The sentence of a code; the text as it is where there is none, such as for what another release of Dify calls something."""
        return cls(code) if code in SENTENCES else cls.stored(text)

    @classmethod
    def joined(cls, code: str, parts: Iterable["str | Sentence"]) -> Self:
        """Parts that say something each for itself, after each other; `code` is one of JOINED."""
        said = [part for part in parts if part]
        return cls(code, {"parts": said}) if said else cls()

    @classmethod
    def of_error(cls, error: DifyError) -> Self:
        """What an error of the API says, with its own words behind it."""
        told = {"error": error.code, "unknown": error.outcome_unknown, "left": seconds_left(error), "detail": error.detail}
        if isinstance(error.detail, Filled):  # by the client: its words have a translation too
            told |= {"detail": error.detail.marked, "values": error.detail.values}
        return cls(OF_DIFY, {name: value for name, value in told.items() if value})

    @classmethod
    def stored(cls, kept: Any) -> Self:
        """From what was kept; a text is shown as it is."""
        if isinstance(kept, str):
            return cls(AS_WRITTEN, {"text": kept}) if kept else cls()
        return cls(kept["code"], {name: value for name, value in kept.items() if name != "code"}) if kept else cls()

    def to_store(self) -> dict[str, Any]:
        return {"code": self.code} | {name: storable(value) for name, value in self.parameters.items()} if self.code else {}

    def without(self, name: str) -> "Sentence":
        return Sentence(self.code, {known: value for known, value in self.parameters.items() if known != name})

    def __bool__(self) -> bool:
        return bool(self.code)

    def __str__(self) -> str:
        if self.code == OF_DIFY:
            return self.words_of_error()
        if self.code in JOINED:
            return JOINED[self.code].join(str(shown(part)) for part in self.parameters["parts"])
        words = SENTENCES.get(self.code, "")
        return str(words % {name: shown(value) for name, value in self.parameters.items()}) if words else ""

    def words_of_error(self) -> str:
        told = self.parameters
        said = [gettext(explain(told["error"]))]
        if told.get("unknown"):
            said.append(gettext(OUTCOME_UNKNOWN))
        if left := told.get("left"):
            said.append(gettext(SECONDS_LEFT) % {"seconds": Number(left)})
        detail = told.get("detail", "")
        detail = detail if "\n" in detail else gettext(detail)
        if "values" in told:
            detail %= {name: shown(value) for name, value in told["values"].items()}
        return " ".join([*said, detail]).strip()

    def texts(self) -> str:
        """What of it is nobody's language, such as names: by this it is found."""
        return " ".join(filter(None, map(text_in, self.parameters.values())))


def storable(value: Any) -> Any:
    if isinstance(value, list):
        return [storable(part) for part in value]
    return value.to_store() if isinstance(value, Sentence) else value


def text_in(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(text_in, value))
    return (
        value.texts()
        if isinstance(value, Sentence)
        else Sentence.stored(value).texts()
        if isinstance(value, dict)
        else str(value)
    )


def shown(value: Any) -> Any:
    if isinstance(value, dict):
        return str(Sentence.stored(value))
    return Number(value) if isinstance(value, int) else value


def codes_saying(text: str) -> list[str]:
    """The codes of those sentences that say this, in the language of whoever asks, whatever their parameters are."""
    wanted = text.casefold()
    blanks = [Blank(number=Unsaid(number)) for number in (1, 2, 5)]  # as many forms as most languages have
    return [code for code, words in SENTENCES.items() if any(wanted in str(words % blank).casefold() for blank in blanks)]


class SentenceField(models.JSONField):
    """Keeps a sentence as its code and parameters. What is given as a text is kept as one that is shown as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", Sentence)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sentence:
        return Sentence.stored(super().from_db_value(value, expression, connection))

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(value.to_store() if isinstance(value, Sentence) else value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(value.to_store() if isinstance(value, Sentence) else value, connection, prepared)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(Sentence.stored(value) if isinstance(value, str) else value, connection)

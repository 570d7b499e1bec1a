"""What the client and the tables say, in the language of whoever reads it: there, where no Django is, it is only marked."""

from dataclasses import dataclass

from django.utils.formats import localize
from django.utils.translation import gettext

from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.words import Filled


@dataclass(frozen=True)
class Refusal:
    """What happened and what to do, and the API's own words."""

    sentence: str
    detail: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.detail}".strip()


def translated(text: str) -> str:
    """A marked text; what was never marked, such as Dify's own words, as it is."""
    if isinstance(text, Filled):
        values = {name: value if isinstance(value, str) else localize(value) for name, value in text.values.items()}
        return gettext(text.marked) % values
    return text if "\n" in text else gettext(text)


def sentence_of(error: DifyError) -> str:
    """What happened and what to do."""
    return " ".join(map(translated, error.sentences))


def refusal_of(error: DifyError) -> Refusal:
    return Refusal(sentence_of(error), translated(error.detail))

"""Words for people. The client knows no Django, so its sentences are only marked here, for `makemessages`; they are translated where
they are shown (`datasets_ui/words.py`)."""


def gettext_noop(text: str) -> str:
    """Marks a text that has a translation."""
    return text


class Filled(str):
    """A marked sentence with its values put in: in English as it is, and both are kept, so that it can be said otherwise."""

    __slots__ = ("marked", "values")
    marked: str
    values: dict[str, str | int]

    def __new__(cls, marked: str, /, **values: str | int) -> "Filled":
        said = {name: value if isinstance(value, str) else f"{value:,}" for name, value in values.items()}
        filled = super().__new__(cls, marked % said)
        filled.marked, filled.values = marked, values
        return filled

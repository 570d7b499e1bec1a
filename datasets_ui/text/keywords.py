"""Keywords: how a list of them is written, and which words of a text could become some."""

import re

WORDS = re.compile(r"\w{2,40}")
MOST_NEW_WORDS = 20


def split_keywords(text: str) -> list[str]:
    """What stands between commas, also full-width ones, each once."""
    words = (word.strip() for word in text.replace("\uff0c", ",").split(","))
    return list(dict.fromkeys(word for word in words if word))


def new_words(before: str, after: str) -> list[str]:
    """The words of a text that it did not have before, in order."""
    known = {word.lower() for word in WORDS.findall(before)}
    return [word for word in dict.fromkeys(WORDS.findall(after)) if word.lower() not in known][:MOST_NEW_WORDS]
